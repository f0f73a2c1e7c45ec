// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CertificateRegistry} from "../../src/CertificateRegistry.sol";
import {Certificate, ItemUse, Standing, Status} from "../../src/interfaces/CertificateTypes.sol";
import {Acceptance, ICouncil} from "../../src/interfaces/ICouncil.sol";
import {IConsortium} from "../../src/interfaces/IConsortium.sol";
import {Act} from "../base/World.sol";
import {Model} from "./Model.sol";

/// @title The steps of a long life: several organisations issue, end, use up, migrate, lose keys, change the council
contract Handler is Model {
    // --- issuers ----------------------------------------------------------------------------------------------

    function issue(uint256 seed) external {
        seed = _mix(seed);
        uint256 issuer = seed % 3;
        (Certificate memory c, bytes32 root, uint64[2] memory items) =
            _newCertificate(issuer, seed, uint64(bound(seed >> 40, 1, 20)));
        (uint256 key, bool good) = _someKey(issuer, seed >> 48);
        uint32 count = c.proof.length == 0 ? 1 : 2;
        Act memory act = _issueAs(key, org(issuers[issuer]), RCEP, root, count);
        if (_try("issue", act, good && _mayIssue(issuer))) _remember(issuer, c, items, key);
    }

    function suspend(uint256 seed) external {
        seed = _mix(seed);
        if (known.length == 0) return;
        Known storage k = known[seed % known.length];
        (uint256 key, bool good) = _someKey(k.issuer, seed >> 64);
        bool expected = good && k.status == Status.GOOD;
        if (_try("suspend", _suspend(key, k.certificate, 1), expected)) k.status = Status.SUSPENDED;
    }

    function reinstate(uint256 seed) external {
        seed = _mix(seed);
        if (known.length == 0) return;
        Known storage k = known[seed % known.length];
        (uint256 key, bool good) = _someKey(k.issuer, seed >> 64);
        bool expected = good && k.status == Status.SUSPENDED && holdsRole[k.issuer];
        if (_try("reinstate", _reinstate(key, k.certificate), expected)) k.status = Status.GOOD;
    }

    function revoke(uint256 seed) external {
        seed = _mix(seed);
        if (known.length == 0 || seed % 4 != 0) return;
        Known storage k = known[(seed >> 8) % known.length];
        (uint256 key, bool good) = _someKey(k.issuer, seed >> 64);
        bool expected = good && (k.status == Status.GOOD || k.status == Status.SUSPENDED);
        if (_try("revoke", _revoke(key, k.certificate, 2), expected)) k.status = Status.REVOKED;
    }

    function supersede(uint256 seed) external {
        seed = _mix(seed);
        if (known.length == 0) return;
        Known storage k = known[(seed >> 128) % known.length];
        uint64 left = k.certificate.leaf.allowance - _used(k);
        (Certificate memory c, bytes32 root, uint64[2] memory items) =
            _newCertificate(k.issuer, seed, uint64(bound(seed >> 40, 0, uint256(left) + 1)));
        (uint256 key, bool good) = _someKey(k.issuer, seed >> 48);
        bool expected =
            good && _mayIssue(k.issuer) && k.status == Status.GOOD && !_isDisowned(k) && c.leaf.allowance <= left;
        if (_try("supersede", _supersede(key, k.certificate, RCEP, root, _one(c)), expected)) {
            k.status = Status.SUPERSEDED;
            k.successorAllowance += c.leaf.allowance;
            _remember(k.issuer, c, items, key);
        }
    }

    function consume(uint256 seed) external {
        seed = _mix(seed);
        if (known.length == 0) return;
        Known storage k = known[(seed >> 128) % known.length];
        uint256 issuer = (seed >> 64) % 3;
        (uint64[2] memory units, ItemUse[] memory items, bool fits) = _units(k, seed);
        uint64 sum = units[0] + units[1];
        (Certificate memory c, bytes32 root, uint64[2] memory own) =
            _newCertificate(issuer, seed, uint64(bound(seed >> 40, 0, uint256(sum) + 1)));
        (uint256 key, bool good) = _someKey(issuer, seed >> 48);
        bool expected = good && fits && _mayIssue(issuer) && k.status == Status.GOOD && !_isDisowned(k)
            && issuer != k.issuer && _servesIssuer(k, issuer) && c.leaf.allowance <= sum;
        Act memory act = _consumeAs(key, org(issuers[issuer]), k.certificate, sum, items, root, _one(c));
        if (_try("consume", act, expected)) {
            k.consumed += sum;
            k.successorAllowance += c.leaf.allowance;
            _addItems(k, units);
            _remember(issuer, c, own, key);
        }
    }

    function _servesIssuer(Known storage k, uint256 issuer) private view returns (bool) {
        bytes8 destination = k.certificate.leaf.destination;
        return destination == 0 || destination == (issuer == 2 ? AU : CN);
    }

    function confirm(uint256 seed) external {
        seed = _mix(seed);
        if (known.length == 0) return;
        uint256 chosen = (seed >> 128) % known.length;
        // Most batches are good: look a little for one that needs it.
        for (uint256 i = 0; i < 8 && !_isDisowned(known[chosen]); ++i) {
            chosen = (chosen + 1) % known.length;
        }
        Known storage k = known[chosen];
        bytes32 root = hashOf(k.certificate.leaf);
        if (k.certificate.proof.length != 0) root = pair(root, k.certificate.proof[0]);
        (uint256 key, bool good) = _someKey(k.issuer, seed >> 64);
        bool expected = good && holdsRole[k.issuer] && _isDisowned(k);
        if (_try("confirm", _confirmAs(key, k.certificate.leaf.issuer, root), expected)) {
            k.confirmedBy = vm.addr(key);
            k.confirmedAt = block.timestamp;
        }
    }

    // --- customs ----------------------------------------------------------------------------------------------

    function acquit(uint256 seed) external {
        seed = _mix(seed);
        if (known.length == 0) return;
        Known storage k = known[(seed >> 128) % known.length];
        (uint64[2] memory units, ItemUse[] memory items, bool fits) = _units(k, seed);
        (KnownClaim storage c, uint256 customs) = _someClaim(seed, (seed >> 128) % known.length);
        bool good = (seed >> 160) % 8 != 0;
        uint256 key = good ? keyOf(customsBodies[customs]) : keyOf(customsBodies[1 - customs]);
        bool expected = good && fits && !_paused() && k.status == Status.GOOD && !_isDisowned(k) && _serves(k, customs)
            && (c.state == 0 || c.state == 3);
        Act memory act = _acquitAs(key, org(customsBodies[customs]), k.certificate, c.claim, units[0] + units[1], items);
        if (_try("acquit", act, expected)) {
            c.state = 1;
            c.units = units;
            k.acquitted += units[0] + units[1];
            _addItems(k, units);
        }
    }

    /// @dev One of few claims of a certificate, so that claims meet again.
    function _someClaim(uint256 seed, uint256 certificate) private returns (KnownClaim storage c, uint256 customs) {
        customs = (seed >> 72) % 2;
        bytes32 claim = bytes32(1 + (seed >> 80) % 6);
        for (uint256 i = 0; i < claims.length; ++i) {
            c = claims[i];
            if (c.certificate == certificate && c.customs == customs && c.claim == claim) return (c, customs);
        }
        c = claims.push();
        (c.certificate, c.customs, c.claim) = (certificate, customs, claim);
    }

    function _serves(Known storage k, uint256 customs) private view returns (bool) {
        bytes8 destination = k.certificate.leaf.destination;
        return destination == 0 || destination == (customs == 0 ? AU : CN);
    }

    function withdraw(uint256 seed) external {
        seed = _mix(seed);
        if (claims.length == 0) return;
        KnownClaim storage c = claims[(seed >> 8) % claims.length];
        Known storage k = known[c.certificate];
        bool good = seed % 8 != 0;
        uint256 key = keyOf(customsBodies[good ? c.customs : 1 - c.customs]);
        Act memory act =
            _withdrawAs(key, org(customsBodies[c.customs]), hashOf(k.certificate.leaf), c.claim, _unitsOf(c));
        if (_try("withdraw", act, good && c.state == 1)) {
            c.state = 2;
            k.acquitted -= c.units[0] + c.units[1];
            if (k.certificate.leaf.itemsRoot != 0) {
                k.itemUsed[0] -= c.units[0];
                k.itemUsed[1] -= c.units[1];
            }
        }
    }

    function refuse(uint256 seed) external {
        seed = _mix(seed);
        if (known.length == 0) return;
        Known storage k = known[(seed >> 128) % known.length];
        (KnownClaim storage c, uint256 customs) = _someClaim(seed, (seed >> 128) % known.length);
        string memory body = customsBodies[customs];
        Act memory act = _refuseAs(keyOf(body), org(body), k.certificate, c.claim, 1);
        if (_try("refuse", act, _serves(k, customs) && c.state == 0)) c.state = 3;
    }

    // --- authorities, council, time ---------------------------------------------------------------------------

    function changeIssuer(uint256 seed) external {
        seed = _mix(seed);
        if (seed % 4 != 0) return;
        uint256 i = (seed >> 8) % 3;
        bytes32 issuer = org(issuers[i]);
        if ((seed >> 16) % 2 == 0) {
            holdsRole[i] = (seed >> 24) % 3 != 0;
            Act memory act = _enrol(authorities[i], issuer, holdsRole[i] ? issuerRoles[i] : 0);
            _try("enrol", act, true);
        } else {
            bool grant = (seed >> 24) % 3 != 0;
            uint32 until = (seed >> 32) % 2 == 0 ? today() + uint32((seed >> 40) % 3) : 0;
            Act memory act = _accredit(authorities[i], issuer, RCEP, grant ? kinds[i] : 0, 0, until);
            if (_try("accredit", act, !grant || holdsRole[i])) {
                accredited[i] = grant;
                accreditedUntil[i] = until;
            }
        }
    }

    /// @dev A key is stolen: the council disowns it, backdated, and grants another.
    function loseKey(uint256 seed) external {
        seed = _mix(seed);
        if (seed % 8 != 0) return;
        uint256 i = (seed >> 8) % 3;
        address lost = vm.addr(_issuerKey(i));
        uint256 since = block.timestamp - bound(seed >> 16, 0, 2 days);
        bytes memory call = abi.encodeCall(IConsortium.disown, (org(issuers[i]), lost, uint64(since)));
        _try("disown", _decide(call), true);
        disowned[lost] = true;
        disownedSince[lost] = since;
        memberPauseSpent = false;
        ++generation[i];
        _try("grantKey", _grantKey(issuers[i], _issuerKey(i)), true);
    }

    function pause(uint256 seed) external {
        seed = _mix(seed);
        uint256 ahead = bound(seed >> 8, 1, 3 hours);
        if (seed % 8 == 0) {
            _try("pauseFor", _decide(abi.encodeCall(ICouncil.pauseFor, (uint64(ahead)))), true);
            pausedTill = block.timestamp + ahead;
            memberPauseSpent = false;
        } else if (seed % 8 == 1) {
            uint64 until = uint64(block.timestamp + ahead);
            bool expected = until > pausedTill && !memberPauseSpent;
            if (_try("pauseAsMember", _memberPause(council[(seed >> 64) % council.length], until), expected)) {
                pausedTill = until;
                memberPauseSpent = true;
            }
        } else if (seed % 8 == 2) {
            _try("unpause", _decide(abi.encodeCall(ICouncil.unpause, ())), true);
            pausedTill = 0;
            memberPauseSpent = false;
        }
    }

    /// @dev Any size and threshold is tried; whatever council sits afterwards must be able to decide.
    function changeCouncil(uint256 seed) external {
        seed = _mix(seed);
        if (seed % 8 != 0) return;
        uint256 size = bound(seed >> 8, 1, 6);
        uint8 threshold = uint8(bound(seed >> 16, 0, 7));
        (address[] memory members, uint256[] memory keys) =
            _sorted(string.concat("council", vm.toString(++serial)), size);
        Acceptance[] memory acceptances = new Acceptance[](size);
        for (uint256 i = 0; i < size; ++i) {
            acceptances[i] = _seatAcceptance(keys[i], members[i], type(uint64).max);
        }
        bytes memory call = abi.encodeCall(ICouncil.setCouncil, (members, threshold, acceptances));
        bool expected = size >= 3 && threshold >= 2 && threshold < size;
        if (_try("setCouncil", _decide(call), expected)) {
            council = keys;
            memberPauseSpent = false;
        }
        _try("the council still decides", _decide(abi.encodeCall(ICouncil.unpause, ())), true);
        pausedTill = 0;
        memberPauseSpent = false;
    }

    /// @dev The registry is sealed and a successor goes on.
    function migrate(uint256 seed) external {
        seed = _mix(seed);
        if (seed % 32 != 0) return;
        _try("seal", _decide(abi.encodeCall(ICouncil.seal, (address(registry)))), true);
        memberPauseSpent = false;
        registry = new CertificateRegistry(consortium, registry);
        // Acts signed for the sealed one stay in the history: none of them may pass again, there or here.
    }

    function wait_(uint256 seed) external {
        seed = _mix(seed);
        vm.warp(block.timestamp + bound(seed, 1, 12 hours));
    }

    /// @dev Sends an act of the past once more, to where it went or to the registry of today.
    function replay(uint256 seed) external {
        seed = _mix(seed);
        if (history.length == 0) return;
        Act memory act = history[(seed >> 8) % history.length];
        if (seed % 4 == 0) act.target = address(registry);
        uint256 state = vm.snapshotState();
        (bool done,) = act.target.call(act.data);
        // An identical batch is a success that writes nothing: the checks below see that nothing moved.
        if (done && bytes4(act.data) != registry.issue.selector) _violated("an act was replayed");
        if (!done) vm.revertToState(state);
        check(seed >> 32);
    }

    // --- the laws ---------------------------------------------------------------------------------------------

    /// @notice Compares one certificate with what we know of it.
    function check(uint256 seed) public {
        if (known.length == 0) return;
        Known storage k = known[seed % known.length];
        bytes32 leaf = hashOf(k.certificate.leaf);
        Standing memory standing = registry.standingOf(leaf);
        if (standing.status != k.status) _violated("a status moved by itself, or a final one moved");
        if (standing.used != _used(k)) _violated("units used are not acquitted plus consumed, net of withdrawals");
        if (standing.used > k.certificate.leaf.allowance) _violated("more units are used than allowed");
        for (uint32 i = 0; i < 2; ++i) {
            uint64 used = registry.itemUsed(leaf, i + 1);
            if (used != k.itemUsed[i]) _violated("an item's use is not acquitted plus consumed");
            if (used > k.itemAllowance[i]) _violated("more of an item is used than allowed");
        }
        bool alive = k.status == Status.GOOD || k.status == Status.SUSPENDED;
        uint256 spendable = alive ? k.certificate.leaf.allowance - standing.used : 0;
        if (k.acquitted + spendable + k.successorAllowance > k.certificate.leaf.allowance) {
            _violated("successors created allowance");
        }
    }

    function checkAll() external {
        for (uint256 i = 0; i < known.length; ++i) {
            check(i);
        }
    }
}
