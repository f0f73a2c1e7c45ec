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
    Issuance,
    ItemUnits,
    ItemUse,
    Query,
    Record,
    Revocation,
    Standing,
    Status
} from "./CertificateTypes.sol";
import {IConsortium} from "./IConsortium.sol";
import {ISignedActs, Signature} from "./ISignedActs.sol";

/// @title The certificate registry: who issued what and when, and what happened since
/// @notice Standings are keyed by the leaf alone, so that batching a leaf twice gives nothing. Every act names its
/// certificate by the leaf's preimage and a proof; the batch is recomputed from the leaf's own issuer and scheme,
/// so a leaf hidden in another body's tree is simply not registered.
///
/// Acts that only limit or explain (suspend, revoke, answer) need a valid key of the organisation and no role, so
/// that a body whose role was taken can still end what it issued. Revoked and superseded are final.
///
/// Replays: issue, supersede and consume create a batch that can exist once; suspend and reinstate sign the epoch;
/// revoke is final; acquit, refuse and withdraw move a claim forward only; an enquiry and its answer exist once; a
/// confirmation is refused while a good one stands.
interface ICertificateRegistry is ISignedActs {
    /// @notice A batch was registered.
    event Issued(
        bytes32 indexed batch,
        bytes32 indexed issuer,
        bytes32 indexed scheme,
        bytes32 root,
        uint32 count,
        uint8 kind,
        address key
    );
    /// @notice A leaf was suspended; `epoch` is the new one.
    event Suspended(bytes32 indexed leaf, bytes32 indexed issuer, uint16 reason, uint32 epoch, address key);
    /// @notice A leaf is good again; `epoch` is the new one.
    event Reinstated(bytes32 indexed leaf, bytes32 indexed issuer, uint32 epoch, address key);
    /// @notice A leaf was revoked, for ever.
    event Revoked(bytes32 indexed leaf, bytes32 indexed issuer, uint16 reason, address key);
    /// @notice A leaf was replaced, for ever, by the successors in `batch`.
    event Superseded(bytes32 indexed leaf, bytes32 indexed issuer, bytes32 indexed batch, uint16 reason, address key);
    /// @notice `successor` was issued in the place of, or out of, `original`.
    event Succeeded(bytes32 indexed original, bytes32 indexed successor);
    /// @notice Customs used units of a leaf; `used` is the new total.
    event Acquitted(
        bytes32 indexed leaf, bytes32 indexed customs, bytes32 indexed claim, uint64 units, uint64 used, address key
    );
    /// @notice Customs gave back the units of a claim, which stays spent; `used` is the new total.
    event Withdrawn(
        bytes32 indexed leaf,
        bytes32 indexed customs,
        bytes32 indexed claim,
        uint16 reason,
        uint64 units,
        uint64 used,
        address key
    );
    /// @notice Customs refused a claim.
    event Refused(bytes32 indexed leaf, bytes32 indexed customs, bytes32 indexed claim, uint16 reason, address key);
    /// @notice Another issuer used units of a leaf for certificates of its own in `batch`; `used` is the new total.
    event Consumed(
        bytes32 indexed leaf, bytes32 indexed issuer, bytes32 indexed batch, uint64 units, uint64 used, address key
    );
    /// @notice An item's use changed; `used` is the new total.
    event ItemUsed(bytes32 indexed leaf, uint32 indexed item, uint64 used);
    /// @notice Customs asks; `leaf` may be zero.
    event Enquired(
        bytes32 indexed enquiry,
        bytes32 indexed from,
        bytes32 indexed to,
        bytes32 leaf,
        bytes32 subject,
        uint16 code,
        uint64 replyBy,
        address key
    );
    /// @notice The asked organisation answered; `late` = after the reply-by time.
    event Answered(
        bytes32 indexed enquiry,
        bytes32 indexed from,
        bytes32 indexed to,
        uint16 code,
        bytes32 reply,
        bool late,
        address key
    );
    /// @notice The issuer confirmed a batch whose key is disowned.
    event Confirmed(bytes32 indexed batch, bytes32 indexed issuer, address key);

    /// @notice No batch of this leaf's issuer and scheme has the root that the leaf and proof lead to.
    error BatchUnknown(bytes32 batch);
    /// @notice The batch exists: with another count, or where a new one is needed.
    error BatchExists(bytes32 batch);
    /// @notice A zero root or no leaf.
    error BatchEmpty(bytes32 root, uint32 count);
    /// @notice A proof of more than 32 siblings: longer than any tree of this ledger.
    error ProofTooLong(uint256 length);
    /// @notice The leaf's status does not allow the act.
    error StatusForbids(bytes32 leaf, Status status);
    /// @notice A reason or code of zero.
    error ReasonMissing(bytes32 subject);
    /// @notice The batch's key is disowned and the issuer has not confirmed the batch.
    error IssuerKeyDisowned(bytes32 batch, address key);
    /// @notice There is nothing to confirm: the batch, or its confirmation, is good.
    error NotDisowned(bytes32 batch);
    /// @notice At least one successor must be shown.
    error SuccessorsMissing(bytes32 leaf);
    /// @notice A successor of another issuer or scheme than the new batch's.
    error SuccessorForeign(bytes32 successor, bytes32 issuer, bytes32 scheme);
    /// @notice A successor that is not in the new batch.
    error SuccessorNotInBatch(bytes32 successor, bytes32 root);
    /// @notice A successor with a history: a standing, a predecessor, the original itself, or shown twice.
    error SuccessorNotFresh(bytes32 successor);
    /// @notice More units than are left.
    error AllowanceExceeded(bytes32 leaf, uint256 asked, uint256 left);
    /// @notice Successors together allow more than what was put in.
    error SuccessorsExceed(bytes32 leaf, uint256 allowed, uint256 left);
    /// @notice Zero units of a certificate (item 0) or of an item.
    error UnitsMissing(bytes32 leaf, uint32 item);
    /// @notice Items are given for a certificate without them, or missing for one with them.
    error ItemsMismatch(bytes32 leaf, bytes32 itemsRoot, uint256 items);
    /// @notice Item numbers start at 1 and strictly increase.
    error ItemOutOfOrder(bytes32 leaf, uint32 previous, uint32 item);
    /// @notice The item with this allowance is not in the certificate.
    error ItemUnknown(bytes32 leaf, uint32 item, uint64 allowance);
    /// @notice More units than are left of the item.
    error ItemAllowanceExceeded(bytes32 leaf, uint32 item, uint256 asked, uint256 left);
    /// @notice The units of the items do not add up to the units.
    error ItemSumDiffers(bytes32 leaf, uint256 sum, uint64 units);
    /// @notice The shown items are not the ones that were acquitted.
    error ItemsDiffer(bytes32 claimKey, bytes32 acquitted, bytes32 shown);
    /// @notice The certificate is for another territory.
    error DestinationDiffers(bytes32 leaf, bytes8 destination, bytes8 territory);
    /// @notice The claim's state does not allow the act.
    error ClaimForbids(bytes32 claimKey, ClaimState state);
    /// @notice An issuer replaces its own certificate by supersede, not by consume.
    error OwnCertificate(bytes32 leaf, bytes32 issuer);
    /// @notice This question has been asked.
    error EnquiryExists(bytes32 enquiry);
    /// @notice No such question.
    error EnquiryUnknown(bytes32 enquiry);
    /// @notice The question has been answered.
    error EnquiryAnswered(bytes32 enquiry);
    /// @notice The reply-by time is not in the future, or beyond 48 bits.
    error ReplyByInvalid(bytes32 enquiry, uint64 replyBy);
    /// @notice The asked organisation is not a member.
    error AskedUnknown(bytes32 to);
    /// @notice The registry to succeed is not sealed, or belongs to another consortium.
    error PredecessorInvalid(address predecessor, address consortium);

    /// @notice Registers a batch by `Issue(bytes32 issuer,bytes32 scheme,bytes32 root,uint32 count,uint64
    /// deadline)`: the key, the role and the accreditation must hold in this block. The same batch (and count)
    /// again: success, nothing written, nothing else checked.
    function issue(
        bytes32 issuer,
        bytes32 scheme,
        bytes32 root,
        uint32 count,
        uint64 deadline,
        Signature calldata signature
    ) external;

    /// @notice Registers several batches, all or none.
    function issueMany(Issuance[] calldata issuances) external;

    /// @notice The issuer suspends a good leaf by `Suspend(bytes32 leaf,uint16 reason,uint32 epoch,uint64 deadline)`.
    function suspend(Certificate calldata certificate, uint16 reason, uint64 deadline, Signature calldata signature)
        external;

    /// @notice The issuer makes a suspended leaf good by `Reinstate(bytes32 leaf,uint32 epoch,uint64 deadline)`.
    /// Needs the role ISSUER or EXPORTER.
    function reinstate(Certificate calldata certificate, uint64 deadline, Signature calldata signature) external;

    /// @notice The issuer revokes a good or suspended leaf, for ever, by `Revoke(bytes32 leaf,uint16 reason,uint64
    /// deadline)`.
    /// @param reason at least 1
    function revoke(Certificate calldata certificate, uint16 reason, uint64 deadline, Signature calldata signature)
        external;

    /// @notice Revokes several leaves, all or none.
    function revokeMany(Revocation[] calldata revocations) external;

    /// @notice The issuer replaces a good leaf, for ever, by successors in a new batch, by `Supersede(…)`. Together
    /// the successors allow at most what is left of the original. How the rest is spread over their items is the
    /// issuer's to say: a corrected document may number them anew.
    function supersede(
        Certificate calldata certificate,
        bytes32 scheme,
        bytes32 root,
        uint32 count,
        Certificate[] calldata successors,
        uint16 reason,
        uint64 deadline,
        Signature calldata signature
    ) external;

    /// @notice Customs of the destination uses units of a good leaf against one claim, by `Acquit(…)`.
    /// @param claim keyed hash of the import declaration; fresh, or refused before
    /// @param units at least 1, at most what is left
    /// @param items empty without an itemsRoot; else strictly increasing, proven, and adding up to `units`
    function acquit(
        Certificate calldata certificate,
        bytes32 customs,
        bytes32 claim,
        uint64 units,
        ItemUse[] calldata items,
        uint64 deadline,
        Signature calldata signature
    ) external;

    /// @notice Acquits several claims, all or none.
    function acquitMany(Acquittal[] calldata acquittals) external;

    /// @notice The same customs organisation gives back what it acquitted, once, by `Withdraw(bytes32 leaf,bytes32
    /// customs,bytes32 claim,uint16 reason,uint64 deadline)`. Possible whatever the standing.
    /// @param items the acquitted ones again
    function withdraw(
        bytes32 leaf,
        bytes32 customs,
        bytes32 claim,
        uint16 reason,
        ItemUnits[] calldata items,
        uint64 deadline,
        Signature calldata signature
    ) external;

    /// @notice Customs of the destination refuses a fresh claim by
    /// `Refuse(bytes32 leaf,bytes32 customs,bytes32 claim,uint16 reason,uint64 deadline)`.
    /// @param reason at least 1
    function refuse(
        Certificate calldata certificate,
        bytes32 customs,
        bytes32 claim,
        uint16 reason,
        uint64 deadline,
        Signature calldata signature
    ) external;

    /// @notice Back-to-back: an accredited issuer of the same scheme in the destination uses units of another
    /// issuer's good leaf and registers a new batch with successors that together allow at most those units, by
    /// `Consume(…)`.
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
    ) external;

    /// @notice Customs asks a member, by `Enquire(…)`. The leaf may be zero: a suspected forgery has none.
    /// @param subject salted hash that only the two understand
    function enquire(
        bytes32 from,
        bytes32 to,
        bytes32 leaf,
        bytes32 subject,
        uint16 code,
        uint64 replyBy,
        uint64 deadline,
        Signature calldata signature
    ) external;

    /// @notice The asked member answers, once, by `Answer(bytes32 enquiry,uint16 code,bytes32 reply,uint64
    /// deadline)`; late answers are accepted and visible as late.
    /// @param code at least 1
    function answer(
        bytes32 from,
        bytes32 to,
        bytes32 subject,
        uint16 code,
        bytes32 reply,
        uint64 deadline,
        Signature calldata signature
    ) external;

    /// @notice The issuer confirms, under a good key, a batch whose key (and whose last confirmation, if any) is
    /// disowned, by `Confirm(bytes32 batch,uint64 deadline)`. Needs the role ISSUER or EXPORTER.
    function confirm(bytes32 issuer, bytes32 scheme, bytes32 root, uint64 deadline, Signature calldata signature)
        external;

    /// @notice The consortium that answers for members.
    function consortium() external view returns (IConsortium);

    /// @notice The sealed registry that this one continues; zero = none.
    function predecessor() external view returns (ICertificateRegistry);

    /// @notice A batch by its id; all zero = not registered.
    function batchOf(bytes32 batch) external view returns (Batch memory);

    /// @notice The last confirmation of a batch; all zero = none.
    function confirmationOf(bytes32 batch) external view returns (Confirmation memory);

    /// @notice The standing of a leaf; all zero = nothing has happened to it (registered or not).
    function standingOf(bytes32 leaf) external view returns (Standing memory);

    /// @notice The claim of a customs organisation on a leaf.
    function claimOf(bytes32 leaf, bytes32 customs, bytes32 claim) external view returns (Claim memory);

    /// @notice The claim with this key.
    function claimByKey(bytes32 claimKey) external view returns (Claim memory);

    /// @notice An enquiry by its id.
    function enquiryOf(bytes32 enquiry) external view returns (Enquiry memory);

    /// @notice Units used of one item of a leaf, net of withdrawals.
    function itemUsed(bytes32 leaf, uint32 item) external view returns (uint64);

    /// @notice The leaf that `leaf` supersedes or was made from; zero = none.
    function predecessorOf(bytes32 leaf) external view returns (bytes32);

    /// @notice Everything a verifier asks, for many certificates, from one state.
    /// @return number of the block
    /// @return time of the block (Unix seconds)
    /// @return records one for each query
    function lookup(Query[] calldata queries)
        external
        view
        returns (uint64 number, uint64 time, Record[] memory records);
}
