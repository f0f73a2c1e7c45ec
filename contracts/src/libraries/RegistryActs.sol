// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ItemUnits, ItemUse} from "../interfaces/CertificateTypes.sol";

/// @title The EIP-712 messages of the certificate registry
library RegistryActs {
    bytes32 internal constant ISSUE_TYPEHASH =
        keccak256("Issue(bytes32 issuer,bytes32 scheme,bytes32 root,uint32 count,uint64 deadline)");
    bytes32 internal constant SUSPEND_TYPEHASH =
        keccak256("Suspend(bytes32 leaf,uint16 reason,uint32 epoch,uint64 deadline)");
    bytes32 internal constant REINSTATE_TYPEHASH = keccak256("Reinstate(bytes32 leaf,uint32 epoch,uint64 deadline)");
    bytes32 internal constant REVOKE_TYPEHASH = keccak256("Revoke(bytes32 leaf,uint16 reason,uint64 deadline)");
    bytes32 internal constant SUPERSEDE_TYPEHASH = keccak256(
        "Supersede(bytes32 leaf,bytes32 scheme,bytes32 root,uint32 count,bytes32[] successors,uint16 reason,uint64 deadline)"
    );
    bytes32 internal constant ITEM_UNITS_TYPEHASH = keccak256("ItemUnits(uint32 item,uint64 units)");
    bytes32 internal constant ACQUIT_TYPEHASH = keccak256(
        "Acquit(bytes32 leaf,bytes32 customs,bytes32 claim,uint64 units,ItemUnits[] items,uint64 deadline)ItemUnits(uint32 item,uint64 units)"
    );
    bytes32 internal constant WITHDRAW_TYPEHASH =
        keccak256("Withdraw(bytes32 leaf,bytes32 customs,bytes32 claim,uint16 reason,uint64 deadline)");
    bytes32 internal constant REFUSE_TYPEHASH =
        keccak256("Refuse(bytes32 leaf,bytes32 customs,bytes32 claim,uint16 reason,uint64 deadline)");
    bytes32 internal constant CONSUME_TYPEHASH = keccak256(
        "Consume(bytes32 leaf,bytes32 issuer,uint64 units,ItemUnits[] items,bytes32 root,uint32 count,bytes32[] successors,uint64 deadline)ItemUnits(uint32 item,uint64 units)"
    );
    bytes32 internal constant ENQUIRE_TYPEHASH = keccak256(
        "Enquire(bytes32 from,bytes32 to,bytes32 leaf,bytes32 subject,uint16 code,uint64 replyBy,uint64 deadline)"
    );
    bytes32 internal constant ANSWER_TYPEHASH =
        keccak256("Answer(bytes32 enquiry,uint16 code,bytes32 reply,uint64 deadline)");
    bytes32 internal constant CONFIRM_TYPEHASH = keccak256("Confirm(bytes32 batch,uint64 deadline)");

    /// @dev EIP-712 hash of an `ItemUnits[]`, from the items as used.
    function hashUses(ItemUse[] calldata items) internal pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            hashes[i] = keccak256(abi.encode(ITEM_UNITS_TYPEHASH, items[i].item, items[i].units));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    /// @dev EIP-712 hash of an `ItemUnits[]`.
    function hashUnits(ItemUnits[] calldata items) internal pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            hashes[i] = keccak256(abi.encode(ITEM_UNITS_TYPEHASH, items[i]));
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
