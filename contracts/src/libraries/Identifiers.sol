// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {Leaf} from "../interfaces/CertificateTypes.sol";
import {ICertificateRegistry} from "../interfaces/ICertificateRegistry.sol";

/// @title How the ledger names things
/// @notice Leaves hash 32 bytes (the hash of their preimage), inner nodes 64, so neither can be taken for the
/// other; the type hashes keep certificate leaves and item leaves apart.
library Identifiers {
    bytes32 internal constant LEAF_TYPEHASH = keccak256(
        "Leaf(bytes32 digest,bytes32 issuer,bytes32 scheme,bytes8 destination,uint32 validFrom,uint32 validUntil,uint64 allowance,bytes32 itemsRoot)"
    );
    bytes32 internal constant ITEM_TYPEHASH = keccak256("Item(uint32 item,uint64 allowance)");
    uint256 internal constant MAX_PROOF = 32;

    function leafHash(Leaf calldata leaf) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(LEAF_TYPEHASH, leaf))));
    }

    function itemLeaf(uint32 item, uint64 allowance) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(ITEM_TYPEHASH, item, allowance))));
    }

    function batchId(bytes32 issuer, bytes32 scheme, bytes32 root) internal pure returns (bytes32) {
        return keccak256(abi.encode(issuer, scheme, root));
    }

    function claimKey(bytes32 leaf, bytes32 customs, bytes32 claim) internal pure returns (bytes32) {
        return keccak256(abi.encode(leaf, customs, claim));
    }

    function enquiryId(bytes32 from, bytes32 to, bytes32 subject) internal pure returns (bytes32) {
        return keccak256(abi.encode(from, to, subject));
    }

    function streamKey(bytes32 reporter, bytes32 stream) internal pure returns (bytes32) {
        return keccak256(abi.encode(reporter, stream));
    }

    function anchorKey(bytes32 key, bytes32 head) internal pure returns (bytes32) {
        return keccak256(abi.encode(key, head));
    }

    /// @dev The root that a leaf and its siblings lead to.
    function processProof(bytes32[] calldata proof, bytes32 leaf) internal pure returns (bytes32) {
        if (proof.length > MAX_PROOF) revert ICertificateRegistry.ProofTooLong(proof.length);
        return MerkleProof.processProofCalldata(proof, leaf);
    }
}
