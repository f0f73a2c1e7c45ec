// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Batch, Certificate, ItemUnits, ItemUse, Leaf, Standing, Status} from "./interfaces/CertificateTypes.sol";
import {Identifiers} from "./libraries/Identifiers.sol";
import {RegistryState} from "./RegistryState.sol";

/// @title The checks and steps that the registry's acts share
abstract contract RegistrySteps is RegistryState {
    /// @dev A batch about to be registered, and the leaf hashes of the successors shown in it.
    struct NewBatch {
        bytes32 id;
        bytes32 issuer;
        bytes32 scheme;
        bytes32 root;
        uint32 count;
        bytes32[] successors;
    }

    function _newBatch(bytes32 issuer, bytes32 scheme, bytes32 root, uint32 count)
        internal
        pure
        returns (NewBatch memory batch)
    {
        batch.id = Identifiers.batchId(issuer, scheme, root);
        batch.issuer = issuer;
        batch.scheme = scheme;
        batch.root = root;
        batch.count = count;
    }

    /// @dev Registers the batch if `key` may issue it in this block. Returns the issuer's territory.
    function _register(NewBatch memory batch, address key) internal returns (bytes8 territory) {
        uint8 kind;
        (kind, territory) = consortium.requireIssuer(batch.issuer, batch.scheme, key);
        if (batch.root == 0 || batch.count == 0) revert BatchEmpty(batch.root, batch.count);
        if (batchOf(batch.id).time != 0) revert BatchExists(batch.id);
        _batches[batch.id] = Batch(key, uint48(block.timestamp), batch.count, kind);
        emit Issued(batch.id, batch.issuer, batch.scheme, batch.root, batch.count, kind, key);
    }

    function _requireBatch(bytes32 batchId) internal view returns (Batch memory batch) {
        batch = batchOf(batchId);
        if (batch.time == 0) revert BatchUnknown(batchId);
    }

    /// @dev The leaf is in a registered batch of its own issuer and scheme.
    function _requireRegistered(Certificate calldata certificate)
        internal
        view
        returns (bytes32 leaf, bytes32 batchId, Batch memory batch)
    {
        leaf = Identifiers.leafHash(certificate.leaf);
        bytes32 root = Identifiers.processProof(certificate.proof, leaf);
        batchId = Identifiers.batchId(certificate.leaf.issuer, certificate.leaf.scheme, root);
        batch = _requireBatch(batchId);
    }

    /// @dev Registered, and the issuer has not disowned the key that did it.
    function _requireGenuine(Certificate calldata certificate) internal view returns (bytes32) {
        (bytes32 leaf, bytes32 batchId, Batch memory batch) = _requireRegistered(certificate);
        if (_isDisowned(certificate.leaf.issuer, batchId, batch)) revert IssuerKeyDisowned(batchId, batch.key);
        return leaf;
    }

    function _requireStatus(bytes32 leaf, Standing memory standing, Status needed) internal pure {
        if (standing.status != needed) revert StatusForbids(leaf, standing.status);
    }

    function _requireDestination(Certificate calldata certificate, bytes32 leaf, bytes8 territory) internal pure {
        bytes8 destination = certificate.leaf.destination;
        if (destination != 0 && destination != territory) revert DestinationDiffers(leaf, destination, territory);
    }

    /// @dev Uses units of a good leaf, by item where it has items. Returns the new total.
    function _use(Leaf calldata terms, bytes32 leaf, uint64 units, ItemUse[] calldata items) internal returns (uint64) {
        Standing memory standing = standingOf(leaf);
        _requireStatus(leaf, standing, Status.GOOD);
        if (units == 0) revert UnitsMissing(leaf, 0);
        uint64 left = terms.allowance - standing.used;
        if (units > left) revert AllowanceExceeded(leaf, units, left);
        if ((terms.itemsRoot == 0) != (items.length == 0)) {
            revert ItemsMismatch(leaf, terms.itemsRoot, items.length);
        }
        if (items.length != 0) _useItems(leaf, terms.itemsRoot, units, items);
        standing.used += units;
        _record(leaf, standing);
        return standing.used;
    }

    function _useItems(bytes32 leaf, bytes32 itemsRoot, uint64 units, ItemUse[] calldata items) internal {
        uint256 sum = 0;
        uint32 previous = 0;
        for (uint256 i = 0; i < items.length; ++i) {
            ItemUse calldata use = items[i];
            uint32 item = use.item;
            if (item <= previous) revert ItemOutOfOrder(leaf, previous, item);
            if (use.units == 0) revert UnitsMissing(leaf, item);
            bytes32 itemLeaf = Identifiers.itemLeaf(item, use.allowance);
            if (Identifiers.processProof(use.proof, itemLeaf) != itemsRoot) {
                revert ItemUnknown(leaf, item, use.allowance);
            }
            uint64 used = itemUsed(leaf, item);
            // One item number proven with two allowances: the smaller may be below what is used already.
            uint64 left = use.allowance > used ? use.allowance - used : 0;
            if (use.units > left) revert ItemAllowanceExceeded(leaf, item, use.units, left);
            _recordItem(leaf, item, used + use.units);
            sum += use.units;
            previous = item;
        }
        if (sum != units) revert ItemSumDiffers(leaf, sum, units);
    }

    function _giveBackItems(bytes32 leaf, ItemUnits[] calldata items) internal {
        for (uint256 i = 0; i < items.length; ++i) {
            uint32 item = items[i].item;
            _recordItem(leaf, item, itemUsed(leaf, item) - items[i].units);
        }
    }

    /// @dev Marks the shown successors of `original`: of the batch's issuer and scheme, in the batch, without a
    /// history, and together allowing at most `left`.
    function _succeed(bytes32 original, uint256 left, NewBatch memory batch, Certificate[] calldata successors)
        internal
    {
        if (successors.length == 0) revert SuccessorsMissing(original);
        uint256 allowed = 0;
        for (uint256 i = 0; i < successors.length; ++i) {
            Certificate calldata successor = successors[i];
            bytes32 leaf = batch.successors[i];
            if (successor.leaf.issuer != batch.issuer || successor.leaf.scheme != batch.scheme) {
                revert SuccessorForeign(leaf, successor.leaf.issuer, successor.leaf.scheme);
            }
            if (Identifiers.processProof(successor.proof, leaf) != batch.root) {
                revert SuccessorNotInBatch(leaf, batch.root);
            }
            if (leaf == original || predecessorOf(leaf) != 0 || standingOf(leaf).time != 0) {
                revert SuccessorNotFresh(leaf);
            }
            allowed += successor.leaf.allowance;
            _predecessors[leaf] = original;
            emit Succeeded(original, leaf);
        }
        if (allowed > left) revert SuccessorsExceed(original, allowed, left);
    }

    function _leafHashes(Certificate[] calldata certificates) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](certificates.length);
        for (uint256 i = 0; i < certificates.length; ++i) {
            leaves[i] = Identifiers.leafHash(certificates[i].leaf);
        }
    }

    function _record(bytes32 leaf, Standing memory standing) internal {
        standing.time = uint64(block.timestamp);
        _standings[leaf] = standing;
    }

    function _recordItem(bytes32 leaf, uint32 item, uint64 used) internal {
        _items[leaf][item] = ItemUsage(used, true);
        emit ItemUsed(leaf, item, used);
    }
}
