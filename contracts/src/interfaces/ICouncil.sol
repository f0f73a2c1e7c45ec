// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISignedActs, Signature} from "./ISignedActs.sol";

/// @notice Consent to a seat or to serving as a key, given by the address itself.
/// @param deadline last second in which the consent may be used
struct Acceptance {
    uint64 deadline;
    Signature signature;
}

/// @title The council: M of N members, who decide by collected signatures and never alone
/// @notice Votes are EIP-712 `Vote(bytes call,bytes32 salt,uint64 epoch,uint64 expires)`: bound to this council
/// (its epoch), to a time, and good for one execution. The one thing a member can do alone is to stop the ledger
/// for at most 72 hours, and not again until the council has executed something.
interface ICouncil is ISignedActs {
    /// @notice A new council sits. Votes collected under earlier epochs are void.
    event CouncilChanged(uint64 indexed epoch, address[] members, uint8 threshold);

    /// @notice The council carried out `call` on this contract.
    event Executed(bytes32 indexed vote, bytes32 salt, bytes call);

    /// @notice Issue, supersede, acquit, consume and anchor are stopped until `until`. `member` is zero when the
    /// council as a whole decided.
    event PausedUntil(uint64 until, address indexed member);

    /// @notice The council ended the pause.
    event Unpaused();

    /// @notice `target` takes no act any more, for ever.
    event SealedForEver(address indexed target);

    /// @notice Only the council may call this, through `execute`.
    error OnlyCouncil(address caller);
    /// @notice 3 ≤ members ≤ 32 and 2 ≤ threshold ≤ members − 1 do not hold.
    error CouncilSizeInvalid(uint256 members, uint256 threshold);
    /// @notice A seat is given twice, or to the zero address.
    error SeatInvalid(address member);
    /// @notice Every newcomer brings one acceptance, in the order of the members.
    error AcceptanceCountWrong(uint256 newcomers, uint256 acceptances);
    /// @notice The acceptance was signed by another address than the one it speaks for.
    error AcceptanceForeign(address expected, address signer);
    /// @notice The signer holds no seat in the council of this epoch.
    error NotCouncilMember(address signer);
    /// @notice Votes come in strictly increasing order of the members' addresses.
    error VotesOutOfOrder(address previous, address next);
    /// @notice Fewer votes than the threshold.
    error TooFewVotes(uint256 votes, uint256 threshold);
    /// @notice This vote, or this member's pause, has been carried out already.
    error AlreadyExecuted(bytes32 digest);
    /// @notice The call failed without saying why: no such function.
    error CallFailed(bytes4 selector);
    /// @notice Longer than a member (72 hours) or the council (30 days) may pause at a time, or not in the future.
    error PauseInvalid(uint64 until, uint64 latest);
    /// @notice A member's pause has been used and the council has executed nothing since.
    error PauseSpent(address member);
    /// @notice The ledger is paused at least that long already.
    error AlreadyPaused(uint64 until);
    /// @notice Neither the zero address nor the consortium itself can be sealed, and nothing twice.
    error SealInvalid(address target);

    /// @notice Carries out `call` on this contract with the votes of at least the threshold.
    /// @param call ABI-encoded call of one of this contract's functions
    /// @param salt distinguishes two equal decisions
    /// @param expires last second in which the vote may be carried out
    /// @param votes members' signatures of `Vote`, in strictly increasing order of their addresses
    function execute(bytes calldata call, bytes32 salt, uint64 expires, Signature[] calldata votes) external;

    /// @notice Council: seats a new council. Each newcomer brings its `AcceptSeat(address member,uint64 deadline)`.
    /// The founding members are named at deployment and need none: a wrong name there costs a new deployment.
    /// @param members 3 to 32 distinct addresses
    /// @param threshold 2 to members − 1, so that one lost key never locks the council out
    /// @param acceptances one for each newcomer, in the order of `members`
    function setCouncil(address[] calldata members, uint8 threshold, Acceptance[] calldata acceptances) external;

    /// @notice A member alone stops issue, supersede, acquit, consume and anchor until `until`, at most 72 hours
    /// ahead, by `MemberPause(address member,uint64 until,uint64 epoch,uint64 deadline)`.
    function pauseAsMember(address member, uint64 until, uint64 deadline, Signature calldata signature) external;

    /// @notice Council: pauses for `secondsAhead` from now, at most 30 days. Replaces any pause.
    function pauseFor(uint64 secondsAhead) external;

    /// @notice Council: ends the pause.
    function unpause() external;

    /// @notice Council: ends a registry or a log for ever. Its successor reads it and goes on.
    function seal(address target) external;

    /// @notice The council that sits now.
    function council() external view returns (address[] memory members, uint8 threshold, uint64 epoch);

    /// @notice Whether `account` holds a seat now.
    function isMember(address account) external view returns (bool);

    /// @notice The first second in which the ledger is no longer paused; in the past when it is not.
    function pausedUntil() external view returns (uint64);

    /// @notice Whether a member's pause has been used since the council last executed something.
    function isPauseSpent() external view returns (bool);

    /// @notice Whether `target` is sealed.
    function isSealed(address target) external view returns (bool);

    /// @notice Whether the vote or member's pause with this EIP-712 digest has been carried out.
    function isExecuted(bytes32 digest) external view returns (bool);
}
