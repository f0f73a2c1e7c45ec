// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    Batch,
    Claim,
    ClaimState,
    Confirmation,
    Enquiry,
    Query,
    Record,
    Standing
} from "./interfaces/CertificateTypes.sol";
import {ICertificateRegistry} from "./interfaces/ICertificateRegistry.sol";
import {IConsortium} from "./interfaces/IConsortium.sol";
import {Identifiers} from "./libraries/Identifiers.sol";

/// @title What the registry remembers, and how it is read
/// @notice A registry that succeeds another reads through it: a record that is not here is asked of the
/// predecessor, which is sealed and so no longer changes, and is written here whole when it next changes.
abstract contract RegistryState is ICertificateRegistry {
    /// @dev `here` tells "back to zero" from "never touched here".
    struct ItemUsage {
        uint64 used;
        bool here;
    }

    /// @inheritdoc ICertificateRegistry
    IConsortium public immutable consortium;
    /// @inheritdoc ICertificateRegistry
    ICertificateRegistry public immutable predecessor;

    mapping(bytes32 batchId => Batch) internal _batches;
    mapping(bytes32 batchId => Confirmation) internal _confirmations;
    mapping(bytes32 leaf => Standing) internal _standings;
    mapping(bytes32 leaf => bytes32 original) internal _predecessors;
    mapping(bytes32 claimKey => Claim) internal _claims;
    mapping(bytes32 leaf => mapping(uint32 item => ItemUsage)) internal _items;
    mapping(bytes32 enquiryId => Enquiry) internal _enquiries;

    constructor(IConsortium consortium_, ICertificateRegistry predecessor_) {
        if (address(predecessor_) != address(0)) {
            if (
                address(predecessor_.consortium()) != address(consortium_)
                    || !consortium_.isSealed(address(predecessor_))
            ) {
                revert PredecessorInvalid(address(predecessor_), address(consortium_));
            }
        }
        consortium = consortium_;
        predecessor = predecessor_;
    }

    /// @inheritdoc ICertificateRegistry
    function batchOf(bytes32 batch) public view returns (Batch memory found) {
        found = _batches[batch];
        if (found.time == 0 && _succeeds()) return predecessor.batchOf(batch);
    }

    /// @inheritdoc ICertificateRegistry
    function confirmationOf(bytes32 batch) public view returns (Confirmation memory found) {
        found = _confirmations[batch];
        if (found.time == 0 && _succeeds()) return predecessor.confirmationOf(batch);
    }

    /// @inheritdoc ICertificateRegistry
    function standingOf(bytes32 leaf) public view returns (Standing memory found) {
        found = _standings[leaf];
        if (found.time == 0 && _succeeds()) return predecessor.standingOf(leaf);
    }

    /// @inheritdoc ICertificateRegistry
    function claimOf(bytes32 leaf, bytes32 customs, bytes32 claim) external view returns (Claim memory) {
        return claimByKey(Identifiers.claimKey(leaf, customs, claim));
    }

    /// @inheritdoc ICertificateRegistry
    function claimByKey(bytes32 claimKey) public view returns (Claim memory found) {
        found = _claims[claimKey];
        if (found.state == ClaimState.NONE && _succeeds()) return predecessor.claimByKey(claimKey);
    }

    /// @inheritdoc ICertificateRegistry
    function enquiryOf(bytes32 enquiry) public view returns (Enquiry memory found) {
        found = _enquiries[enquiry];
        if (found.asked == 0 && _succeeds()) return predecessor.enquiryOf(enquiry);
    }

    /// @inheritdoc ICertificateRegistry
    function itemUsed(bytes32 leaf, uint32 item) public view returns (uint64) {
        ItemUsage storage usage = _items[leaf][item];
        if (!usage.here && _succeeds()) return predecessor.itemUsed(leaf, item);
        return usage.used;
    }

    /// @inheritdoc ICertificateRegistry
    function predecessorOf(bytes32 leaf) public view returns (bytes32 original) {
        original = _predecessors[leaf];
        if (original == 0 && _succeeds()) return predecessor.predecessorOf(leaf);
    }

    /// @inheritdoc ICertificateRegistry
    function lookup(Query[] calldata queries)
        external
        view
        returns (uint64 number, uint64 time, Record[] memory records)
    {
        records = new Record[](queries.length);
        for (uint256 i = 0; i < queries.length; ++i) {
            Query calldata query = queries[i];
            Record memory record = records[i];
            record.batch = batchOf(query.batch);
            record.confirmation = confirmationOf(query.batch);
            record.disowned = _isDisowned(query.issuer, query.batch, record.batch);
            record.standing = standingOf(query.leaf);
            record.predecessor = predecessorOf(query.leaf);
            record.claim = claimByKey(query.claimKey);
            record.organisation = consortium.organisationOf(query.issuer);
            record.key = consortium.keyOf(query.issuer, record.batch.key);
            record.accreditation = consortium.accreditationOf(query.issuer, query.scheme);
        }
        return (uint64(block.number), uint64(block.timestamp), records);
    }

    /// @dev Whether the batch's key is disowned for its time and no confirmation under a good key heals it.
    function _isDisowned(bytes32 issuer, bytes32 batchId, Batch memory batch) internal view returns (bool) {
        if (!consortium.isDisowned(issuer, batch.key, batch.time)) return false;
        Confirmation memory last = confirmationOf(batchId);
        return last.time == 0 || consortium.isDisowned(issuer, last.key, last.time);
    }

    function _succeeds() private view returns (bool) {
        return address(predecessor) != address(0);
    }
}
