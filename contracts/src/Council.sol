// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Acceptance, ICouncil} from "./interfaces/ICouncil.sol";
import {Signature} from "./interfaces/ISignedActs.sol";
import {SignedActs} from "./libraries/SignedActs.sol";

/// @title The council's part of the consortium
abstract contract Council is ICouncil, SignedActs {
    bytes32 private constant VOTE_TYPEHASH = keccak256("Vote(bytes call,bytes32 salt,uint64 epoch,uint64 expires)");
    bytes32 private constant ACCEPT_SEAT_TYPEHASH = keccak256("AcceptSeat(address member,uint64 deadline)");
    bytes32 private constant MEMBER_PAUSE_TYPEHASH =
        keccak256("MemberPause(address member,uint64 until,uint64 epoch,uint64 deadline)");

    uint256 private constant MIN_MEMBERS = 3;
    uint256 private constant MAX_MEMBERS = 32;
    uint64 private constant MEMBER_PAUSE = 72 hours;
    uint64 private constant COUNCIL_PAUSE = 30 days;

    /// @dev One slot. A member holds a seat when `_seats` has the current epoch for it.
    uint64 private _epoch;
    uint64 private _pausedUntil;
    uint8 private _threshold;
    bool private _pauseSpent;

    address[] private _members;
    mapping(address member => uint64 epoch) private _seats;
    mapping(bytes32 digest => bool) private _executed;
    mapping(address target => bool) private _sealed;

    modifier onlyCouncil() {
        if (msg.sender != address(this)) revert OnlyCouncil(msg.sender);
        _;
    }

    constructor(address[] memory members, uint8 threshold) {
        _seat(members, threshold);
    }

    /// @inheritdoc ICouncil
    function execute(bytes calldata call, bytes32 salt, uint64 expires, Signature[] calldata votes) external {
        bytes32 vote = _hashTypedDataV4(keccak256(abi.encode(VOTE_TYPEHASH, keccak256(call), salt, _epoch, expires)));
        if (block.timestamp > expires) revert DeadlinePassed(expires, uint64(block.timestamp));
        if (votes.length < _threshold) revert TooFewVotes(votes.length, _threshold);
        address previous = address(0);
        for (uint256 i = 0; i < votes.length; ++i) {
            address member = _recover(vote, votes[i]);
            if (!isMember(member)) revert NotCouncilMember(member);
            if (member <= previous) revert VotesOutOfOrder(previous, member);
            previous = member;
        }
        _spend(vote);
        _pauseSpent = false;
        emit Executed(vote, salt, call);

        (bool done, bytes memory returned) = address(this).call(call);
        if (done) return;
        if (returned.length == 0) revert CallFailed(bytes4(call));
        assembly ("memory-safe") {
            revert(add(returned, 32), mload(returned))
        }
    }

    /// @inheritdoc ICouncil
    function setCouncil(address[] calldata members, uint8 threshold, Acceptance[] calldata acceptances)
        external
        onlyCouncil
    {
        uint256 newcomers = 0;
        for (uint256 i = 0; i < members.length; ++i) {
            if (isMember(members[i])) continue;
            if (newcomers < acceptances.length) _requireSeatAccepted(members[i], acceptances[newcomers]);
            ++newcomers;
        }
        if (newcomers != acceptances.length) revert AcceptanceCountWrong(newcomers, acceptances.length);
        _seat(members, threshold);
    }

    /// @inheritdoc ICouncil
    function pauseAsMember(address member, uint64 until, uint64 deadline, Signature calldata signature) external {
        bytes32 message = keccak256(abi.encode(MEMBER_PAUSE_TYPEHASH, member, until, _epoch, deadline));
        address signer = _signer(message, deadline, signature);
        if (signer != member || !isMember(signer)) revert NotCouncilMember(signer);
        if (until <= _pausedUntil) revert AlreadyPaused(_pausedUntil);
        uint64 latest = uint64(block.timestamp) + MEMBER_PAUSE;
        if (until <= block.timestamp || until > latest) revert PauseInvalid(until, latest);
        if (_pauseSpent) revert PauseSpent(member);
        _spend(_hashTypedDataV4(message));
        _pauseSpent = true;
        _pausedUntil = until;
        emit PausedUntil(until, member);
    }

    /// @inheritdoc ICouncil
    function pauseFor(uint64 secondsAhead) external onlyCouncil {
        uint64 latest = uint64(block.timestamp) + COUNCIL_PAUSE;
        if (secondsAhead == 0 || secondsAhead > COUNCIL_PAUSE) revert PauseInvalid(secondsAhead, latest);
        _pausedUntil = uint64(block.timestamp) + secondsAhead;
        emit PausedUntil(_pausedUntil, address(0));
    }

    /// @inheritdoc ICouncil
    function unpause() external onlyCouncil {
        _pausedUntil = 0;
        emit Unpaused();
    }

    /// @inheritdoc ICouncil
    function seal(address target) external onlyCouncil {
        if (target == address(0) || target == address(this) || _sealed[target]) revert SealInvalid(target);
        _sealed[target] = true;
        emit SealedForEver(target);
    }

    /// @inheritdoc ICouncil
    function council() external view returns (address[] memory members, uint8 threshold, uint64 epoch) {
        return (_members, _threshold, _epoch);
    }

    /// @inheritdoc ICouncil
    function isMember(address account) public view returns (bool) {
        return _epoch != 0 && _seats[account] == _epoch;
    }

    /// @inheritdoc ICouncil
    function pausedUntil() public view returns (uint64) {
        return _pausedUntil;
    }

    /// @inheritdoc ICouncil
    function isPauseSpent() external view returns (bool) {
        return _pauseSpent;
    }

    /// @inheritdoc ICouncil
    function isSealed(address target) public view returns (bool) {
        return _sealed[target];
    }

    /// @inheritdoc ICouncil
    function isExecuted(bytes32 digest) external view returns (bool) {
        return _executed[digest];
    }

    function _seat(address[] memory members, uint8 threshold) private {
        uint256 size = members.length;
        if (size < MIN_MEMBERS || size > MAX_MEMBERS || threshold < 2 || threshold >= size) {
            revert CouncilSizeInvalid(size, threshold);
        }
        uint64 epoch = _epoch + 1;
        for (uint256 i = 0; i < size; ++i) {
            address member = members[i];
            if (member == address(0) || _seats[member] == epoch) revert SeatInvalid(member);
            _seats[member] = epoch;
        }
        _epoch = epoch;
        _threshold = threshold;
        _members = members;
        emit CouncilChanged(epoch, members, threshold);
    }

    function _requireSeatAccepted(address member, Acceptance calldata acceptance) private view {
        bytes32 message = keccak256(abi.encode(ACCEPT_SEAT_TYPEHASH, member, acceptance.deadline));
        address signer = _signer(message, acceptance.deadline, acceptance.signature);
        if (signer != member) revert AcceptanceForeign(member, signer);
    }

    function _spend(bytes32 digest) private {
        if (_executed[digest]) revert AlreadyExecuted(digest);
        _executed[digest] = true;
    }
}
