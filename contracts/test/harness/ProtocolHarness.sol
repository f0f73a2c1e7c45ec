// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Certificate, Leaf} from "../../src/interfaces/CertificateTypes.sol";
import {Identifiers} from "../../src/libraries/Identifiers.sol";

/// @title The protocol's pure functions, for comparing them with those of other languages
contract ProtocolHarness {
    function leafHash(Leaf calldata leaf) external pure returns (bytes32) {
        return Identifiers.leafHash(leaf);
    }

    function itemLeaf(uint32 item, uint64 allowance) external pure returns (bytes32) {
        return Identifiers.itemLeaf(item, allowance);
    }

    function batchId(bytes32 issuer, bytes32 scheme, bytes32 root) external pure returns (bytes32) {
        return Identifiers.batchId(issuer, scheme, root);
    }

    function claimKey(bytes32 leaf, bytes32 customs, bytes32 claim) external pure returns (bytes32) {
        return Identifiers.claimKey(leaf, customs, claim);
    }

    function enquiryId(bytes32 from, bytes32 to, bytes32 subject) external pure returns (bytes32) {
        return Identifiers.enquiryId(from, to, subject);
    }

    function streamKey(bytes32 reporter, bytes32 stream) external pure returns (bytes32) {
        return Identifiers.streamKey(reporter, stream);
    }

    function anchorKey(bytes32 key, bytes32 head) external pure returns (bytes32) {
        return Identifiers.anchorKey(key, head);
    }

    /// @return root that the proof leads to; reverts when the proof is longer than 32
    function processProof(bytes32[] calldata proof, bytes32 leaf) external pure returns (bytes32 root) {
        return Identifiers.processProof(proof, leaf);
    }

    /// @notice For each certificate, its leaf hash and the batch that leaf and proof lead to. A proof that is too long gives
    /// batch zero, so that many mutants can be asked in one call.
    function locateMany(Certificate[] calldata certificates)
        external
        pure
        returns (bytes32[] memory leaves, bytes32[] memory batches)
    {
        leaves = new bytes32[](certificates.length);
        batches = new bytes32[](certificates.length);
        for (uint256 i = 0; i < certificates.length; ++i) {
            Certificate calldata c = certificates[i];
            leaves[i] = Identifiers.leafHash(c.leaf);
            if (c.proof.length > Identifiers.MAX_PROOF) continue;
            bytes32 root = Identifiers.processProof(c.proof, leaves[i]);
            batches[i] = Identifiers.batchId(c.leaf.issuer, c.leaf.scheme, root);
        }
    }

    /// @notice Whether each leaf hash and proof lead to the root (false when the proof is too long).
    function verifyMany(bytes32[] calldata roots, bytes32[] calldata leaves, bytes32[][] calldata proofs)
        external
        pure
        returns (bool[] memory included)
    {
        included = new bool[](leaves.length);
        for (uint256 i = 0; i < leaves.length; ++i) {
            if (proofs[i].length > Identifiers.MAX_PROOF) continue;
            included[i] = Identifiers.processProof(proofs[i], leaves[i]) == roots[i];
        }
    }
}
