// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Anchored, Anchoring, ICargoLog} from "./interfaces/ICargoLog.sol";
import {IConsortium} from "./interfaces/IConsortium.sol";
import {Signature} from "./interfaces/ISignedActs.sol";
import {Identifiers} from "./libraries/Identifiers.sol";
import {Roles} from "./libraries/Roles.sol";
import {SignedActs} from "./libraries/SignedActs.sol";

/// @title The cargo log: heads of reporters' streams
contract CargoLog is ICargoLog, SignedActs {
    bytes32 private constant ANCHOR_TYPEHASH =
        keccak256("Anchor(bytes32 reporter,bytes32 stream,bytes32 previous,bytes32 head,uint64 count,uint64 deadline)");

    /// @inheritdoc ICargoLog
    IConsortium public immutable consortium;
    /// @inheritdoc ICargoLog
    ICargoLog public immutable predecessor;

    mapping(bytes32 streamKey => bytes32 head) private _latest;
    mapping(bytes32 anchorKey => Anchored) private _anchors;

    constructor(IConsortium consortium_, ICargoLog predecessor_) {
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

    /// @inheritdoc ICargoLog
    function anchor(
        bytes32 reporter,
        bytes32 stream,
        bytes32 previous,
        bytes32 head,
        uint64 count,
        uint64 deadline,
        Signature calldata signature
    ) external {
        _anchor(reporter, stream, previous, head, count, deadline, signature);
    }

    /// @inheritdoc ICargoLog
    function anchorMany(Anchoring[] calldata anchorings) external {
        for (uint256 i = 0; i < anchorings.length; ++i) {
            Anchoring calldata a = anchorings[i];
            _anchor(a.reporter, a.stream, a.previous, a.head, a.count, a.deadline, a.signature);
        }
    }

    /// @inheritdoc ICargoLog
    function latestOf(bytes32 reporter, bytes32 stream) public view returns (bytes32 head, Anchored memory record) {
        head = _latest[Identifiers.streamKey(reporter, stream)];
        if (head != 0) return (head, anchorOf(reporter, stream, head));
        if (address(predecessor) != address(0)) return predecessor.latestOf(reporter, stream);
    }

    /// @inheritdoc ICargoLog
    function anchorOf(bytes32 reporter, bytes32 stream, bytes32 head) public view returns (Anchored memory record) {
        record = _anchors[Identifiers.anchorKey(Identifiers.streamKey(reporter, stream), head)];
        if (record.time == 0 && address(predecessor) != address(0)) {
            return predecessor.anchorOf(reporter, stream, head);
        }
    }

    function _anchor(
        bytes32 reporter,
        bytes32 stream,
        bytes32 previous,
        bytes32 head,
        uint64 count,
        uint64 deadline,
        Signature calldata signature
    ) private {
        (bytes32 latest, Anchored memory last) = latestOf(reporter, stream);
        if (head == latest && head != 0 && count == last.count) return;

        address key = _signer(
            keccak256(abi.encode(ANCHOR_TYPEHASH, reporter, stream, previous, head, count, deadline)),
            deadline,
            signature
        );
        consortium.requireMember(reporter, Roles.REPORTER, key, true);
        if (head == 0) revert HeadInvalid(reporter, stream, head);
        if (previous != latest) revert StreamMoved(reporter, stream, latest, previous);
        if (anchorOf(reporter, stream, head).time != 0) revert HeadSeen(reporter, stream, head);
        if (count <= last.count) revert CountNotGreater(reporter, stream, last.count, count);

        bytes32 streamKey = Identifiers.streamKey(reporter, stream);
        _latest[streamKey] = head;
        _anchors[Identifiers.anchorKey(streamKey, head)] = Anchored(count, uint64(block.timestamp));
        emit HeadAnchored(reporter, stream, head, previous, count, key);
    }
}
