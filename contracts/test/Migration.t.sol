// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CertificateRegistry} from "../src/CertificateRegistry.sol";
import {Consortium} from "../src/Consortium.sol";
import {Certificate, Claim, ClaimState, ItemUnits, ItemUse, Status} from "../src/interfaces/CertificateTypes.sol";
import {ICertificateRegistry} from "../src/interfaces/ICertificateRegistry.sol";
import {ICouncil} from "../src/interfaces/ICouncil.sol";
import {IConsortium} from "../src/interfaces/IConsortium.sol";
import {RegistryWorld} from "./base/RegistryWorld.sol";
import {Act} from "./base/World.sol";

/// @title A sealed registry and its successor, and the successor's successor
contract MigrationTest is RegistryWorld {
    Certificate private certificate;
    Certificate private itemised;
    bytes32 private leaf;

    function setUp() public override {
        super.setUp();
        certificate = _issued("chamber-cn", 1, 10);
        leaf = hashOf(certificate.leaf);
        itemised.leaf = _leafOf("chamber-cn", 2, 10);
        itemised.leaf.itemsRoot = pair(itemLeafOf(1, 6), itemLeafOf(2, 4));
        _do(_issue("chamber-cn", hashOf(itemised.leaf), 1));
    }

    function _items(uint64 first, uint64 second) private pure returns (ItemUse[] memory items) {
        items = new ItemUse[](2);
        items[0] = ItemUse(1, 6, first, _proof(itemLeafOf(2, 4)));
        items[1] = ItemUse(2, 4, second, _proof(itemLeafOf(1, 6)));
    }

    function _acquitItems(bytes32 claim, uint64 first, uint64 second) private view returns (Act memory) {
        return _acquitAs(keyOf("customs-au"), org("customs-au"), itemised, claim, first + second, _items(first, second));
    }

    function _withdrawItems(bytes32 claim, uint64 first, uint64 second) private view returns (Act memory) {
        ItemUnits[] memory items = new ItemUnits[](2);
        items[0] = ItemUnits(1, first);
        items[1] = ItemUnits(2, second);
        return _withdrawAs(keyOf("customs-au"), org("customs-au"), hashOf(itemised.leaf), claim, items);
    }

    function _migrate() private {
        _do(_decide(abi.encodeCall(ICouncil.seal, (address(registry)))));
        registry = new CertificateRegistry(consortium, registry);
    }

    function testOnlyASealedRegistryOfTheSameConsortiumIsSucceeded() public {
        bytes4 invalid = ICertificateRegistry.PredecessorInvalid.selector;
        vm.expectRevert(abi.encodeWithSelector(invalid, address(registry), address(consortium)));
        new CertificateRegistry(consortium, registry);
        _do(_decide(abi.encodeCall(ICouncil.seal, (address(registry)))));
        (address[] memory members,) = _sorted("other", 3);
        Consortium other = new Consortium(members, 2);
        vm.expectRevert(abi.encodeWithSelector(invalid, address(registry), address(other)));
        new CertificateRegistry(other, registry);
        CertificateRegistry next = new CertificateRegistry(consortium, registry);
        vm.assertEq(address(next.predecessor()), address(registry), "predecessor");
        vm.assertEq(address(next.consortium()), address(consortium), "consortium");
    }

    function testTheSealedOneTakesNoActAtAll() public {
        _do(_acquit("customs-au", certificate, "claim", 1));
        Certificate[] memory next = _one(_alone(_leafOf("chamber-cn", 3, 1)));
        Certificate[] memory child = _one(_alone(_leafOf("chamber-au", 4, 1)));
        uint256 key = keyOf("chamber-cn");
        uint256 customs = keyOf("customs-au");
        _do(_decide(abi.encodeCall(ICouncil.seal, (address(registry)))));
        bytes memory error = abi.encodeWithSelector(IConsortium.Sealed.selector, address(registry));
        _refused(_issue("chamber-cn", "root", 1), error);
        _refused(_suspend(key, certificate, 1), error);
        _refused(_reinstate(key, certificate), error);
        _refused(_revoke(key, certificate, 1), error);
        _refused(_supersede(key, certificate, RCEP, hashOf(next[0].leaf), next), error);
        _refused(_acquit("customs-au", certificate, "two", 1), error);
        _refused(_withdraw("customs-au", leaf, "claim"), error);
        _refused(_refuseAs(customs, org("customs-au"), certificate, "two", 1), error);
        _refused(_consume("chamber-au", certificate, 1, new ItemUse[](0), hashOf(child[0].leaf), child), error);
        _refused(_enquireAs(customs, org("customs-au"), org("chamber-cn"), "s", uint64(START + 1)), error);
        _refused(_answerAs(key, org("customs-au"), org("chamber-cn"), "s", 1), error);
        _refused(_confirmAs(key, org("chamber-cn"), leaf), error);
    }

    function testWhatWasUsedIsUsed() public {
        _do(_acquit("customs-au", certificate, "claim", 7));
        _do(_acquitItems("items", 4, 1));
        bytes32 l = hashOf(itemised.leaf);
        _migrate();
        bytes memory spent = abi.encodeWithSelector(
            ICertificateRegistry.ClaimForbids.selector, claimKeyOf(leaf, "customs-au", "claim"), ClaimState.ACQUITTED
        );
        _refused(_acquit("customs-au", certificate, "claim", 1), spent);
        _refused(
            _acquit("customs-au", certificate, "two", 4),
            abi.encodeWithSelector(ICertificateRegistry.AllowanceExceeded.selector, leaf, 4, 3)
        );
        _refused(
            _acquitItems("two", 3, 1),
            abi.encodeWithSelector(ICertificateRegistry.ItemAllowanceExceeded.selector, l, 1, 3, 2)
        );
        _do(_acquit("customs-au", certificate, "two", 3));
        _do(_acquitItems("two", 2, 3));
        _migrate();
        vm.assertEq(registry.standingOf(leaf).used, 10, "used");
        vm.assertEq(registry.itemUsed(l, 1), 6, "first item");
        vm.assertEq(registry.itemUsed(l, 2), 4, "second item");
    }

    function testWithdrawalsReachBackAndStayGivenBack() public {
        _do(_acquit("customs-au", certificate, "claim", 7));
        _do(_acquitItems("items", 4, 1));
        bytes32 l = hashOf(itemised.leaf);
        _migrate();
        _migrate();
        _do(_withdraw("customs-au", leaf, "claim"));
        _do(_withdrawItems("items", 4, 1));
        vm.assertEq(registry.standingOf(leaf).used, 0, "given back");
        vm.assertEq(registry.itemUsed(l, 1), 0, "item given back");
        Claim memory claim = registry.claimOf(l, org("customs-au"), "items");
        vm.assertEq(uint256(claim.state), uint256(ClaimState.WITHDRAWN), "claim");
        (bool done,) = address(registry).call(_withdrawItems("items", 4, 1).data);
        vm.assertEq(done, false, "twice");
        _do(_acquitItems("again", 6, 4));
        _migrate();
        vm.assertEq(registry.itemUsed(l, 1), 6, "all used");
    }

    function testStandingsBatchesSuccessorsAndQuestionsGoOn() public {
        uint256 key = keyOf("chamber-cn");
        Certificate[] memory next = _one(_alone(_leafOf("chamber-cn", 3, 10)));
        bytes32 successor = hashOf(next[0].leaf);
        Act memory supersede = _supersede(key, certificate, RCEP, successor, next);
        _do(supersede);
        _do(_suspend(key, itemised, 1));
        _do(_enquireAs(keyOf("customs-au"), org("customs-au"), org("chamber-cn"), "s", uint64(START + 1)));
        _migrate();
        // The same issue again: known already, nothing written.
        _do(_issue("chamber-cn", leaf, 1));
        vm.assertEq(registry.predecessorOf(successor), leaf, "predecessor");
        _refused(
            _revoke(key, certificate, 1),
            abi.encodeWithSelector(ICertificateRegistry.StatusForbids.selector, leaf, Status.SUPERSEDED)
        );
        vm.assertEq(registry.standingOf(hashOf(itemised.leaf)).epoch, 1, "epoch");
        _do(_reinstate(key, itemised));
        _do(_answerAs(key, org("customs-au"), org("chamber-cn"), "s", 1));
        // A successor there is not fresh here.
        Certificate[] memory again = _one(Certificate(next[0].leaf, _proof("x")));
        _refused(
            _supersede(key, itemised, RCEP, pair(successor, "x"), again),
            abi.encodeWithSelector(ICertificateRegistry.SuccessorNotFresh.selector, successor)
        );
        _migrate();
        _do(_acquit("customs-au", next[0], "claim", 10));
    }

    function testConfirmationsGoOn() public {
        bytes32 chamber = org("chamber-cn");
        _do(_addKey(chamber, keyOf("chamber-cn"), chamber, keyOf("second")));
        _do(_disown("chamber-cn", 0));
        _do(_confirmAs(keyOf("second"), chamber, leaf));
        _migrate();
        vm.assertEq(registry.confirmationOf(batchIdOf("chamber-cn", leaf)).key, addressOf("second"), "confirmed");
        _do(_acquit("customs-au", certificate, "claim", 1));
    }

    function testOldSignaturesAreForTheOldRegistryOnly() public {
        Act memory act = _revoke(keyOf("chamber-cn"), certificate, 1);
        _migrate();
        act.target = address(registry);
        (bool done, bytes memory returned) = act.target.call(act.data);
        vm.assertEq(done, false, "replayed");
        vm.assertEq(bytes32(bytes4(returned)), bytes32(IConsortium.KeyNotValid.selector), "error");
    }
}
