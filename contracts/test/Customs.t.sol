// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    Acquittal,
    Certificate,
    Claim,
    ClaimState,
    Enquiry,
    ItemUnits,
    ItemUse,
    Leaf,
    Status
} from "../src/interfaces/CertificateTypes.sol";
import {ICertificateRegistry} from "../src/interfaces/ICertificateRegistry.sol";
import {IConsortium} from "../src/interfaces/IConsortium.sol";
import {Signature} from "../src/interfaces/ISignedActs.sol";
import {RegistryWorld} from "./base/RegistryWorld.sol";
import {Act} from "./base/World.sol";

contract CustomsTest is RegistryWorld {
    Certificate private certificate;
    bytes32 private leaf;
    bytes32 private claimKey;

    function setUp() public override {
        super.setUp();
        certificate = _issued("chamber-cn", 1, 10);
        leaf = hashOf(certificate.leaf);
        claimKey = claimKeyOf(leaf, "customs-au", "claim");
    }

    function _claim() private view returns (Claim memory) {
        return registry.claimOf(leaf, org("customs-au"), "claim");
    }

    function _claimForbids(ClaimState state) private view returns (bytes memory) {
        return abi.encodeWithSelector(ICertificateRegistry.ClaimForbids.selector, claimKey, state);
    }

    // --- acquit and withdraw ----------------------------------------------------------------------------------

    function testUnitsAreUsedUpToTheAllowance() public {
        Act memory act = _acquit("customs-au", certificate, "claim", 4);
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.Acquitted(leaf, org("customs-au"), "claim", 4, 4, addressOf("customs-au"));
        _do(act);
        Claim memory claim = _claim();
        vm.assertEq(uint256(claim.state), uint256(ClaimState.ACQUITTED), "state");
        vm.assertEq(claim.units, 4, "units");
        vm.assertEq(claim.time, START, "time");
        vm.assertEq(claim.itemsHash, 0, "items");
        _refused(act, _claimForbids(ClaimState.ACQUITTED));
        _refused(
            _acquit("customs-au", certificate, "two", 7),
            abi.encodeWithSelector(ICertificateRegistry.AllowanceExceeded.selector, leaf, 7, 6)
        );
        _refused(
            _acquit("customs-au", certificate, "two", 0),
            abi.encodeWithSelector(ICertificateRegistry.UnitsMissing.selector, leaf, 0)
        );
        _do(_acquit("customs-au", certificate, "two", 6));
        vm.assertEq(registry.standingOf(leaf).used, 10, "used");
    }

    function testAWithdrawalGivesBackOnceAndSpendsTheClaim() public {
        Act memory acquit = _acquit("customs-au", certificate, "claim", 4);
        _do(acquit);
        vm.warp(START + 5);
        Act memory act = _withdraw("customs-au", leaf, "claim");
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.Withdrawn(leaf, org("customs-au"), "claim", 7, 4, 0, addressOf("customs-au"));
        _do(act);
        Claim memory claim = _claim();
        vm.assertEq(uint256(claim.state), uint256(ClaimState.WITHDRAWN), "state");
        vm.assertEq(claim.reason, 7, "reason");
        vm.assertEq(claim.time, START + 5, "time");
        vm.assertEq(registry.standingOf(leaf).used, 0, "used");
        _refused(act, _claimForbids(ClaimState.WITHDRAWN));
        _refused(acquit, _claimForbids(ClaimState.WITHDRAWN));
        _refused(
            _refuseAs(keyOf("customs-au"), org("customs-au"), certificate, "claim", 1),
            _claimForbids(ClaimState.WITHDRAWN)
        );
        _do(_acquit("customs-au", certificate, "two", 10));
    }

    function testAWithdrawalIsForWhoAcquittedAlone() public {
        _do(_acquit("customs-au", certificate, "claim", 4));
        bytes32 other = claimKeyOf(leaf, "customs-cn", "claim");
        _refused(
            _withdraw("customs-cn", leaf, "claim"),
            abi.encodeWithSelector(ICertificateRegistry.ClaimForbids.selector, other, ClaimState.NONE)
        );
        _refused(
            _withdrawAs(keyOf("customs-cn"), org("customs-au"), leaf, "claim", new ItemUnits[](0)),
            abi.encodeWithSelector(IConsortium.KeyNotValid.selector, org("customs-au"), addressOf("customs-cn"))
        );
        // Whatever became of the certificate.
        _do(_revoke(keyOf("chamber-cn"), certificate, 1));
        _do(_withdraw("customs-au", leaf, "claim"));
        vm.assertEq(uint256(registry.standingOf(leaf).status), uint256(Status.REVOKED), "status");
    }

    function testOnlyTheDestinationsCustomsActs() public {
        bytes memory elsewhere = abi.encodeWithSelector(ICertificateRegistry.DestinationDiffers.selector, leaf, AU, CN);
        _refused(_acquit("customs-cn", certificate, "claim", 1), elsewhere);
        _refused(_refuseAs(keyOf("customs-cn"), org("customs-cn"), certificate, "claim", 1), elsewhere);
        Leaf memory open = _leafOf("chamber-cn", 2, 2);
        open.destination = 0;
        _do(_issue("chamber-cn", hashOf(open), 1));
        _do(_acquit("customs-cn", _alone(open), "claim", 1));
        _do(_acquit("customs-au", _alone(open), "claim", 1));
        vm.assertEq(registry.standingOf(hashOf(open)).used, 2, "used by two, one claim name each");
    }

    function testSeveralAcquittalsAllOrNone() public {
        Acquittal[] memory list = new Acquittal[](2);
        ItemUse[] memory none = new ItemUse[](0);
        for (uint256 i = 0; i < 2; ++i) {
            Signature memory signature =
                _acquitSignature(keyOf("customs-au"), leaf, org("customs-au"), bytes32(i + 1), 6, none);
            list[i] = Acquittal(certificate, org("customs-au"), bytes32(i + 1), 6, none, deadline, signature);
        }
        _refused(
            _act(abi.encodeCall(registry.acquitMany, (list))),
            abi.encodeWithSelector(ICertificateRegistry.AllowanceExceeded.selector, leaf, 6, 4)
        );
        list[1].units = 4;
        list[1].signature = _acquitSignature(keyOf("customs-au"), leaf, org("customs-au"), bytes32(uint256(2)), 4, none);
        registry.acquitMany(list);
        vm.assertEq(registry.standingOf(leaf).used, 10, "used");
    }

    // --- refuse -----------------------------------------------------------------------------------------------

    function testARefusalHasAReasonAndMayTurnIntoAnAcquittal() public {
        uint256 key = keyOf("customs-au");
        bytes32 customs = org("customs-au");
        _refused(
            _refuseAs(key, customs, certificate, "claim", 0),
            abi.encodeWithSelector(ICertificateRegistry.ReasonMissing.selector, leaf)
        );
        Act memory act = _refuseAs(key, customs, certificate, "claim", 8);
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.Refused(leaf, customs, "claim", 8, addressOf("customs-au"));
        _do(act);
        vm.assertEq(_claim().reason, 8, "reason");
        vm.assertEq(registry.standingOf(leaf).time, 0, "standing untouched");
        _refused(act, _claimForbids(ClaimState.REFUSED));
        _refused(_withdraw("customs-au", leaf, "claim"), _claimForbids(ClaimState.REFUSED));
        _do(_acquit("customs-au", certificate, "claim", 1));
        vm.assertEq(_claim().reason, 0, "reason of the refusal");
        _refused(act, _claimForbids(ClaimState.ACQUITTED));
    }

    // --- items ------------------------------------------------------------------------------------------------

    /// @dev Items 1 (6 units) and 2 (4 units).
    function _withItems() private returns (Certificate memory c) {
        c.leaf = _leafOf("chamber-cn", 9, 10);
        c.leaf.itemsRoot = pair(itemLeafOf(1, 6), itemLeafOf(2, 4));
        c.proof = new bytes32[](0);
        _do(_issue("chamber-cn", hashOf(c.leaf), 1));
    }

    function _use(uint64 first, uint64 second) private pure returns (ItemUse[] memory items) {
        items = new ItemUse[](2);
        items[0] = ItemUse(1, 6, first, _proof(itemLeafOf(2, 4)));
        items[1] = ItemUse(2, 4, second, _proof(itemLeafOf(1, 6)));
    }

    function _only(ItemUse memory use) private pure returns (ItemUse[] memory items) {
        items = new ItemUse[](1);
        items[0] = use;
    }

    function _acquitItems(Certificate memory c, bytes32 claim, uint64 units, ItemUse[] memory items)
        private
        view
        returns (Act memory)
    {
        return _acquitAs(keyOf("customs-au"), org("customs-au"), c, claim, units, items);
    }

    function testItemsAreUsedEachWithinItsAllowance() public {
        Certificate memory c = _withItems();
        bytes32 l = hashOf(c.leaf);
        Act memory act = _acquitItems(c, "claim", 5, _use(2, 3));
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.ItemUsed(l, 1, 2);
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.ItemUsed(l, 2, 3);
        _do(act);
        vm.assertEq(registry.itemUsed(l, 2), 3, "second item");
        _refused(
            _acquitItems(c, "two", 2, _only(_use(0, 2)[1])),
            abi.encodeWithSelector(ICertificateRegistry.ItemAllowanceExceeded.selector, l, 2, 2, 1)
        );
        _do(_acquitItems(c, "two", 5, _use(4, 1)));
        vm.assertEq(registry.standingOf(l).used, 10, "used");
    }

    function testItemsMustBeProvenOrderedPositiveAndAddUp() public {
        Certificate memory c = _withItems();
        bytes32 l = hashOf(c.leaf);
        _refused(
            _acquitItems(c, "claim", 1, new ItemUse[](0)),
            abi.encodeWithSelector(ICertificateRegistry.ItemsMismatch.selector, l, c.leaf.itemsRoot, 0)
        );
        _refused(
            _acquitItems(certificate, "claim", 2, _use(1, 1)),
            abi.encodeWithSelector(ICertificateRegistry.ItemsMismatch.selector, leaf, 0, 2)
        );
        ItemUse[] memory items = _use(1, 1);
        (items[0], items[1]) = (items[1], items[0]);
        _refused(
            _acquitItems(c, "claim", 2, items),
            abi.encodeWithSelector(ICertificateRegistry.ItemOutOfOrder.selector, l, 2, 1)
        );
        items[0] = items[1];
        _refused(
            _acquitItems(c, "claim", 2, items),
            abi.encodeWithSelector(ICertificateRegistry.ItemOutOfOrder.selector, l, 1, 1)
        );
        items[0].item = 0;
        _refused(
            _acquitItems(c, "claim", 2, items),
            abi.encodeWithSelector(ICertificateRegistry.ItemOutOfOrder.selector, l, 0, 0)
        );
        _refused(
            _acquitItems(c, "claim", 1, _use(1, 0)),
            abi.encodeWithSelector(ICertificateRegistry.UnitsMissing.selector, l, 2)
        );
        _refused(
            _acquitItems(c, "claim", 3, _use(1, 1)),
            abi.encodeWithSelector(ICertificateRegistry.ItemSumDiffers.selector, l, 2, 3)
        );
        items = _use(1, 1);
        items[0].allowance = 7;
        _refused(
            _acquitItems(c, "claim", 2, items),
            abi.encodeWithSelector(ICertificateRegistry.ItemUnknown.selector, l, 1, 7)
        );
    }

    function testAnItemListedTwiceIsUsedOnce() public {
        // An issuer's tree names item 1 with 6 and with 4 units: what is used counts against both.
        Certificate memory c;
        c.leaf = _leafOf("chamber-cn", 9, 10);
        c.leaf.itemsRoot = pair(itemLeafOf(1, 6), itemLeafOf(1, 4));
        c.proof = new bytes32[](0);
        bytes32 l = hashOf(c.leaf);
        _do(_issue("chamber-cn", l, 1));
        _do(_acquitItems(c, "claim", 5, _only(ItemUse(1, 6, 5, _proof(itemLeafOf(1, 4))))));
        _refused(
            _acquitItems(c, "two", 1, _only(ItemUse(1, 4, 1, _proof(itemLeafOf(1, 6))))),
            abi.encodeWithSelector(ICertificateRegistry.ItemAllowanceExceeded.selector, l, 1, 1, 0)
        );
    }

    function testAWithdrawalShowsTheAcquittedItemsAgain() public {
        Certificate memory c = _withItems();
        bytes32 l = hashOf(c.leaf);
        _do(_acquitItems(c, "claim", 5, _use(2, 3)));
        bytes32 id = claimKeyOf(l, "customs-au", "claim");
        bytes32 acquitted = _hashItems(_use(2, 3));
        _refused(
            _withdraw("customs-au", l, "claim"),
            abi.encodeWithSelector(ICertificateRegistry.ItemsDiffer.selector, id, acquitted, 0)
        );
        ItemUnits[] memory items = new ItemUnits[](2);
        items[0] = ItemUnits(1, 3);
        items[1] = ItemUnits(2, 2);
        _refused(
            _withdrawAs(keyOf("customs-au"), org("customs-au"), l, "claim", items),
            abi.encodeWithSelector(ICertificateRegistry.ItemsDiffer.selector, id, acquitted, _hashItems(_use(3, 2)))
        );
        items[0] = ItemUnits(1, 2);
        items[1] = ItemUnits(2, 3);
        _do(_withdrawAs(keyOf("customs-au"), org("customs-au"), l, "claim", items));
        vm.assertEq(registry.itemUsed(l, 1) + registry.itemUsed(l, 2), 0, "given back");
    }

    function testACertificateWithoutItemsIsWithdrawnWithoutThem() public {
        _do(_acquit("customs-au", certificate, "claim", 4));
        ItemUnits[] memory items = new ItemUnits[](1);
        items[0] = ItemUnits(1, 4);
        ItemUse[] memory shown = _only(ItemUse(1, 4, 4, new bytes32[](0)));
        _refused(
            _withdrawAs(keyOf("customs-au"), org("customs-au"), leaf, "claim", items),
            abi.encodeWithSelector(ICertificateRegistry.ItemsDiffer.selector, claimKey, 0, _hashItems(shown))
        );
    }

    // --- back-to-back -----------------------------------------------------------------------------------------

    function _child(uint64 allowance) private pure returns (Certificate[] memory) {
        return _one(_alone(_leafOf("chamber-au", 20, allowance)));
    }

    function testAnIntermediateIssuerUsesTheOriginalForItsOwn() public {
        Certificate[] memory child = _child(4);
        bytes32 root = hashOf(child[0].leaf);
        ItemUse[] memory none = new ItemUse[](0);
        Act memory act = _consume("chamber-au", certificate, 4, none, root, child);
        bytes32 batch = batchIdOf("chamber-au", root);
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.Issued(batch, org("chamber-au"), RCEP, root, 1, 1, addressOf("chamber-au"));
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.Consumed(leaf, org("chamber-au"), batch, 4, 4, addressOf("chamber-au"));
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.Succeeded(leaf, root);
        _do(act);
        vm.assertEq(registry.predecessorOf(root), leaf, "predecessor");
        vm.assertEq(uint256(registry.standingOf(leaf).status), uint256(Status.GOOD), "status");
        _refused(act, abi.encodeWithSelector(ICertificateRegistry.BatchExists.selector, batch));
    }

    function testConsumeCreatesNoAllowance() public {
        Certificate[] memory child = _child(5);
        bytes32 root = hashOf(child[0].leaf);
        ItemUse[] memory none = new ItemUse[](0);
        _refused(
            _consume("chamber-au", certificate, 4, none, root, child),
            abi.encodeWithSelector(ICertificateRegistry.SuccessorsExceed.selector, leaf, 5, 4)
        );
        _refused(
            _consume("chamber-au", certificate, 11, none, root, child),
            abi.encodeWithSelector(ICertificateRegistry.AllowanceExceeded.selector, leaf, 11, 10)
        );
        _refused(
            _consume("chamber-au", certificate, 5, none, root, new Certificate[](0)),
            abi.encodeWithSelector(ICertificateRegistry.SuccessorsMissing.selector, leaf)
        );
    }

    function testOnlyAnAccreditedIssuerOfTheDestinationConsumesAnothersCertificate() public {
        Certificate[] memory child = _child(5);
        bytes32 root = hashOf(child[0].leaf);
        ItemUse[] memory none = new ItemUse[](0);
        _refused(
            _consume("chamber-cn", certificate, 5, none, root, child),
            abi.encodeWithSelector(ICertificateRegistry.OwnCertificate.selector, leaf, org("chamber-cn"))
        );
        _refused(
            _consume("exporter-cn", certificate, 5, none, root, child),
            abi.encodeWithSelector(ICertificateRegistry.DestinationDiffers.selector, leaf, AU, CN)
        );
        _refused(
            _consume("customs-au", certificate, 5, none, root, child),
            abi.encodeWithSelector(IConsortium.NotAccredited.selector, org("customs-au"), RCEP, today())
        );
    }

    function testItemsAreConsumedLikeAcquitted() public {
        Certificate memory c = _withItems();
        Certificate[] memory child = _child(5);
        _do(_consume("chamber-au", c, 5, _use(2, 3), hashOf(child[0].leaf), child));
        vm.assertEq(registry.itemUsed(hashOf(c.leaf), 2), 3, "second item");
    }

    // --- enquiries --------------------------------------------------------------------------------------------

    function testAQuestionIsAskedOnceAndAnsweredOnce() public {
        bytes32 from = org("customs-au");
        bytes32 to = org("chamber-cn");
        bytes32 id = keccak256(abi.encode(from, to, bytes32("subject")));
        Act memory ask = _enquireAs(keyOf("customs-au"), from, to, "subject", uint64(START + 10));
        Act memory reply = _answerAs(keyOf("chamber-cn"), from, to, "subject", 5);
        _refused(reply, abi.encodeWithSelector(ICertificateRegistry.EnquiryUnknown.selector, id));
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.Enquired(id, from, to, 0, "subject", 2, uint64(START + 10), addressOf("customs-au"));
        _do(ask);
        _refused(ask, abi.encodeWithSelector(ICertificateRegistry.EnquiryExists.selector, id));
        _refused(
            _answerAs(keyOf("chamber-cn"), from, to, "subject", 0),
            abi.encodeWithSelector(ICertificateRegistry.ReasonMissing.selector, id)
        );
        vm.warp(START + 10);
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.Answered(id, from, to, 5, "reply", false, addressOf("chamber-cn"));
        _do(reply);
        _refused(reply, abi.encodeWithSelector(ICertificateRegistry.EnquiryAnswered.selector, id));
        Enquiry memory enquiry = registry.enquiryOf(id);
        vm.assertEq(enquiry.code, 2, "code");
        vm.assertEq(enquiry.asked, START, "asked");
        vm.assertEq(enquiry.replyBy, START + 10, "reply by");
        vm.assertEq(enquiry.answered, START + 10, "answered");
        vm.assertEq(enquiry.answerCode, 5, "answer");
    }

    function testALateAnswerIsVisibleAsLate() public {
        bytes32 from = org("customs-au");
        bytes32 to = org("chamber-cn");
        _do(_enquireAs(keyOf("customs-au"), from, to, "subject", uint64(START + 10)));
        Act memory reply = _answerAs(keyOf("chamber-cn"), from, to, "subject", 5);
        vm.warp(START + 11);
        bytes32 id = keccak256(abi.encode(from, to, bytes32("subject")));
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.Answered(id, from, to, 5, "reply", true, addressOf("chamber-cn"));
        _do(reply);
    }

    function testAQuestionGoesToAMemberAndLeavesTime() public {
        bytes32 from = org("customs-au");
        uint256 key = keyOf("customs-au");
        bytes32 to = org("chamber-cn");
        bytes32 id = keccak256(abi.encode(from, to, bytes32("subject")));
        bytes4 invalid = ICertificateRegistry.ReplyByInvalid.selector;
        _refused(
            _enquireAs(key, from, org("nobody"), "subject", uint64(START + 10)),
            abi.encodeWithSelector(ICertificateRegistry.AskedUnknown.selector, org("nobody"))
        );
        _refused(_enquireAs(key, from, to, "subject", uint64(START)), abi.encodeWithSelector(invalid, id, START));
        _refused(_enquireAs(key, from, to, "subject", 2 ** 48), abi.encodeWithSelector(invalid, id, uint64(2 ** 48)));
        _do(_enquireAs(key, from, to, "subject", 2 ** 48 - 1));
    }
}
