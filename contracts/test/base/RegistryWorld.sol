// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Certificate, ItemUnits, ItemUse, Leaf} from "../../src/interfaces/CertificateTypes.sol";
import {Signature} from "../../src/interfaces/ISignedActs.sol";
import {Act, World} from "./World.sol";

/// @title The world, with hands for every act on certificates
abstract contract RegistryWorld is World {
    string internal constant ITEM_UNITS = "ItemUnits(uint32 item,uint64 units)";

    // --- leaves and trees -------------------------------------------------------------------------------------

    function _leafOf(string memory issuer, uint256 n, uint64 allowance) internal pure returns (Leaf memory leaf) {
        leaf.digest = keccak256(abi.encode("document", n));
        leaf.issuer = org(issuer);
        leaf.scheme = RCEP;
        leaf.destination = AU;
        leaf.validFrom = 20_000;
        leaf.validUntil = 20_365;
        leaf.allowance = allowance;
    }

    function hashOf(Leaf memory leaf) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Leaf(bytes32 digest,bytes32 issuer,bytes32 scheme,bytes8 destination,uint32 validFrom,uint32 validUntil,uint64 allowance,bytes32 itemsRoot)"
        );
        return keccak256(abi.encodePacked(keccak256(abi.encode(typeHash, leaf))));
    }

    function itemLeafOf(uint32 item, uint64 allowance) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256("Item(uint32 item,uint64 allowance)");
        return keccak256(abi.encodePacked(keccak256(abi.encode(typeHash, item, allowance))));
    }

    function pair(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        return a < b ? keccak256(abi.encodePacked(a, b)) : keccak256(abi.encodePacked(b, a));
    }

    function batchIdOf(string memory issuer, bytes32 root) internal pure returns (bytes32) {
        return keccak256(abi.encode(org(issuer), RCEP, root));
    }

    function claimKeyOf(bytes32 leaf, string memory customs, bytes32 claim) internal pure returns (bytes32) {
        return keccak256(abi.encode(leaf, org(customs), claim));
    }

    /// @dev A certificate that is alone in its batch.
    function _alone(Leaf memory leaf) internal pure returns (Certificate memory) {
        return Certificate(leaf, new bytes32[](0));
    }

    function _proof(bytes32 sibling) internal pure returns (bytes32[] memory proof) {
        proof = new bytes32[](1);
        proof[0] = sibling;
    }

    function _one(Certificate memory certificate) internal pure returns (Certificate[] memory list) {
        list = new Certificate[](1);
        list[0] = certificate;
    }

    /// @dev Issues a certificate alone in its batch.
    function _issued(string memory issuer, uint256 n, uint64 allowance) internal returns (Certificate memory) {
        Leaf memory leaf = _leafOf(issuer, n, allowance);
        _do(_issue(issuer, hashOf(leaf), 1));
        return _alone(leaf);
    }

    // --- acts -------------------------------------------------------------------------------------------------

    function _act(bytes memory data) internal view returns (Act memory) {
        return Act(address(registry), data);
    }

    function _issue(string memory issuer, bytes32 root, uint32 count) internal view returns (Act memory) {
        return _issueAs(keyOf(issuer), org(issuer), RCEP, root, count);
    }

    function _issueAs(uint256 key, bytes32 issuer, bytes32 scheme, bytes32 root, uint32 count)
        internal
        view
        returns (Act memory)
    {
        return _act(
            abi.encodeCall(
                registry.issue,
                (issuer, scheme, root, count, deadline, _issueSignature(key, issuer, scheme, root, count))
            )
        );
    }

    function _issueSignature(uint256 key, bytes32 issuer, bytes32 scheme, bytes32 root, uint32 count)
        internal
        view
        returns (Signature memory)
    {
        bytes32 typeHash = keccak256("Issue(bytes32 issuer,bytes32 scheme,bytes32 root,uint32 count,uint64 deadline)");
        return _signR(key, abi.encode(typeHash, issuer, scheme, root, count, deadline));
    }

    function _suspend(uint256 key, Certificate memory c, uint16 reason) internal view returns (Act memory) {
        bytes32 leaf = hashOf(c.leaf);
        bytes32 typeHash = keccak256("Suspend(bytes32 leaf,uint16 reason,uint32 epoch,uint64 deadline)");
        uint32 epoch = registry.standingOf(leaf).epoch;
        Signature memory signature = _signR(key, abi.encode(typeHash, leaf, reason, epoch, deadline));
        return _act(abi.encodeCall(registry.suspend, (c, reason, deadline, signature)));
    }

    function _reinstate(uint256 key, Certificate memory c) internal view returns (Act memory) {
        bytes32 leaf = hashOf(c.leaf);
        bytes32 typeHash = keccak256("Reinstate(bytes32 leaf,uint32 epoch,uint64 deadline)");
        uint32 epoch = registry.standingOf(leaf).epoch;
        Signature memory signature = _signR(key, abi.encode(typeHash, leaf, epoch, deadline));
        return _act(abi.encodeCall(registry.reinstate, (c, deadline, signature)));
    }

    function _revokeSignature(uint256 key, bytes32 leaf, uint16 reason) internal view returns (Signature memory) {
        bytes32 typeHash = keccak256("Revoke(bytes32 leaf,uint16 reason,uint64 deadline)");
        return _signR(key, abi.encode(typeHash, leaf, reason, deadline));
    }

    function _revoke(uint256 key, Certificate memory c, uint16 reason) internal view returns (Act memory) {
        Signature memory signature = _revokeSignature(key, hashOf(c.leaf), reason);
        return _act(abi.encodeCall(registry.revoke, (c, reason, deadline, signature)));
    }

    function _hashes(Certificate[] memory list) internal pure returns (bytes32) {
        bytes memory packed;
        for (uint256 i = 0; i < list.length; ++i) {
            packed = abi.encodePacked(packed, hashOf(list[i].leaf));
        }
        return keccak256(packed);
    }

    function _supersede(
        uint256 key,
        Certificate memory c,
        bytes32 scheme,
        bytes32 root,
        Certificate[] memory successors
    ) internal view returns (Act memory) {
        bytes32[8] memory words;
        words[0] = keccak256(
            "Supersede(bytes32 leaf,bytes32 scheme,bytes32 root,uint32 count,bytes32[] successors,uint16 reason,uint64 deadline)"
        );
        words[1] = hashOf(c.leaf);
        words[2] = scheme;
        words[3] = root;
        words[4] = bytes32(uint256(_count(successors)));
        words[5] = _hashes(successors);
        words[6] = bytes32(uint256(3));
        words[7] = bytes32(uint256(deadline));
        Signature memory signature = _signR(key, abi.encode(words));
        return _act(
            abi.encodeCall(
                registry.supersede, (c, scheme, root, _count(successors), successors, 3, deadline, signature)
            )
        );
    }

    function _count(Certificate[] memory successors) internal pure returns (uint32) {
        return successors.length == 0 ? 1 : uint32(successors.length);
    }

    function _hashItems(ItemUse[] memory items) internal pure returns (bytes32) {
        bytes memory packed;
        for (uint256 i = 0; i < items.length; ++i) {
            packed = abi.encodePacked(
                packed, keccak256(abi.encode(keccak256(bytes(ITEM_UNITS)), items[i].item, items[i].units))
            );
        }
        return keccak256(packed);
    }

    function _acquitSignature(
        uint256 key,
        bytes32 leaf,
        bytes32 customs,
        bytes32 claim,
        uint64 units,
        ItemUse[] memory items
    ) internal view returns (Signature memory) {
        bytes32 typeHash = keccak256(
            "Acquit(bytes32 leaf,bytes32 customs,bytes32 claim,uint64 units,ItemUnits[] items,uint64 deadline)ItemUnits(uint32 item,uint64 units)"
        );
        return _signR(key, abi.encode(typeHash, leaf, customs, claim, units, _hashItems(items), deadline));
    }

    function _acquitAs(
        uint256 key,
        bytes32 customs,
        Certificate memory c,
        bytes32 claim,
        uint64 units,
        ItemUse[] memory items
    ) internal view returns (Act memory) {
        Signature memory signature = _acquitSignature(key, hashOf(c.leaf), customs, claim, units, items);
        return _act(abi.encodeCall(registry.acquit, (c, customs, claim, units, items, deadline, signature)));
    }

    function _acquit(string memory customs, Certificate memory c, bytes32 claim, uint64 units)
        internal
        view
        returns (Act memory)
    {
        return _acquitAs(keyOf(customs), org(customs), c, claim, units, new ItemUse[](0));
    }

    function _withdrawAs(uint256 key, bytes32 customs, bytes32 leaf, bytes32 claim, ItemUnits[] memory items)
        internal
        view
        returns (Act memory)
    {
        bytes32 typeHash =
            keccak256("Withdraw(bytes32 leaf,bytes32 customs,bytes32 claim,uint16 reason,uint64 deadline)");
        Signature memory signature = _signR(key, abi.encode(typeHash, leaf, customs, claim, uint16(7), deadline));
        return _act(abi.encodeCall(registry.withdraw, (leaf, customs, claim, 7, items, deadline, signature)));
    }

    function _withdraw(string memory customs, bytes32 leaf, bytes32 claim) internal view returns (Act memory) {
        return _withdrawAs(keyOf(customs), org(customs), leaf, claim, new ItemUnits[](0));
    }

    function _refuseAs(uint256 key, bytes32 customs, Certificate memory c, bytes32 claim, uint16 reason)
        internal
        view
        returns (Act memory)
    {
        bytes32 typeHash = keccak256("Refuse(bytes32 leaf,bytes32 customs,bytes32 claim,uint16 reason,uint64 deadline)");
        Signature memory signature = _signR(key, abi.encode(typeHash, hashOf(c.leaf), customs, claim, reason, deadline));
        return _act(abi.encodeCall(registry.refuse, (c, customs, claim, reason, deadline, signature)));
    }

    function _consume(
        string memory issuer,
        Certificate memory c,
        uint64 units,
        ItemUse[] memory items,
        bytes32 root,
        Certificate[] memory successors
    ) internal view returns (Act memory) {
        return _consumeAs(keyOf(issuer), org(issuer), c, units, items, root, successors);
    }

    function _consumeAs(
        uint256 key,
        bytes32 issuer,
        Certificate memory c,
        uint64 units,
        ItemUse[] memory items,
        bytes32 root,
        Certificate[] memory successors
    ) internal view returns (Act memory) {
        bytes32[9] memory words;
        words[0] = keccak256(
            "Consume(bytes32 leaf,bytes32 issuer,uint64 units,ItemUnits[] items,bytes32 root,uint32 count,bytes32[] successors,uint64 deadline)ItemUnits(uint32 item,uint64 units)"
        );
        words[1] = hashOf(c.leaf);
        words[2] = issuer;
        words[3] = bytes32(uint256(units));
        words[4] = _hashItems(items);
        words[5] = root;
        words[6] = bytes32(uint256(_count(successors)));
        words[7] = _hashes(successors);
        words[8] = bytes32(uint256(deadline));
        Signature memory signature = _signR(key, abi.encode(words));
        return _act(
            abi.encodeCall(
                registry.consume, (c, issuer, units, items, root, _count(successors), successors, deadline, signature)
            )
        );
    }

    function _enquireAs(uint256 key, bytes32 from, bytes32 to, bytes32 subject, uint64 replyBy)
        internal
        view
        returns (Act memory)
    {
        bytes32[8] memory words;
        words[0] = keccak256(
            "Enquire(bytes32 from,bytes32 to,bytes32 leaf,bytes32 subject,uint16 code,uint64 replyBy,uint64 deadline)"
        );
        words[1] = from;
        words[2] = to;
        words[4] = subject;
        words[5] = bytes32(uint256(2));
        words[6] = bytes32(uint256(replyBy));
        words[7] = bytes32(uint256(deadline));
        Signature memory signature = _signR(key, abi.encode(words));
        return _act(abi.encodeCall(registry.enquire, (from, to, 0, subject, 2, replyBy, deadline, signature)));
    }

    function _answerAs(uint256 key, bytes32 from, bytes32 to, bytes32 subject, uint16 code)
        internal
        view
        returns (Act memory)
    {
        bytes32 typeHash = keccak256("Answer(bytes32 enquiry,uint16 code,bytes32 reply,uint64 deadline)");
        bytes32 enquiry = keccak256(abi.encode(from, to, subject));
        Signature memory signature = _signR(key, abi.encode(typeHash, enquiry, code, bytes32("reply"), deadline));
        return _act(abi.encodeCall(registry.answer, (from, to, subject, code, "reply", deadline, signature)));
    }

    function _confirmAs(uint256 key, bytes32 issuer, bytes32 root) internal view returns (Act memory) {
        bytes32 batch = keccak256(abi.encode(issuer, RCEP, root));
        bytes32 typeHash = keccak256("Confirm(bytes32 batch,uint64 deadline)");
        Signature memory signature = _signR(key, abi.encode(typeHash, batch, deadline));
        return _act(abi.encodeCall(registry.confirm, (issuer, RCEP, root, deadline, signature)));
    }
}
