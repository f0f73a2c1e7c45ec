// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "../base/Test.sol";
import {Handler} from "./Handler.sol";

/// @title The laws hold through any sequence of steps
/// @notice Revoked and superseded are final; units net of withdrawals never exceed the allowance, nor an item's; only an
/// accredited key issues at that block; only the destination's customs acquits; no act replays; the council stays able to
/// decide; no allowance comes out of nothing; a migration forgets nothing. Each step predicts its outcome, so that an act
/// that is wrongly refused is found as well.
contract InvariantsTest is Test {
    Handler private handler;

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function setUp() public {
        handler = new Handler();
        handler.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[19] memory chosen = [
            handler.issue.selector,
            handler.issue.selector,
            handler.acquit.selector,
            handler.acquit.selector,
            handler.suspend.selector,
            handler.reinstate.selector,
            handler.revoke.selector,
            handler.supersede.selector,
            handler.consume.selector,
            handler.confirm.selector,
            handler.withdraw.selector,
            handler.refuse.selector,
            handler.changeIssuer.selector,
            handler.loseKey.selector,
            handler.pause.selector,
            handler.changeCouncil.selector,
            handler.migrate.selector,
            handler.wait_.selector,
            handler.replay.selector
        ];
        targets = new FuzzSelector[](1);
        targets[0].addr = address(handler);
        targets[0].selectors = new bytes4[](chosen.length);
        for (uint256 i = 0; i < chosen.length; ++i) {
            targets[0].selectors[i] = chosen[i];
        }
    }

    function invariantLaws() external view {
        vm.assertEq(handler.violation(), "", "violated");
    }

    function afterInvariant() external {
        handler.checkAll();
        vm.assertEq(handler.violation(), "", "violated at the end");
    }

    /// @dev The laws would hold in a life in which nothing happens: here each act passes, and is refused, many times.
    function testALongLifeIsNotEmpty() public {
        bytes4[] memory steps = this.targetSelectors()[0].selectors;
        for (uint256 i = 0; i < 3000; ++i) {
            (bool done,) = address(handler)
                .call(abi.encodeWithSelector(steps[i % steps.length], uint256(keccak256(abi.encode(i)))));
            vm.assertTrue(done, "a step failed");
        }
        handler.checkAll();
        vm.assertEq(handler.violation(), "", "violated");
        string[12] memory both = [
            "issue",
            "suspend",
            "reinstate",
            "revoke",
            "supersede",
            "consume",
            "confirm",
            "acquit",
            "withdraw",
            "refuse",
            "setCouncil",
            "pauseAsMember"
        ];
        for (uint256 i = 0; i < both.length; ++i) {
            vm.assertTrue(handler.passed(both[i]) > 0, string.concat(both[i], " never passed"));
            vm.assertTrue(handler.refusals(both[i]) > 0, string.concat(both[i], " was never refused"));
        }
        vm.assertTrue(handler.passed("seal") > 0, "never migrated");
    }
}
