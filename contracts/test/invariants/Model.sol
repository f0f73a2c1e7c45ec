// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Certificate, ItemUnits, ItemUse, Status} from "../../src/interfaces/CertificateTypes.sol";
import {RegistryWorld} from "../base/RegistryWorld.sol";
import {Act} from "../base/World.sol";

/// @title What should be true, kept beside the contracts by simpler means
/// @notice Every step predicts whether an act must pass, carries it out, and notes a violation when the contracts disagree.
abstract contract Model is RegistryWorld {
    /// @dev What we know of one certificate.
    struct Known {
        Certificate certificate;
        uint256 issuer;
        address key;
        uint256 time;
        address confirmedBy;
        uint256 confirmedAt;
        Status status;
        uint64 acquitted;
        uint64 consumed;
        uint64[2] itemAllowance;
        uint64[2] itemUsed;
        uint256 successorAllowance;
    }

    /// @dev What we know of one claim: 0 none, 1 acquitted, 2 withdrawn, 3 refused.
    struct KnownClaim {
        uint256 certificate;
        uint256 customs;
        bytes32 claim;
        uint8 state;
        uint64[2] units;
    }

    string[3] internal issuers = ["chamber-cn", "exporter-cn", "chamber-au"];
    string[3] internal authorities = ["authority-cn", "authority-cn", "authority-au"];
    uint16[3] internal issuerRoles = [ISSUER, EXPORTER, ISSUER];
    uint8[3] internal kinds = [1, 2, 1];
    string[2] internal customsBodies = ["customs-au", "customs-cn"];
    bytes8[3] internal destinations = [AU, CN, bytes8(0)];

    Known[] internal known;
    KnownClaim[] internal claims;
    Act[] internal history;
    mapping(bytes32 leaf => bool) internal issuedLeaf;

    uint256[3] internal generation;
    bool[3] internal holdsRole = [true, true, true];
    bool[3] internal accredited = [true, true, true];
    uint256[3] internal accreditedUntil;
    mapping(address key => bool) internal disowned;
    mapping(address key => uint256) internal disownedSince;
    uint256 internal pausedTill;
    bool internal memberPauseSpent;
    uint256 internal serial;

    /// @notice The first law that was broken; empty while all hold.
    string public violation;
    /// @notice Acts that passed, and acts that were refused, by kind.
    mapping(string act => uint256) public passed;
    mapping(string act => uint256) public refusals;

    /// @dev Fuzzers love small numbers; our choices sit in all the bits.
    function _mix(uint256 seed) internal view returns (uint256) {
        return uint256(keccak256(abi.encode(seed, history.length, serial)));
    }

    function _violated(string memory law) internal {
        if (bytes(violation).length == 0) violation = law;
    }

    /// @dev Carries the act out and compares with the prediction. Returns whether it passed.
    function _try(string memory name, Act memory act, bool expected) internal returns (bool done) {
        (done,) = act.target.call(act.data);
        if (done && !expected) _violated(string.concat(name, " passed and should not have"));
        if (!done && expected) _violated(string.concat(name, " was refused and should have passed"));
        if (done) {
            ++passed[name];
            history.push(act);
        } else {
            ++refusals[name];
        }
    }

    function _issuerKey(uint256 issuer) internal view returns (uint256) {
        if (generation[issuer] == 0) return keyOf(issuers[issuer]);
        return keyOf(string.concat(issuers[issuer], vm.toString(generation[issuer])));
    }

    /// @dev Mostly the issuer's current key; sometimes an older one, or another's.
    function _someKey(uint256 issuer, uint256 seed) internal view returns (uint256 key, bool good) {
        uint256 choice = seed % 10;
        if (choice == 0) return (keyOf("customs-au"), false);
        if (choice == 1) return (_issuerKey((issuer + 1) % 3), false);
        if (choice == 2) return (keyOf(issuers[issuer]), generation[issuer] == 0);
        return (_issuerKey(issuer), true);
    }

    function _paused() internal view returns (bool) {
        return block.timestamp < pausedTill;
    }

    function _mayIssue(uint256 issuer) internal view returns (bool) {
        return !_paused() && holdsRole[issuer] && accredited[issuer]
            && (accreditedUntil[issuer] == 0 || today() <= accreditedUntil[issuer]);
    }

    function _isDisowned(Known storage k) internal view returns (bool) {
        bool batch = disowned[k.key] && disownedSince[k.key] <= k.time;
        if (!batch) return false;
        bool confirmation = disowned[k.confirmedBy] && disownedSince[k.confirmedBy] <= k.confirmedAt;
        return k.confirmedAt == 0 || confirmation;
    }

    function _used(Known storage k) internal view returns (uint64) {
        return k.acquitted + k.consumed;
    }

    /// @dev A certificate that nobody issued yet, alone in its batch or beside a stranger.
    function _newCertificate(uint256 issuer, uint256 seed, uint64 allowance)
        internal
        returns (Certificate memory c, bytes32 root, uint64[2] memory items)
    {
        c.leaf = _leafOf(issuers[issuer], ++serial, allowance);
        c.leaf.destination = destinations[(seed >> 8) % 3];
        if (allowance > 1 && (seed >> 16) % 2 == 0) {
            items[0] = uint64(bound(seed >> 24, 1, allowance - 1));
            items[1] = allowance - items[0];
            c.leaf.itemsRoot = pair(itemLeafOf(1, items[0]), itemLeafOf(2, items[1]));
        }
        root = hashOf(c.leaf);
        c.proof = new bytes32[](0);
        if ((seed >> 32) % 2 == 0) {
            bytes32 sibling = keccak256(abi.encode("sibling", serial));
            c.proof = _proof(sibling);
            root = pair(root, sibling);
        }
    }

    function _remember(uint256 issuer, Certificate memory c, uint64[2] memory items, uint256 key) internal {
        Known storage k = known.push();
        k.certificate = c;
        k.issuer = issuer;
        k.key = vm.addr(key);
        k.time = block.timestamp;
        k.itemAllowance = items;
        issuedLeaf[hashOf(c.leaf)] = true;
    }

    /// @dev Units spread over the items, or as a whole; predicts whether they fit.
    function _units(Known storage k, uint256 seed)
        internal
        view
        returns (uint64[2] memory units, ItemUse[] memory items, bool fits)
    {
        uint64 left = k.certificate.leaf.allowance - _used(k);
        if (k.certificate.leaf.itemsRoot == 0) {
            units[0] = uint64(bound(seed, 0, uint256(left) + 1));
            return (units, new ItemUse[](0), units[0] > 0 && units[0] <= left);
        }
        items = new ItemUse[](2);
        fits = true;
        for (uint256 i = 0; i < 2; ++i) {
            uint64 itemLeft = k.itemAllowance[i] - k.itemUsed[i];
            units[i] = uint64(bound(seed >> (64 * i), 1, uint256(itemLeft) + 1));
            fits = fits && units[i] <= itemLeft;
            bytes32 sibling = itemLeafOf(uint32(2 - i), k.itemAllowance[1 - i]);
            items[i] = ItemUse(uint32(i + 1), k.itemAllowance[i], units[i], _proof(sibling));
        }
        // Strictly within what is left of the whole, too (supersession may have left less).
        fits = fits && units[0] + units[1] <= left;
    }

    function _unitsOf(KnownClaim storage c) internal view returns (ItemUnits[] memory items) {
        if (known[c.certificate].certificate.leaf.itemsRoot == 0) return new ItemUnits[](0);
        items = new ItemUnits[](2);
        items[0] = ItemUnits(1, c.units[0]);
        items[1] = ItemUnits(2, c.units[1]);
    }

    function _addItems(Known storage k, uint64[2] memory units) internal {
        if (k.certificate.leaf.itemsRoot == 0) return;
        k.itemUsed[0] += units[0];
        k.itemUsed[1] += units[1];
    }
}
