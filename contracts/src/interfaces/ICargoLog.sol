// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IConsortium} from "./IConsortium.sol";
import {ISignedActs, Signature} from "./ISignedActs.sol";

/// @notice One anchored head.
/// @param count events under the head; zero = never anchored
/// @param time when it was anchored (Unix seconds)
struct Anchored {
    uint64 count;
    uint64 time;
}

/// @notice One anchor among many, with its own signature.
struct Anchoring {
    bytes32 reporter;
    bytes32 stream;
    bytes32 previous;
    bytes32 head;
    uint64 count;
    uint64 deadline;
    Signature signature;
}

/// @title The cargo log: the heads of reporters' streams, each bound to the one before
/// @notice A stream is an RFC 6962 tree of cargo events, kept off chain; the head is its root. Streams belong to
/// their reporter: two reporters may use the same stream name without touching each other.
interface ICargoLog is ISignedActs {
    /// @notice A stream's head moved from `previous` to `head`.
    event HeadAnchored(
        bytes32 indexed reporter,
        bytes32 indexed stream,
        bytes32 indexed head,
        bytes32 previous,
        uint64 count,
        address key
    );

    /// @notice The stream's latest head is another one than the act builds on.
    error StreamMoved(bytes32 reporter, bytes32 stream, bytes32 latest, bytes32 previous);
    /// @notice A zero head.
    error HeadInvalid(bytes32 reporter, bytes32 stream, bytes32 head);
    /// @notice The stream had this head before, or has it now with another count.
    error HeadSeen(bytes32 reporter, bytes32 stream, bytes32 head);
    /// @notice A stream only grows.
    error CountNotGreater(bytes32 reporter, bytes32 stream, uint64 latest, uint64 count);
    /// @notice The log to succeed is not sealed, or belongs to another consortium.
    error PredecessorInvalid(address predecessor, address consortium);

    /// @notice Anchors a stream's new head by
    /// `Anchor(bytes32 reporter,bytes32 stream,bytes32 previous,bytes32 head,uint64 count,uint64 deadline)`.
    /// The latest head with its count again: success, nothing written, nothing else checked.
    /// @param previous the stream's latest head; zero for its first
    /// @param count events under `head`, more than under `previous`
    function anchor(
        bytes32 reporter,
        bytes32 stream,
        bytes32 previous,
        bytes32 head,
        uint64 count,
        uint64 deadline,
        Signature calldata signature
    ) external;

    /// @notice Anchors several heads, all or none.
    function anchorMany(Anchoring[] calldata anchorings) external;

    /// @notice The consortium that answers for reporters.
    function consortium() external view returns (IConsortium);

    /// @notice The sealed log that this one continues; zero = none.
    function predecessor() external view returns (ICargoLog);

    /// @notice The latest head of a stream with its record; zero = no head yet.
    function latestOf(bytes32 reporter, bytes32 stream) external view returns (bytes32 head, Anchored memory record);

    /// @notice The record of one head of a stream; all zero when it was never anchored.
    function anchorOf(bytes32 reporter, bytes32 stream, bytes32 head) external view returns (Anchored memory);
}
