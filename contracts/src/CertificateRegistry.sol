// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    Acquittal,
    Batch,
    Certificate,
    Claim,
    ClaimState,
    Confirmation,
    Enquiry,
    ICertificateRegistry,
    Issuance,
    ItemUnits,
    ItemUse,
    Leaf,
    Revocation,
    Standing,
    Status
} from "./interfaces/ICertificateRegistry.sol";
import {IConsortium} from "./interfaces/IConsortium.sol";
import {Signature} from "./interfaces/ISignedActs.sol";
import {Identifiers} from "./libraries/Identifiers.sol";
import {RegistryActs} from "./libraries/RegistryActs.sol";
import {Roles} from "./libraries/Roles.sol";
import {SignedActs} from "./libraries/SignedActs.sol";
import {RegistryState} from "./RegistryState.sol";

/// @title The certificate registry: every act on certificates
contract CertificateRegistry is RegistryState, SignedActs {
    /// @dev A batch about to be registered, and the leaf hashes of the successors shown in it.
    struct NewBatch {
        bytes32 id;
        bytes32 issuer;
        bytes32 scheme;
        bytes32 root;
        uint32 count;
        bytes32[] successors;
    }

    constructor(
        IConsortium consortium_,
        ICertificateRegistry predecessor_
    ) RegistryState(consortium_, predecessor_) {}

    // --- issue --------------------------------------------------------------------------------------------

    /// @inheritdoc ICertificateRegistry
    function issue(
        bytes32 issuer,
        bytes32 scheme,
        bytes32 root,
        uint32 count,
        uint64 deadline,
        Signature calldata signature
    ) external {
        _issue(issuer, scheme, root, count, deadline, signature);
    }

    /// @inheritdoc ICertificateRegistry
    function issueMany(Issuance[] calldata issuances) external {
        for (uint256 i = 0; i < issuances.length; ++i) {
            Issuance calldata a = issuances[i];
            _issue(a.issuer, a.scheme, a.root, a.count, a.deadline, a.signature);
        }
    }

    function _issue(
        bytes32 issuer,
        bytes32 scheme,
        bytes32 root,
        uint32 count,
        uint64 deadline,
        Signature calldata signature
    ) private {
        NewBatch memory batch = _newBatch(issuer, scheme, root, count);
        Batch memory known = batchOf(batch.id);
        if (known.time != 0 && known.count == count) return;

        address key = _signer(
            keccak256(abi.encode(RegistryActs.ISSUE_TYPEHASH, issuer, scheme, root, count, deadline)),
            deadline,
            signature
        );
        _register(batch, key);
    }

    function _newBatch(
        bytes32 issuer,
        bytes32 scheme,
        bytes32 root,
        uint32 count
    ) private pure returns (NewBatch memory batch) {
        batch.id = Identifiers.batchId(issuer, scheme, root);
        batch.issuer = issuer;
        batch.scheme = scheme;
        batch.root = root;
        batch.count = count;
    }

    /// @dev Registers the batch if `key` may issue it in this block. Returns the issuer's territory.
    function _register(NewBatch memory batch, address key) private returns (bytes8 territory) {
        uint8 kind;
        (kind, territory) = consortium.requireIssuer(batch.issuer, batch.scheme, key);
        if (batch.root == 0 || batch.count == 0) revert BatchEmpty(batch.root, batch.count);
        if (batchOf(batch.id).time != 0) revert BatchExists(batch.id);
        _batches[batch.id] = Batch(key, uint48(block.timestamp), batch.count, kind);
        emit Issued(batch.id, batch.issuer, batch.scheme, batch.root, batch.count, kind, key);
    }

    /// @inheritdoc ICertificateRegistry
    function confirm(
        bytes32 issuer,
        bytes32 scheme,
        bytes32 root,
        uint64 deadline,
        Signature calldata signature
    ) external {
        bytes32 batchId = Identifiers.batchId(issuer, scheme, root);
        address key = _signer(
            keccak256(abi.encode(RegistryActs.CONFIRM_TYPEHASH, batchId, deadline)),
            deadline,
            signature
        );
        consortium.requireMember(issuer, Roles.ISSUING, key, false);
        Batch memory batch = _requireBatch(batchId);
        if (!_isDisowned(issuer, batchId, batch)) revert NotDisowned(batchId);
        _confirmations[batchId] = Confirmation(key, uint48(block.timestamp));
        emit Confirmed(batchId, issuer, key);
    }

    // --- the issuer's acts on a certificate ---------------------------------------------------------------

    /// @inheritdoc ICertificateRegistry
    function suspend(
        Certificate calldata certificate,
        uint16 reason,
        uint64 deadline,
        Signature calldata signature
    ) external {
        (bytes32 leaf, , ) = _requireRegistered(certificate);
        Standing memory standing = standingOf(leaf);
        address key = _signer(
            keccak256(abi.encode(RegistryActs.SUSPEND_TYPEHASH, leaf, reason, standing.epoch, deadline)),
            deadline,
            signature
        );
        consortium.requireMember(certificate.leaf.issuer, 0, key, false);
        _requireStatus(leaf, standing, Status.GOOD);
        standing.status = Status.SUSPENDED;
        standing.reason = reason;
        ++standing.epoch;
        _record(leaf, standing);
        emit Suspended(leaf, certificate.leaf.issuer, reason, standing.epoch, key);
    }

    /// @inheritdoc ICertificateRegistry
    function reinstate(
        Certificate calldata certificate,
        uint64 deadline,
        Signature calldata signature
    ) external {
        (bytes32 leaf, , ) = _requireRegistered(certificate);
        Standing memory standing = standingOf(leaf);
        address key = _signer(
            keccak256(abi.encode(RegistryActs.REINSTATE_TYPEHASH, leaf, standing.epoch, deadline)),
            deadline,
            signature
        );
        consortium.requireMember(certificate.leaf.issuer, Roles.ISSUING, key, false);
        _requireStatus(leaf, standing, Status.SUSPENDED);
        standing.status = Status.GOOD;
        ++standing.epoch;
        _record(leaf, standing);
        emit Reinstated(leaf, certificate.leaf.issuer, standing.epoch, key);
    }

    /// @inheritdoc ICertificateRegistry
    function revoke(
        Certificate calldata certificate,
        uint16 reason,
        uint64 deadline,
        Signature calldata signature
    ) external {
        _revoke(certificate, reason, deadline, signature);
    }

    /// @inheritdoc ICertificateRegistry
    function revokeMany(Revocation[] calldata revocations) external {
        for (uint256 i = 0; i < revocations.length; ++i) {
            Revocation calldata a = revocations[i];
            _revoke(a.certificate, a.reason, a.deadline, a.signature);
        }
    }

    function _revoke(
        Certificate calldata certificate,
        uint16 reason,
        uint64 deadline,
        Signature calldata signature
    ) private {
        (bytes32 leaf, , ) = _requireRegistered(certificate);
        address key = _signer(
            keccak256(abi.encode(RegistryActs.REVOKE_TYPEHASH, leaf, reason, deadline)),
            deadline,
            signature
        );
        consortium.requireMember(certificate.leaf.issuer, 0, key, false);
        if (reason == 0) revert ReasonMissing(leaf);
        Standing memory standing = standingOf(leaf);
        if (standing.status > Status.SUSPENDED) revert StatusForbids(leaf, standing.status);
        standing.status = Status.REVOKED;
        standing.reason = reason;
        _record(leaf, standing);
        emit Revoked(leaf, certificate.leaf.issuer, reason, key);
    }

    /// @inheritdoc ICertificateRegistry
    function supersede(
        Certificate calldata certificate,
        bytes32 scheme,
        bytes32 root,
        uint32 count,
        Certificate[] calldata successors,
        uint16 reason,
        uint64 deadline,
        Signature calldata signature
    ) external {
        bytes32 leaf = _requireGenuine(certificate);
        NewBatch memory batch = _newBatch(certificate.leaf.issuer, scheme, root, count);
        batch.successors = _leafHashes(successors);
        bytes32 message = keccak256(
            abi.encode(
                RegistryActs.SUPERSEDE_TYPEHASH,
                leaf,
                scheme,
                root,
                count,
                keccak256(abi.encodePacked(batch.successors)),
                reason,
                deadline
            )
        );
        address key = _signer(message, deadline, signature);
        _register(batch, key);

        Standing memory standing = standingOf(leaf);
        _requireStatus(leaf, standing, Status.GOOD);
        uint256 left = certificate.leaf.allowance - standing.used;
        standing.status = Status.SUPERSEDED;
        standing.reason = reason;
        _record(leaf, standing);
        emit Superseded(leaf, batch.issuer, batch.id, reason, key);
        _succeed(leaf, left, batch, successors);
    }

    // --- customs ------------------------------------------------------------------------------------------

    /// @inheritdoc ICertificateRegistry
    function acquit(
        Certificate calldata certificate,
        bytes32 customs,
        bytes32 claim,
        uint64 units,
        ItemUse[] calldata items,
        uint64 deadline,
        Signature calldata signature
    ) external {
        _acquit(certificate, customs, claim, units, items, deadline, signature);
    }

    /// @inheritdoc ICertificateRegistry
    function acquitMany(Acquittal[] calldata acquittals) external {
        for (uint256 i = 0; i < acquittals.length; ++i) {
            Acquittal calldata a = acquittals[i];
            _acquit(a.certificate, a.customs, a.claim, a.units, a.items, a.deadline, a.signature);
        }
    }

    function _acquit(
        Certificate calldata certificate,
        bytes32 customs,
        bytes32 claim,
        uint64 units,
        ItemUse[] calldata items,
        uint64 deadline,
        Signature calldata signature
    ) private {
        bytes32 leaf = _requireGenuine(certificate);
        bytes32 itemsHash = RegistryActs.hashUses(items);
        address key = _signer(
            keccak256(
                abi.encode(RegistryActs.ACQUIT_TYPEHASH, leaf, customs, claim, units, itemsHash, deadline)
            ),
            deadline,
            signature
        );
        _requireDestination(certificate, leaf, consortium.requireMember(customs, Roles.CUSTOMS, key, true));
        bytes32 claimKey = Identifiers.claimKey(leaf, customs, claim);
        ClaimState state = claimByKey(claimKey).state;
        if (state != ClaimState.NONE && state != ClaimState.REFUSED) revert ClaimForbids(claimKey, state);

        uint64 used = _use(certificate.leaf, leaf, units, items);
        Claim storage record = _claims[claimKey];
        record.state = ClaimState.ACQUITTED;
        record.reason = 0;
        record.units = units;
        record.time = uint64(block.timestamp);
        if (items.length != 0) record.itemsHash = itemsHash;
        emit Acquitted(leaf, customs, claim, units, used, key);
    }

    /// @inheritdoc ICertificateRegistry
    function withdraw(
        bytes32 leaf,
        bytes32 customs,
        bytes32 claim,
        uint16 reason,
        ItemUnits[] calldata items,
        uint64 deadline,
        Signature calldata signature
    ) external {
        address key = _signer(
            keccak256(abi.encode(RegistryActs.WITHDRAW_TYPEHASH, leaf, customs, claim, reason, deadline)),
            deadline,
            signature
        );
        consortium.requireMember(customs, Roles.CUSTOMS, key, false);
        bytes32 claimKey = Identifiers.claimKey(leaf, customs, claim);
        Claim memory record = claimByKey(claimKey);
        if (record.state != ClaimState.ACQUITTED) revert ClaimForbids(claimKey, record.state);
        bytes32 shown = items.length == 0 ? bytes32(0) : RegistryActs.hashUnits(items);
        if (shown != record.itemsHash) revert ItemsDiffer(claimKey, record.itemsHash, shown);

        _giveBackItems(leaf, items);
        Standing memory standing = standingOf(leaf);
        standing.used -= record.units;
        _record(leaf, standing);
        record.state = ClaimState.WITHDRAWN;
        record.reason = reason;
        record.time = uint64(block.timestamp);
        _claims[claimKey] = record;
        emit Withdrawn(leaf, customs, claim, reason, record.units, standing.used, key);
    }

    /// @inheritdoc ICertificateRegistry
    function refuse(
        Certificate calldata certificate,
        bytes32 customs,
        bytes32 claim,
        uint16 reason,
        uint64 deadline,
        Signature calldata signature
    ) external {
        (bytes32 leaf, , ) = _requireRegistered(certificate);
        address key = _signer(
            keccak256(abi.encode(RegistryActs.REFUSE_TYPEHASH, leaf, customs, claim, reason, deadline)),
            deadline,
            signature
        );
        _requireDestination(certificate, leaf, consortium.requireMember(customs, Roles.CUSTOMS, key, false));
        if (reason == 0) revert ReasonMissing(leaf);
        bytes32 claimKey = Identifiers.claimKey(leaf, customs, claim);
        ClaimState state = claimByKey(claimKey).state;
        if (state != ClaimState.NONE) revert ClaimForbids(claimKey, state);
        _claims[claimKey] = Claim(ClaimState.REFUSED, reason, 0, uint64(block.timestamp), 0);
        emit Refused(leaf, customs, claim, reason, key);
    }

    // --- back-to-back -------------------------------------------------------------------------------------

    /// @inheritdoc ICertificateRegistry
    function consume(
        Certificate calldata certificate,
        bytes32 issuer,
        uint64 units,
        ItemUse[] calldata items,
        bytes32 root,
        uint32 count,
        Certificate[] calldata successors,
        uint64 deadline,
        Signature calldata signature
    ) external {
        bytes32 leaf = _requireGenuine(certificate);
        if (issuer == certificate.leaf.issuer) revert OwnCertificate(leaf, issuer);
        NewBatch memory batch = _newBatch(issuer, certificate.leaf.scheme, root, count);
        batch.successors = _leafHashes(successors);
        address key = _consumer(leaf, batch, units, items, deadline, signature);
        _consume(certificate, leaf, batch, units, items, key);
        _succeed(leaf, units, batch, successors);
    }

    function _consume(
        Certificate calldata certificate,
        bytes32 leaf,
        NewBatch memory batch,
        uint64 units,
        ItemUse[] calldata items,
        address key
    ) private {
        _requireDestination(certificate, leaf, _register(batch, key));
        uint64 used = _use(certificate.leaf, leaf, units, items);
        emit Consumed(leaf, batch.issuer, batch.id, units, used, key);
    }

    function _consumer(
        bytes32 leaf,
        NewBatch memory batch,
        uint64 units,
        ItemUse[] calldata items,
        uint64 deadline,
        Signature calldata signature
    ) private view returns (address) {
        bytes32 message = keccak256(
            abi.encode(
                RegistryActs.CONSUME_TYPEHASH,
                leaf,
                batch.issuer,
                units,
                RegistryActs.hashUses(items),
                batch.root,
                batch.count,
                keccak256(abi.encodePacked(batch.successors)),
                deadline
            )
        );
        return _signer(message, deadline, signature);
    }

    // --- enquiries ----------------------------------------------------------------------------------------

    /// @inheritdoc ICertificateRegistry
    function enquire(
        bytes32 from,
        bytes32 to,
        bytes32 leaf,
        bytes32 subject,
        uint16 code,
        uint64 replyBy,
        uint64 deadline,
        Signature calldata signature
    ) external {
        address key = _signer(
            keccak256(
                abi.encode(RegistryActs.ENQUIRE_TYPEHASH, from, to, leaf, subject, code, replyBy, deadline)
            ),
            deadline,
            signature
        );
        consortium.requireMember(from, Roles.CUSTOMS, key, false);
        bytes32 id = Identifiers.enquiryId(from, to, subject);
        if (consortium.organisationOf(to).territory == 0) revert AskedUnknown(to);
        if (replyBy <= block.timestamp || replyBy > type(uint48).max) revert ReplyByInvalid(id, replyBy);
        if (enquiryOf(id).asked != 0) revert EnquiryExists(id);
        _enquiries[id] = Enquiry(code, uint48(block.timestamp), uint48(replyBy), 0, 0);
        emit Enquired(id, from, to, leaf, subject, code, replyBy, key);
    }

    /// @inheritdoc ICertificateRegistry
    function answer(
        bytes32 from,
        bytes32 to,
        bytes32 subject,
        uint16 code,
        bytes32 reply,
        uint64 deadline,
        Signature calldata signature
    ) external {
        bytes32 id = Identifiers.enquiryId(from, to, subject);
        address key = _signer(
            keccak256(abi.encode(RegistryActs.ANSWER_TYPEHASH, id, code, reply, deadline)),
            deadline,
            signature
        );
        consortium.requireMember(to, 0, key, false);
        if (code == 0) revert ReasonMissing(id);
        Enquiry memory enquiry = enquiryOf(id);
        if (enquiry.asked == 0) revert EnquiryUnknown(id);
        if (enquiry.answered != 0) revert EnquiryAnswered(id);
        enquiry.answered = uint48(block.timestamp);
        enquiry.answerCode = code;
        _enquiries[id] = enquiry;
        emit Answered(id, from, to, code, reply, block.timestamp > enquiry.replyBy, key);
    }

    // --- checks and shared steps --------------------------------------------------------------------------

    function _requireBatch(bytes32 batchId) private view returns (Batch memory batch) {
        batch = batchOf(batchId);
        if (batch.time == 0) revert BatchUnknown(batchId);
    }

    /// @dev The leaf is in a registered batch of its own issuer and scheme.
    function _requireRegistered(
        Certificate calldata certificate
    ) private view returns (bytes32 leaf, bytes32 batchId, Batch memory batch) {
        leaf = Identifiers.leafHash(certificate.leaf);
        bytes32 root = Identifiers.processProof(certificate.proof, leaf);
        batchId = Identifiers.batchId(certificate.leaf.issuer, certificate.leaf.scheme, root);
        batch = _requireBatch(batchId);
    }

    /// @dev Registered, and the issuer has not disowned the key that did it.
    function _requireGenuine(Certificate calldata certificate) private view returns (bytes32) {
        (bytes32 leaf, bytes32 batchId, Batch memory batch) = _requireRegistered(certificate);
        if (_isDisowned(certificate.leaf.issuer, batchId, batch)) revert IssuerKeyDisowned(batchId, batch.key);
        return leaf;
    }

    function _requireStatus(bytes32 leaf, Standing memory standing, Status needed) private pure {
        if (standing.status != needed) revert StatusForbids(leaf, standing.status);
    }

    function _requireDestination(Certificate calldata certificate, bytes32 leaf, bytes8 territory) private pure {
        bytes8 destination = certificate.leaf.destination;
        if (destination != 0 && destination != territory) revert DestinationDiffers(leaf, destination, territory);
    }

    /// @dev Uses units of a good leaf, by item where it has items. Returns the new total.
    function _use(
        Leaf calldata terms,
        bytes32 leaf,
        uint64 units,
        ItemUse[] calldata items
    ) private returns (uint64) {
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

    function _useItems(bytes32 leaf, bytes32 itemsRoot, uint64 units, ItemUse[] calldata items) private {
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

    function _giveBackItems(bytes32 leaf, ItemUnits[] calldata items) private {
        for (uint256 i = 0; i < items.length; ++i) {
            uint32 item = items[i].item;
            _recordItem(leaf, item, itemUsed(leaf, item) - items[i].units);
        }
    }

    /// @dev Marks the shown successors of `original`: of the batch's issuer and scheme, in the batch, without a history, and
    /// together allowing at most `left`.
    function _succeed(
        bytes32 original,
        uint256 left,
        NewBatch memory batch,
        Certificate[] calldata successors
    ) private {
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

    function _leafHashes(Certificate[] calldata certificates) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](certificates.length);
        for (uint256 i = 0; i < certificates.length; ++i) {
            leaves[i] = Identifiers.leafHash(certificates[i].leaf);
        }
    }

    function _record(bytes32 leaf, Standing memory standing) private {
        standing.time = uint64(block.timestamp);
        _standings[leaf] = standing;
    }

    function _recordItem(bytes32 leaf, uint32 item, uint64 used) private {
        _items[leaf][item] = ItemUsage(used, true);
        emit ItemUsed(leaf, item, used);
    }
}
