// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Accreditation, Key, Organisation} from "./IConsortium.sol";
import {Signature} from "./ISignedActs.sol";

/// @notice What the batch tree holds of a certificate.
/// @param digest commitment to the document
/// @param destination territory that may acquit; zero = any
/// @param validFrom first day of validity (days since 1970-01-01); judged by customs, not here
/// @param validUntil last day of validity
/// @param allowance units that may be used
/// @param itemsRoot Merkle root over the allowances per item; zero = the allowance is the certificate's as a whole
struct Leaf {
    bytes32 digest;
    bytes32 issuer;
    bytes32 scheme;
    bytes8 destination;
    uint32 validFrom;
    uint32 validUntil;
    uint64 allowance;
    bytes32 itemsRoot;
}

/// @notice A leaf with its proof in a batch of its issuer and scheme (at most 32 siblings).
struct Certificate {
    Leaf leaf;
    bytes32[] proof;
}

/// @notice Units of one item, shown to be in the certificate by its item leaf and proof.
struct ItemUse {
    uint32 item;
    uint64 allowance;
    uint64 units;
    bytes32[] proof;
}

/// @notice Units of one item, as the organisation signs them.
struct ItemUnits {
    uint32 item;
    uint64 units;
}

/// @notice One issuing act.
/// @param key that signed it
/// @param time of its block (Unix seconds); zero = not registered
/// @param count leaves, as claimed by the issuer
/// @param kind of the issuer's accreditation at that block
struct Batch {
    address key;
    uint48 time;
    uint32 count;
    uint8 kind;
}

/// @notice The issuer's statement, under a good key, that a batch with a disowned key is its own.
struct Confirmation {
    address key;
    uint48 time;
}

enum Status {
    GOOD,
    SUSPENDED,
    REVOKED,
    SUPERSEDED
}

/// @notice What has happened to a leaf since its issue; all zero = nothing.
/// @param reason of the last suspension, revocation or supersession
/// @param epoch number of suspensions and reinstatements; the next one signs it
/// @param used units used, net of withdrawals
/// @param time of the last change (Unix seconds)
struct Standing {
    Status status;
    uint16 reason;
    uint32 epoch;
    uint64 used;
    uint64 time;
}

enum ClaimState {
    NONE,
    ACQUITTED,
    WITHDRAWN,
    REFUSED
}

/// @notice What one customs organisation did to a leaf for one import claim.
/// @param reason of the refusal or withdrawal
/// @param units acquitted (kept when withdrawn)
/// @param time of the last change (Unix seconds)
/// @param itemsHash EIP-712 hash of the acquitted `ItemUnits[]`; zero = by the certificate as a whole
struct Claim {
    ClaimState state;
    uint16 reason;
    uint64 units;
    uint64 time;
    bytes32 itemsHash;
}

/// @notice A question to an issuing body.
/// @param asked when (Unix seconds); zero = no such enquiry
/// @param replyBy until when an answer is in time
/// @param answered when; zero = not yet
/// @param answerCode zero = not yet
struct Enquiry {
    uint16 code;
    uint48 asked;
    uint48 replyBy;
    uint48 answered;
    uint16 answerCode;
}

/// @notice One batch among many, with its own signature.
struct Issuance {
    bytes32 issuer;
    bytes32 scheme;
    bytes32 root;
    uint32 count;
    uint64 deadline;
    Signature signature;
}

/// @notice One revocation among many, with its own signature.
struct Revocation {
    Certificate certificate;
    uint16 reason;
    uint64 deadline;
    Signature signature;
}

/// @notice One acquittal among many, with its own signature.
struct Acquittal {
    Certificate certificate;
    bytes32 customs;
    bytes32 claim;
    uint64 units;
    ItemUse[] items;
    uint64 deadline;
    Signature signature;
}

/// @notice What a verifier wants to know of one certificate. Any field may be zero.
struct Query {
    bytes32 leaf;
    bytes32 batch;
    bytes32 issuer;
    bytes32 scheme;
    bytes32 claimKey;
}

/// @notice The answer to a `Query`.
/// @param disowned the batch's key is disowned for its time, and no good confirmation heals it
/// @param predecessor the leaf that this one supersedes or was made from; zero = none
/// @param key record of the key that signed the batch
/// @param accreditation record of (issuer, scheme) as it is now
struct Record {
    Batch batch;
    Confirmation confirmation;
    bool disowned;
    Standing standing;
    bytes32 predecessor;
    Claim claim;
    Organisation organisation;
    Key key;
    Accreditation accreditation;
}
