// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Certificate, ItemUnits, ItemUse, Leaf} from "../src/interfaces/CertificateTypes.sol";
import {ClaimState} from "../src/interfaces/CertificateTypes.sol";
import {ICertificateRegistry} from "../src/interfaces/ICertificateRegistry.sol";
import {ICouncil} from "../src/interfaces/ICouncil.sol";
import {IConsortium} from "../src/interfaces/IConsortium.sol";
import {RegistryWorld} from "./base/RegistryWorld.sol";
import {Act} from "./base/World.sol";

/// @title Every role against every function, with the exact outcome
contract MatrixTest is RegistryWorld {
    string[8] private actors =
        ["authority-cn", "chamber-au", "exporter-cn", "agent-cn", "customs-au", "carrier", "auditor", "plain"];
    Certificate private certificate;
    bytes32 private leaf;
    uint256 private fresh = 100;

    function setUp() public override {
        super.setUp();
        _do(_enrol("authority-cn", org("plain"), 0));
        _do(_addKey(org("authority-cn"), keyOf("authority-cn"), org("plain"), keyOf("plain")));
        certificate.leaf = _leafOf("chamber-cn", 1, 10);
        certificate.leaf.destination = 0;
        leaf = hashOf(certificate.leaf);
        _do(_issue("chamber-cn", leaf, 1));
    }

    function _roles(string memory name) private view returns (uint16) {
        return consortium.organisationOf(org(name)).roles;
    }

    function _missing(string memory name, uint16 needed) private view returns (bytes memory) {
        return abi.encodeWithSelector(IConsortium.RoleMissing.selector, org(name), needed, _roles(name));
    }

    /// @dev The act passes for actors with one of `roles`, and is refused to all others with the exact error.
    function _expect(string memory name, uint16 roles, Act memory act, bytes memory error) private {
        uint256 state = vm.snapshotState();
        if (_roles(name) & roles != 0) _do(act);
        else _refused(act, error);
        vm.revertToState(state);
    }

    function testIssue() public {
        for (uint256 i = 0; i < actors.length; ++i) {
            string memory a = actors[i];
            bytes memory error = abi.encodeWithSelector(IConsortium.NotAccredited.selector, org(a), RCEP, today());
            _expect(a, ISSUER | EXPORTER, _issue(a, "root", 1), error);
        }
    }

    function testConsume() public {
        for (uint256 i = 0; i < actors.length; ++i) {
            string memory a = actors[i];
            Certificate[] memory child = _one(_alone(_leafOf(a, 50, 1)));
            Act memory act = _consume(a, certificate, 1, new ItemUse[](0), hashOf(child[0].leaf), child);
            bytes memory error = abi.encodeWithSelector(IConsortium.NotAccredited.selector, org(a), RCEP, today());
            _expect(a, ISSUER | EXPORTER, act, error);
        }
    }

    function testTheIssuersActsAreNobodyElses() public {
        Certificate[] memory next = _one(_alone(_leafOf("chamber-cn", 51, 1)));
        for (uint256 i = 0; i < actors.length; ++i) {
            string memory a = actors[i];
            uint256 key = keyOf(a);
            bytes memory error =
                abi.encodeWithSelector(IConsortium.KeyNotValid.selector, org("chamber-cn"), addressOf(a));
            _refused(_suspend(key, certificate, 1), error);
            _refused(_reinstate(key, certificate), error);
            _refused(_revoke(key, certificate, 1), error);
            _refused(_supersede(key, certificate, RCEP, hashOf(next[0].leaf), next), error);
            _refused(_confirmAs(key, org("chamber-cn"), leaf), error);
            _refused(_issueAs(key, org("chamber-cn"), RCEP, "root", 1), error);
        }
    }

    function testConfirmNeedsAnIssuingRole() public {
        for (uint256 i = 0; i < actors.length; ++i) {
            string memory a = actors[i];
            bytes memory error = _roles(a) & (ISSUER | EXPORTER) != 0
                ? abi.encodeWithSelector(ICertificateRegistry.BatchUnknown.selector, batchIdOf(a, leaf))
                : _missing(a, ISSUER | EXPORTER);
            _refused(_confirmAs(keyOf(a), org(a), leaf), error);
        }
    }

    function testAcquit() public {
        for (uint256 i = 0; i < actors.length; ++i) {
            _expect(actors[i], CUSTOMS, _acquit(actors[i], certificate, "claim", 1), _missing(actors[i], CUSTOMS));
        }
    }

    function testRefuse() public {
        for (uint256 i = 0; i < actors.length; ++i) {
            string memory a = actors[i];
            _expect(a, CUSTOMS, _refuseAs(keyOf(a), org(a), certificate, "claim", 1), _missing(a, CUSTOMS));
        }
    }

    function testWithdraw() public {
        _do(_acquit("customs-au", certificate, "claim", 1));
        for (uint256 i = 0; i < actors.length; ++i) {
            _expect(actors[i], CUSTOMS, _withdraw(actors[i], leaf, "claim"), _missing(actors[i], CUSTOMS));
        }
        bytes32 id = claimKeyOf(leaf, "customs-cn", "claim");
        _refused(
            _withdraw("customs-cn", leaf, "claim"),
            abi.encodeWithSelector(ICertificateRegistry.ClaimForbids.selector, id, ClaimState.NONE)
        );
    }

    function testEnquireAndAnswer() public {
        for (uint256 i = 0; i < actors.length; ++i) {
            string memory a = actors[i];
            _expect(
                a,
                CUSTOMS,
                _enquireAs(keyOf(a), org(a), org("chamber-cn"), "subject", uint64(START + 1)),
                _missing(a, CUSTOMS)
            );
            // Whoever is asked may answer, whatever its roles; nobody else.
            _do(_enquireAs(keyOf("customs-cn"), org("customs-cn"), org(a), "subject", uint64(START + 1)));
            _refused(
                _answerAs(keyOf("chamber-cn"), org("customs-cn"), org(a), "subject", 1),
                abi.encodeWithSelector(IConsortium.KeyNotValid.selector, org(a), addressOf("chamber-cn"))
            );
            _do(_answerAs(keyOf(a), org("customs-cn"), org(a), "subject", 1));
        }
    }

    function testAnchor() public {
        bytes32 typeHash = keccak256(
            "Anchor(bytes32 reporter,bytes32 stream,bytes32 previous,bytes32 head,uint64 count,uint64 deadline)"
        );
        for (uint256 i = 0; i < actors.length; ++i) {
            string memory a = actors[i];
            bytes32 zero;
            bytes32 message =
                keccak256(abi.encode(typeHash, org(a), bytes32("s"), zero, bytes32("h"), uint64(1), deadline));
            Act memory act = Act(
                address(log),
                abi.encodeCall(
                    log.anchor, (org(a), "s", zero, "h", 1, deadline, _sign(keyOf(a), address(log), message))
                )
            );
            _expect(a, REPORTER, act, _missing(a, REPORTER));
        }
    }

    function testEnrolAccreditAndSponsor() public {
        for (uint256 i = 0; i < actors.length; ++i) {
            string memory a = actors[i];
            bytes memory error = _missing(a, AUTHORITY);
            _expect(a, AUTHORITY, _enrol(a, org("new"), ISSUER), error);
            _expect(a, AUTHORITY, _accredit(a, org("chamber-cn"), CHAFTA, 1, 0, 0), error);
            _expect(a, AUTHORITY, _addKey(org(a), keyOf(a), org("chamber-cn"), keyOf("new key")), error);
        }
    }

    function testEveryMemberKeepsItsOwnKeys() public {
        for (uint256 i = 0; i < actors.length; ++i) {
            string memory a = actors[i];
            uint256 second = keyOf(string.concat(a, " second"));
            _do(_addKey(org(a), keyOf(a), org(a), second));
            _do(_retireKey(second, org(a), addressOf(a)));
        }
    }

    function testAPauseStopsFiveActsAndNoOther() public {
        Certificate memory other = _issued("chamber-cn", 60, 5);
        _do(_acquit("customs-au", certificate, "claim", 1));
        _do(_decide(abi.encodeCall(ICouncil.pauseFor, (100))));
        bytes memory error = abi.encodeWithSelector(IConsortium.Paused.selector, uint64(START + 100));
        Certificate[] memory next = _one(_alone(_leafOf("chamber-cn", 61, 1)));
        Certificate[] memory child = _one(_alone(_leafOf("chamber-au", 62, 1)));
        ItemUse[] memory none = new ItemUse[](0);
        uint256 key = keyOf("chamber-cn");
        _refused(_issue("chamber-cn", "root", 1), error);
        _refused(_supersede(key, other, RCEP, hashOf(next[0].leaf), next), error);
        _refused(_acquit("customs-au", other, "claim", 1), error);
        _refused(_consume("chamber-au", other, 1, none, hashOf(child[0].leaf), child), error);
        bytes32 typeHash = keccak256(
            "Anchor(bytes32 reporter,bytes32 stream,bytes32 previous,bytes32 head,uint64 count,uint64 deadline)"
        );
        bytes32 zero;
        bytes32 message =
            keccak256(abi.encode(typeHash, org("carrier"), bytes32("s"), zero, bytes32("h"), uint64(1), deadline));
        _refused(
            Act(
                address(log),
                abi.encodeCall(
                    log.anchor,
                    (org("carrier"), "s", zero, "h", 1, deadline, _sign(keyOf("carrier"), address(log), message))
                )
            ),
            error
        );
        _do(_suspend(key, other, 1));
        _do(_reinstate(key, other));
        _do(_revoke(key, other, 1));
        _do(_withdraw("customs-au", leaf, "claim"));
        _do(_refuseAs(keyOf("customs-au"), org("customs-au"), certificate, "two", 1));
        _do(_enquireAs(keyOf("customs-au"), org("customs-au"), org("chamber-cn"), "s", uint64(START + 1)));
        _do(_answerAs(key, org("customs-au"), org("chamber-cn"), "s", 1));
        _do(_enrol("authority-cn", org("new"), ISSUER));
        _do(_accredit("authority-cn", org("chamber-cn"), CHAFTA, 1, 0, 0));
        _do(_addKey(org("chamber-cn"), key, org("chamber-cn"), keyOf("second")));
        _do(_disown("chamber-cn", uint64(START)));
        _do(_confirmAs(keyOf("second"), org("chamber-cn"), leaf));
    }
}
