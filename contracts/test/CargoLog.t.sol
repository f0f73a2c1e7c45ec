// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CargoLog} from "../src/CargoLog.sol";
import {Anchored, Anchoring, ICargoLog} from "../src/interfaces/ICargoLog.sol";
import {ICouncil} from "../src/interfaces/ICouncil.sol";
import {IConsortium} from "../src/interfaces/IConsortium.sol";
import {Signature} from "../src/interfaces/ISignedActs.sol";
import {Consortium} from "../src/Consortium.sol";
import {Act, World} from "./base/World.sol";

contract CargoLogTest is World {
    bytes32 private constant STREAM = "stream";

    function _anchorSignature(uint256 key, bytes32 reporter, bytes32 previous, bytes32 head, uint64 count)
        private
        view
        returns (Signature memory)
    {
        bytes32 typeHash = keccak256(
            "Anchor(bytes32 reporter,bytes32 stream,bytes32 previous,bytes32 head,uint64 count,uint64 deadline)"
        );
        bytes32 message = keccak256(abi.encode(typeHash, reporter, STREAM, previous, head, count, deadline));
        return _sign(key, address(log), message);
    }

    function _anchorAs(string memory name, bytes32 previous, bytes32 head, uint64 count)
        private
        view
        returns (Act memory)
    {
        Signature memory signature = _anchorSignature(keyOf(name), org(name), previous, head, count);
        return
            Act(
                address(log),
                abi.encodeCall(log.anchor, (org(name), STREAM, previous, head, count, deadline, signature))
            );
    }

    function _anchor(bytes32 previous, bytes32 head, uint64 count) private view returns (Act memory) {
        return _anchorAs("carrier", previous, head, count);
    }

    function testAStreamGrowsHeadByHead() public {
        vm.expectEmit(address(log));
        emit ICargoLog.HeadAnchored(org("carrier"), STREAM, "a", 0, 3, addressOf("carrier"));
        _do(_anchor(0, "a", 3));
        vm.warp(START + 60);
        _do(_anchor("a", "b", 4));
        (bytes32 head, Anchored memory latest) = log.latestOf(org("carrier"), STREAM);
        vm.assertEq(head, "b", "head");
        vm.assertEq(latest.count, 4, "count");
        Anchored memory first = log.anchorOf(org("carrier"), STREAM, "a");
        vm.assertEq(first.count, 3, "first count");
        vm.assertEq(first.time, START, "first time");
        vm.assertEq(log.anchorOf(org("carrier"), STREAM, "c").time, 0, "unknown head");
        (head, latest) = log.latestOf(org("carrier"), "other");
        vm.assertEq(head, 0, "unknown stream");
    }

    function testTheLatestHeadAgainIsASuccessThatWritesNothing() public {
        Act memory act = _anchor(0, "a", 3);
        _do(act);
        vm.warp(START + 60);
        _do(act);
        vm.assertEq(log.anchorOf(org("carrier"), STREAM, "a").time, START, "time");
        // With another count it is not the same head.
        _refused(
            _anchor("a", "a", 4),
            abi.encodeWithSelector(ICargoLog.HeadSeen.selector, org("carrier"), STREAM, bytes32("a"))
        );
    }

    function testAHeadBuildsOnTheLatestAndOnlyGrows() public {
        _refused(
            _anchor("x", "a", 1),
            abi.encodeWithSelector(ICargoLog.StreamMoved.selector, org("carrier"), STREAM, 0, bytes32("x"))
        );
        _refused(_anchor(0, 0, 1), abi.encodeWithSelector(ICargoLog.HeadInvalid.selector, org("carrier"), STREAM, 0));
        _refused(
            _anchor(0, "a", 0), abi.encodeWithSelector(ICargoLog.CountNotGreater.selector, org("carrier"), STREAM, 0, 0)
        );
        _do(_anchor(0, "a", 3));
        _do(_anchor("a", "b", 4));
        _refused(
            _anchor("a", "c", 5),
            abi.encodeWithSelector(ICargoLog.StreamMoved.selector, org("carrier"), STREAM, bytes32("b"), bytes32("a"))
        );
        _refused(
            _anchor("b", "a", 5),
            abi.encodeWithSelector(ICargoLog.HeadSeen.selector, org("carrier"), STREAM, bytes32("a"))
        );
        _refused(
            _anchor("b", "c", 4),
            abi.encodeWithSelector(ICargoLog.CountNotGreater.selector, org("carrier"), STREAM, 4, 4)
        );
    }

    function testStreamsOfOneNameBelongToTheirReporters() public {
        _found("terminal", "SG", REPORTER);
        _do(_anchorAs("carrier", 0, "a", 1));
        _do(_anchorAs("terminal", 0, "a", 7));
        vm.assertEq(log.anchorOf(org("terminal"), STREAM, "a").count, 7, "terminal");
        vm.assertEq(log.anchorOf(org("carrier"), STREAM, "a").count, 1, "carrier");
    }

    function testManyAnchorsAllOrNone() public {
        Anchoring[] memory list = new Anchoring[](2);
        Signature memory one = _anchorSignature(keyOf("carrier"), org("carrier"), 0, "a", 1);
        Signature memory two = _anchorSignature(keyOf("carrier"), org("carrier"), "a", "b", 2);
        list[0] = Anchoring(org("carrier"), STREAM, 0, "a", 1, deadline, one);
        list[1] = Anchoring(org("carrier"), STREAM, "a", "b", 2, deadline, one);
        (bool done,) = address(log).call(abi.encodeCall(log.anchorMany, (list)));
        vm.assertEq(done, false, "with a wrong signature");
        list[1].signature = two;
        log.anchorMany(list);
        (bytes32 head,) = log.latestOf(org("carrier"), STREAM);
        vm.assertEq(head, "b", "head");
    }

    function testASealedLogIsContinuedByItsSuccessor() public {
        _do(_anchor(0, "a", 1));
        vm.expectRevert(
            abi.encodeWithSelector(ICargoLog.PredecessorInvalid.selector, address(log), address(consortium))
        );
        new CargoLog(consortium, log);
        _do(_decide(abi.encodeCall(ICouncil.seal, (address(log)))));
        _refused(_anchor("a", "b", 2), abi.encodeWithSelector(IConsortium.Sealed.selector, address(log)));
        (address[] memory members,) = _sorted("other", 3);
        Consortium other = new Consortium(members, 2);
        vm.expectRevert(abi.encodeWithSelector(ICargoLog.PredecessorInvalid.selector, address(log), address(other)));
        new CargoLog(other, log);

        CargoLog old = log;
        log = new CargoLog(consortium, old);
        vm.assertEq(address(log.predecessor()), address(old), "predecessor");
        _refused(
            _anchor(0, "b", 2),
            abi.encodeWithSelector(ICargoLog.StreamMoved.selector, org("carrier"), STREAM, bytes32("a"), 0)
        );
        _do(_anchor("a", "b", 2));
        _refused(
            _anchor("b", "a", 3),
            abi.encodeWithSelector(ICargoLog.HeadSeen.selector, org("carrier"), STREAM, bytes32("a"))
        );
        vm.assertEq(log.anchorOf(org("carrier"), STREAM, "a").count, 1, "old anchor");
    }
}
