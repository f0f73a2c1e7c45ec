// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Batch, Certificate, Confirmation, Issuance, Leaf, Query, Record} from "../src/interfaces/CertificateTypes.sol";
import {ICertificateRegistry} from "../src/interfaces/ICertificateRegistry.sol";
import {ICouncil} from "../src/interfaces/ICouncil.sol";
import {IConsortium} from "../src/interfaces/IConsortium.sol";
import {RegistryWorld} from "./base/RegistryWorld.sol";
import {Act} from "./base/World.sol";

contract IssueTest is RegistryWorld {
    bytes32 private constant ROOT = keccak256("root");

    function testABatchIsRegisteredWithKeyTimeCountAndKind() public {
        bytes32 id = batchIdOf("exporter-cn", ROOT);
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.Issued(id, org("exporter-cn"), RCEP, ROOT, 9, 2, addressOf("exporter-cn"));
        _do(_issue("exporter-cn", ROOT, 9));
        Batch memory batch = registry.batchOf(id);
        vm.assertEq(batch.key, addressOf("exporter-cn"), "key");
        vm.assertEq(batch.time, START, "time");
        vm.assertEq(batch.count, 9, "count");
        vm.assertEq(batch.kind, 2, "kind");
    }

    function testTheSameBatchAgainIsASuccessThatWritesNothing() public {
        Act memory act = _issue("chamber-cn", ROOT, 9);
        _do(act);
        vm.warp(START + 10);
        _do(act);
        // Even when nothing may be issued any more.
        _do(_decide(abi.encodeCall(ICouncil.pauseFor, (100))));
        _do(act);
        vm.assertEq(registry.batchOf(batchIdOf("chamber-cn", ROOT)).time, START, "time");
    }

    function testTheSameRootWithAnotherCountIsRefused() public {
        _do(_issue("chamber-cn", ROOT, 9));
        _refused(
            _issue("chamber-cn", ROOT, 10),
            abi.encodeWithSelector(ICertificateRegistry.BatchExists.selector, batchIdOf("chamber-cn", ROOT))
        );
    }

    function testNothingIsNotIssued() public {
        bytes4 empty = ICertificateRegistry.BatchEmpty.selector;
        _refused(_issue("chamber-cn", 0, 1), abi.encodeWithSelector(empty, 0, 1));
        _refused(_issue("chamber-cn", ROOT, 0), abi.encodeWithSelector(empty, ROOT, 0));
    }

    function testSeveralBatchesAllOrNone() public {
        Issuance[] memory list = new Issuance[](2);
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 root = keccak256(abi.encode(i));
            list[i] = Issuance(
                org("chamber-cn"),
                RCEP,
                root,
                1,
                deadline,
                _issueSignature(keyOf("chamber-cn"), org("chamber-cn"), RCEP, root, 1)
            );
        }
        list[1].count = 2;
        (bool done,) = address(registry).call(abi.encodeCall(registry.issueMany, (list)));
        vm.assertEq(done, false, "with a wrong count");
        list[1].count = 1;
        registry.issueMany(list);
        vm.assertEq(registry.batchOf(batchIdOf("chamber-cn", list[1].root)).count, 1, "second");
    }

    function testALeafUnderAnothersNameOrSchemeIsNotRegistered() public {
        // The chamber of AU puts a leaf that names the chamber of CN into its own tree.
        Leaf memory leaf = _leafOf("chamber-cn", 1, 1);
        _do(_issue("chamber-au", hashOf(leaf), 1));
        _refused(
            _revoke(keyOf("chamber-cn"), _alone(leaf), 1),
            abi.encodeWithSelector(ICertificateRegistry.BatchUnknown.selector, batchIdOf("chamber-cn", hashOf(leaf)))
        );
        leaf = _leafOf("chamber-cn", 2, 1);
        leaf.scheme = CHAFTA;
        _do(_issue("chamber-cn", hashOf(leaf), 1));
        _refused(
            _revoke(keyOf("chamber-cn"), _alone(leaf), 1),
            abi.encodeWithSelector(
                ICertificateRegistry.BatchUnknown.selector,
                keccak256(abi.encode(org("chamber-cn"), CHAFTA, hashOf(leaf)))
            )
        );
    }

    function testAnEndlessProofIsRefused() public {
        Certificate memory c = _issued("chamber-cn", 1, 1);
        c.proof = new bytes32[](33);
        _refused(
            _revoke(keyOf("chamber-cn"), c, 1), abi.encodeWithSelector(ICertificateRegistry.ProofTooLong.selector, 33)
        );
    }

    // --- confirm ----------------------------------------------------------------------------------------------

    function testADisownedBatchIsHealedByAConfirmationUnderAGoodKey() public {
        Certificate memory c = _issued("chamber-cn", 1, 1);
        bytes32 root = hashOf(c.leaf);
        bytes32 id = batchIdOf("chamber-cn", root);
        bytes32 chamber = org("chamber-cn");
        _do(_addKey(chamber, keyOf("chamber-cn"), chamber, keyOf("second")));
        _do(_addKey(chamber, keyOf("chamber-cn"), chamber, keyOf("third")));
        bytes memory nothing = abi.encodeWithSelector(ICertificateRegistry.NotDisowned.selector, id);
        _refused(_confirmAs(keyOf("second"), chamber, root), nothing);
        vm.warp(START + 10);
        _do(_disown("chamber-cn", uint64(START + 1)));
        // Issued before: untouched.
        _refused(_confirmAs(keyOf("second"), chamber, root), nothing);
        _do(_disown("chamber-cn", uint64(START)));
        bytes memory disowned =
            abi.encodeWithSelector(ICertificateRegistry.IssuerKeyDisowned.selector, id, addressOf("chamber-cn"));
        vm.assertTrue(_record(c).disowned, "disowned");
        _refused(_acquit("customs-au", c, "claim", 1), disowned);
        _refused(
            _confirmAs(keyOf("chamber-cn"), chamber, root),
            abi.encodeWithSelector(IConsortium.KeyNotValid.selector, chamber, addressOf("chamber-cn"))
        );
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.Confirmed(id, chamber, addressOf("second"));
        _do(_confirmAs(keyOf("second"), chamber, root));
        vm.assertEq(_record(c).disowned, false, "healed");
        Confirmation memory confirmation = registry.confirmationOf(id);
        vm.assertEq(confirmation.key, addressOf("second"), "key");
        vm.assertEq(confirmation.time, START + 10, "time");
        _refused(_confirmAs(keyOf("third"), chamber, root), nothing);
        // The confirming key is disowned too: confirm once more.
        _do(_decide(abi.encodeCall(consortium.disown, (chamber, addressOf("second"), uint64(START)))));
        _refused(_acquit("customs-au", c, "claim", 1), disowned);
        _do(_confirmAs(keyOf("third"), chamber, root));
        _do(_acquit("customs-au", c, "claim", 1));
    }

    function testOnlyAKnownBatchIsConfirmed() public {
        _refused(
            _confirmAs(keyOf("chamber-cn"), org("chamber-cn"), ROOT),
            abi.encodeWithSelector(ICertificateRegistry.BatchUnknown.selector, batchIdOf("chamber-cn", ROOT))
        );
    }

    function _record(Certificate memory c) private view returns (Record memory) {
        Query[] memory queries = new Query[](1);
        bytes32 leaf = hashOf(c.leaf);
        queries[0] =
            Query(leaf, batchIdOf("chamber-cn", leaf), c.leaf.issuer, RCEP, claimKeyOf(leaf, "customs-au", "claim"));
        (,, Record[] memory records) = registry.lookup(queries);
        return records[0];
    }

    function testALookupTellsEverythingFromOneState() public {
        Certificate memory c = _issued("chamber-cn", 1, 5);
        _do(_acquit("customs-au", c, "claim", 2));
        vm.roll(77);
        vm.warp(START + 9);
        Query[] memory queries = new Query[](2);
        bytes32 leaf = hashOf(c.leaf);
        queries[1] =
            Query(leaf, batchIdOf("chamber-cn", leaf), c.leaf.issuer, RCEP, claimKeyOf(leaf, "customs-au", "claim"));
        (uint64 number, uint64 time, Record[] memory records) = registry.lookup(queries);
        vm.assertEq(number, 77, "number");
        vm.assertEq(time, START + 9, "time");
        vm.assertEq(records[0].batch.time, 0, "nothing asked");
        vm.assertEq(records[1].batch.key, addressOf("chamber-cn"), "key");
        vm.assertEq(records[1].standing.used, 2, "used");
        vm.assertEq(records[1].claim.units, 2, "claim");
        vm.assertEq(records[1].organisation.roles, ISSUER, "organisation");
        vm.assertEq(records[1].key.since, START, "key since");
        vm.assertEq(records[1].accreditation.kind, 1, "accreditation");
        vm.assertEq(records[1].predecessor, 0, "predecessor");
    }
}
