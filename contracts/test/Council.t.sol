// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Consortium} from "../src/Consortium.sol";
import {Acceptance, ICouncil} from "../src/interfaces/ICouncil.sol";
import {ISignedActs, Signature} from "../src/interfaces/ISignedActs.sol";
import {Act, World} from "./base/World.sol";

contract CouncilTest is World {
    bytes private unpauseCall = abi.encodeCall(ICouncil.unpause, ());

    function _keys(uint256 a, uint256 b) private view returns (uint256[] memory keys) {
        keys = new uint256[](2);
        (keys[0], keys[1]) = (council[a], council[b]);
    }

    function _votes(uint256[] memory keys) private view returns (Act memory) {
        return _vote(unpauseCall, "salt", 1, type(uint64).max, keys);
    }

    function _addresses() private view returns (address[] memory members) {
        (members,,) = consortium.council();
    }

    // --- founding ---------------------------------------------------------------------------------------------

    function testFoundersSitInEpochOne() public view {
        (address[] memory members, uint8 threshold, uint64 epoch) = consortium.council();
        vm.assertEq(members.length, 4, "members");
        vm.assertEq(threshold, 2, "threshold");
        vm.assertEq(epoch, 1, "epoch");
        vm.assertTrue(consortium.isMember(members[3]), "member");
        vm.assertEq(consortium.isMember(address(this)), false, "stranger");
        vm.assertEq(consortium.isMember(address(0)), false, "nobody");
    }

    function testSizesThatCouldLockOutAreRefused() public {
        _refusedCouncil(2, 2);
        _refusedCouncil(33, 2);
        _refusedCouncil(4, 1);
        _refusedCouncil(4, 4);
        (address[] memory members,) = _sorted("big", 32);
        new Consortium(members, 31);
    }

    function _refusedCouncil(uint256 size, uint8 threshold) private {
        (address[] memory members,) = _sorted("big", size);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.CouncilSizeInvalid.selector, size, threshold));
        new Consortium(members, threshold);
    }

    function testSeatsAreDistinctAndNobodysIsRefused() public {
        (address[] memory members,) = _sorted("big", 3);
        members[2] = members[0];
        vm.expectRevert(abi.encodeWithSelector(ICouncil.SeatInvalid.selector, members[0]));
        new Consortium(members, 2);
        members[2] = address(0);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.SeatInvalid.selector, address(0)));
        new Consortium(members, 2);
    }

    // --- execute ----------------------------------------------------------------------------------------------

    function testOnlyTheCouncilDecides() public {
        bytes memory error = abi.encodeWithSelector(ICouncil.OnlyCouncil.selector, address(this));
        Acceptance memory none;
        bytes[9] memory calls = [
            unpauseCall,
            abi.encodeCall(consortium.pauseFor, (1)),
            abi.encodeCall(consortium.seal, (address(registry))),
            abi.encodeCall(consortium.setCouncil, (new address[](3), 2, new Acceptance[](0))),
            abi.encodeCall(consortium.admit, ("x", CN, CUSTOMS)),
            abi.encodeCall(consortium.grantKey, ("x", address(1), none)),
            abi.encodeCall(consortium.endKey, ("x", address(1))),
            abi.encodeCall(consortium.disown, ("x", address(1), 0)),
            abi.encodeCall(consortium.admit, ("y", CN, 0))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            _refused(Act(address(consortium), calls[i]), error);
        }
    }

    function testEnoughVotesExecuteOnce() public {
        Act memory act = _votes(_keys(1, 3));
        bytes32 vote = _digest(address(consortium), _voteHash(unpauseCall, "salt", 1, type(uint64).max));
        vm.expectEmit(address(consortium));
        emit ICouncil.Executed(vote, "salt", unpauseCall);
        vm.expectEmit(address(consortium));
        emit ICouncil.Unpaused();
        _do(act);
        vm.assertTrue(consortium.isExecuted(vote), "executed");
        _refused(act, abi.encodeWithSelector(ICouncil.AlreadyExecuted.selector, vote));
        // The same vote with other members' signatures is the same vote.
        _refused(_votes(_keys(0, 2)), abi.encodeWithSelector(ICouncil.AlreadyExecuted.selector, vote));
    }

    function testOneVoteIsNotEnough() public {
        uint256[] memory keys = new uint256[](1);
        keys[0] = council[0];
        _refused(_votes(keys), abi.encodeWithSelector(ICouncil.TooFewVotes.selector, 1, 2));
    }

    function testOneMemberDoesNotVoteTwice() public {
        address member = vm.addr(council[1]);
        _refused(_votes(_keys(1, 1)), abi.encodeWithSelector(ICouncil.VotesOutOfOrder.selector, member, member));
        _refused(
            _votes(_keys(2, 1)), abi.encodeWithSelector(ICouncil.VotesOutOfOrder.selector, vm.addr(council[2]), member)
        );
    }

    function testStrangersVotesDoNotCount() public {
        uint256[] memory keys = _keys(0, 1);
        keys[1] = keyOf("authority-cn");
        _refused(_votes(keys), abi.encodeWithSelector(ICouncil.NotCouncilMember.selector, addressOf("authority-cn")));
    }

    function testAMalformedVoteIsRefused() public {
        Signature[] memory votes = new Signature[](2);
        bytes32 digest = _digest(address(consortium), _voteHash(unpauseCall, "salt", 1, 9 ** 11));
        _refused(
            Act(address(consortium), abi.encodeCall(consortium.execute, (unpauseCall, "salt", 9 ** 11, votes))),
            abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, digest, 0, 0)
        );
    }

    function testVotesExpire() public {
        uint64 expires = uint64(START + 10);
        Act memory act = _vote(unpauseCall, "salt", 1, expires, _keys(0, 1));
        vm.warp(expires + 1);
        _refused(act, abi.encodeWithSelector(ISignedActs.DeadlinePassed.selector, expires, expires + 1));
        vm.warp(expires);
        _do(act);
    }

    function testVotesOfAnotherEpochAreStrangers() public {
        Act memory act = _vote(unpauseCall, "salt", 2, type(uint64).max, _keys(0, 1));
        (bool done, bytes memory returned) = act.target.call(act.data);
        vm.assertEq(done, false, "carried out");
        vm.assertEq(bytes32(bytes4(returned)), bytes32(ICouncil.NotCouncilMember.selector), "error");
    }

    function testAFailedCallKeepsItsErrorAndIsNotSpent() public {
        Act memory act = _vote(abi.encodeCall(ICouncil.seal, (address(0))), "salt", 1, type(uint64).max, _keys(0, 1));
        _refused(act, abi.encodeWithSelector(ICouncil.SealInvalid.selector, address(0)));
        bytes32 vote = _digest(
            address(consortium), _voteHash(abi.encodeCall(ICouncil.seal, (address(0))), "salt", 1, type(uint64).max)
        );
        vm.assertEq(consortium.isExecuted(vote), false, "spent");
    }

    function testACallOfNothingIsRefused() public {
        _refused(_decide(hex"12345678"), abi.encodeWithSelector(ICouncil.CallFailed.selector, bytes4(hex"12345678")));
        _refused(_decide(hex"12"), abi.encodeWithSelector(ICouncil.CallFailed.selector, bytes4(hex"12")));
    }

    // --- a new council ----------------------------------------------------------------------------------------

    function _change(address[] memory members, uint8 threshold, Acceptance[] memory acceptances)
        private
        returns (Act memory)
    {
        return _decide(abi.encodeCall(ICouncil.setCouncil, (members, threshold, acceptances)));
    }

    function testNewcomersSitWithTheirConsent() public {
        address[] memory members = _addresses();
        Act memory old = _votes(_keys(0, 1));
        address leaver = members[1];
        members[1] = addressOf("newcomer");
        Acceptance[] memory acceptances = new Acceptance[](1);
        acceptances[0] = _seatAcceptance(keyOf("newcomer"), members[1], uint64(START));
        vm.expectEmit(address(consortium));
        emit ICouncil.CouncilChanged(2, members, 3);
        _do(_change(members, 3, acceptances));
        vm.assertTrue(consortium.isMember(members[1]), "newcomer");
        vm.assertEq(consortium.isMember(leaver), false, "leaver");
        // Votes of the old epoch are void.
        (bool done,) = old.target.call(old.data);
        vm.assertEq(done, false, "an old vote was executed");
    }

    function testConsentIsTheNewcomersOwnInTimeAndComplete() public {
        address[] memory members = _addresses();
        members[0] = addressOf("newcomer");
        Acceptance[] memory acceptances = new Acceptance[](1);
        acceptances[0] = _seatAcceptance(keyOf("stranger"), members[0], uint64(START));
        _refused(
            _change(members, 2, acceptances),
            abi.encodeWithSelector(ICouncil.AcceptanceForeign.selector, members[0], addressOf("stranger"))
        );
        acceptances[0] = _seatAcceptance(keyOf("newcomer"), members[0], uint64(START) - 1);
        _refused(
            _change(members, 2, acceptances),
            abi.encodeWithSelector(ISignedActs.DeadlinePassed.selector, START - 1, START)
        );
        _refused(
            _change(members, 2, new Acceptance[](0)),
            abi.encodeWithSelector(ICouncil.AcceptanceCountWrong.selector, 1, 0)
        );
        acceptances[0] = _seatAcceptance(keyOf("newcomer"), members[0], uint64(START));
        _refused(
            _change(_addresses(), 2, acceptances), abi.encodeWithSelector(ICouncil.AcceptanceCountWrong.selector, 0, 1)
        );
    }

    function testTheCouncilCannotShrinkIntoALockout() public {
        address[] memory members = _addresses();
        _refused(
            _change(members, 4, new Acceptance[](0)), abi.encodeWithSelector(ICouncil.CouncilSizeInvalid.selector, 4, 4)
        );
        members[1] = members[0];
        _refused(
            _change(members, 2, new Acceptance[](0)), abi.encodeWithSelector(ICouncil.SeatInvalid.selector, members[0])
        );
    }

    // --- pause ------------------------------------------------------------------------------------------------

    function testAMemberPausesForAtMostThreeDays() public {
        uint64 latest = uint64(START + 72 hours);
        uint256 key = council[2];
        _refused(
            _memberPause(key, latest + 1), abi.encodeWithSelector(ICouncil.PauseInvalid.selector, latest + 1, latest)
        );
        _refused(
            _memberPause(key, uint64(START)), abi.encodeWithSelector(ICouncil.PauseInvalid.selector, START, latest)
        );
        vm.expectEmit(address(consortium));
        emit ICouncil.PausedUntil(latest, vm.addr(key));
        _do(_memberPause(key, latest));
        vm.assertEq(consortium.pausedUntil(), latest, "until");
        vm.assertTrue(consortium.isPauseSpent(), "spent");
    }

    function testNoMembersPauseFollowsAnotherUntilTheCouncilDecides() public {
        uint64 first = uint64(START + 72 hours);
        Act memory pause = _memberPause(council[0], first);
        _do(pause);
        _refused(_memberPause(council[1], first - 5), abi.encodeWithSelector(ICouncil.AlreadyPaused.selector, first));
        vm.warp(first);
        Act memory next = _memberPause(council[1], first + 60);
        _refused(next, abi.encodeWithSelector(ICouncil.PauseSpent.selector, vm.addr(council[1])));
        _do(_decide(unpauseCall));
        _do(next);
        // A pause is not replayed, not even after the council lifted it.
        _do(_decide(unpauseCall));
        bytes32 typeHash = keccak256("MemberPause(address member,uint64 until,uint64 epoch,uint64 deadline)");
        bytes32 digest = _digest(
            address(consortium), keccak256(abi.encode(typeHash, vm.addr(council[1]), first + 60, uint64(1), deadline))
        );
        _refused(next, abi.encodeWithSelector(ICouncil.AlreadyExecuted.selector, digest));
    }

    function testOnlyASittingMemberPausesAndOnlyForHimself() public {
        _refused(
            _memberPause(keyOf("stranger"), uint64(START + 1)),
            abi.encodeWithSelector(ICouncil.NotCouncilMember.selector, addressOf("stranger"))
        );
        bytes32 typeHash = keccak256("MemberPause(address member,uint64 until,uint64 epoch,uint64 deadline)");
        address other = vm.addr(council[1]);
        Signature memory signature =
            _signC(council[0], abi.encode(typeHash, other, uint64(START + 1), uint64(1), deadline));
        _refused(
            Act(
                address(consortium),
                abi.encodeCall(consortium.pauseAsMember, (other, uint64(START + 1), deadline, signature))
            ),
            abi.encodeWithSelector(ICouncil.NotCouncilMember.selector, vm.addr(council[0]))
        );
    }

    function testTheCouncilPausesForAtMostThirtyDays() public {
        uint64 latest = uint64(START + 30 days);
        _refused(
            _decide(abi.encodeCall(ICouncil.pauseFor, (30 days + 1))),
            abi.encodeWithSelector(ICouncil.PauseInvalid.selector, 30 days + 1, latest)
        );
        _refused(
            _decide(abi.encodeCall(ICouncil.pauseFor, (0))),
            abi.encodeWithSelector(ICouncil.PauseInvalid.selector, 0, latest)
        );
        vm.expectEmit(address(consortium));
        emit ICouncil.Executed(
            _digest(
                address(consortium),
                _voteHash(abi.encodeCall(ICouncil.pauseFor, (30 days)), bytes32(salts + 1), 1, type(uint64).max)
            ),
            bytes32(salts + 1),
            abi.encodeCall(ICouncil.pauseFor, (30 days))
        );
        vm.expectEmit(address(consortium));
        emit ICouncil.PausedUntil(latest, address(0));
        _do(_decide(abi.encodeCall(ICouncil.pauseFor, (30 days))));
        _do(_decide(unpauseCall));
        vm.assertEq(consortium.pausedUntil(), 0, "unpaused");
    }

    // --- seal -------------------------------------------------------------------------------------------------

    function testAContractIsSealedOnceAndTheConsortiumNever() public {
        _refused(
            _decide(abi.encodeCall(ICouncil.seal, (address(consortium)))),
            abi.encodeWithSelector(ICouncil.SealInvalid.selector, address(consortium))
        );
        _do(_decide(abi.encodeCall(ICouncil.seal, (address(log)))));
        vm.assertTrue(consortium.isSealed(address(log)), "sealed");
        _refused(
            _decide(abi.encodeCall(ICouncil.seal, (address(log)))),
            abi.encodeWithSelector(ICouncil.SealInvalid.selector, address(log))
        );
    }
}
