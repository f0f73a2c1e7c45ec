// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    Acquittal,
    Batch,
    Certificate,
    Claim,
    ClaimState,
    Confirmation,
    Issuance,
    ItemUnits,
    ItemUse,
    Revocation,
    Standing,
    Status
} from "./interfaces/CertificateTypes.sol";
import {ICertificateRegistry} from "./interfaces/ICertificateRegistry.sol";
import {IConsortium} from "./interfaces/IConsortium.sol";
import {Signature} from "./interfaces/ISignedActs.sol";
import {Identifiers} from "./libraries/Identifiers.sol";
import {RegistryActs} from "./libraries/RegistryActs.sol";
import {Roles} from "./libraries/Roles.sol";
import {EnquiryDesk} from "./EnquiryDesk.sol";
import {RegistryState} from "./RegistryState.sol";
import {RegistrySteps} from "./RegistrySteps.sol";

/// @title The certificate registry: every act on certificates
contract CertificateRegistry is RegistrySteps, EnquiryDesk {
    constructor(IConsortium consortium_, ICertificateRegistry predecessor_) RegistryState(consortium_, predecessor_) {}

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

    /// @inheritdoc ICertificateRegistry
    function confirm(bytes32 issuer, bytes32 scheme, bytes32 root, uint64 deadline, Signature calldata signature)
        external
    {
        bytes32 batchId = Identifiers.batchId(issuer, scheme, root);
        address key =
            _signer(keccak256(abi.encode(RegistryActs.CONFIRM_TYPEHASH, batchId, deadline)), deadline, signature);
        consortium.requireMember(issuer, Roles.ISSUING, key, false);
        Batch memory batch = _requireBatch(batchId);
        if (!_isDisowned(issuer, batchId, batch)) revert NotDisowned(batchId);
        _confirmations[batchId] = Confirmation(key, uint48(block.timestamp));
        emit Confirmed(batchId, issuer, key);
    }

    // --- the issuer's acts on a certificate ---------------------------------------------------------------

    /// @inheritdoc ICertificateRegistry
    function suspend(Certificate calldata certificate, uint16 reason, uint64 deadline, Signature calldata signature)
        external
    {
        (bytes32 leaf,,) = _requireRegistered(certificate);
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
    function reinstate(Certificate calldata certificate, uint64 deadline, Signature calldata signature) external {
        (bytes32 leaf,,) = _requireRegistered(certificate);
        Standing memory standing = standingOf(leaf);
        address key = _signer(
            keccak256(abi.encode(RegistryActs.REINSTATE_TYPEHASH, leaf, standing.epoch, deadline)), deadline, signature
        );
        consortium.requireMember(certificate.leaf.issuer, Roles.ISSUING, key, false);
        _requireStatus(leaf, standing, Status.SUSPENDED);
        standing.status = Status.GOOD;
        ++standing.epoch;
        _record(leaf, standing);
        emit Reinstated(leaf, certificate.leaf.issuer, standing.epoch, key);
    }

    /// @inheritdoc ICertificateRegistry
    function revoke(Certificate calldata certificate, uint16 reason, uint64 deadline, Signature calldata signature)
        external
    {
        _revoke(certificate, reason, deadline, signature);
    }

    /// @inheritdoc ICertificateRegistry
    function revokeMany(Revocation[] calldata revocations) external {
        for (uint256 i = 0; i < revocations.length; ++i) {
            Revocation calldata a = revocations[i];
            _revoke(a.certificate, a.reason, a.deadline, a.signature);
        }
    }

    function _revoke(Certificate calldata certificate, uint16 reason, uint64 deadline, Signature calldata signature)
        private
    {
        (bytes32 leaf,,) = _requireRegistered(certificate);
        address key =
            _signer(keccak256(abi.encode(RegistryActs.REVOKE_TYPEHASH, leaf, reason, deadline)), deadline, signature);
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
            keccak256(abi.encode(RegistryActs.ACQUIT_TYPEHASH, leaf, customs, claim, units, itemsHash, deadline)),
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
        (bytes32 leaf,,) = _requireRegistered(certificate);
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
}
