// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Certificate, Leaf, Revocation, Standing, Status} from "../src/interfaces/CertificateTypes.sol";
import {ICertificateRegistry} from "../src/interfaces/ICertificateRegistry.sol";
import {IConsortium} from "../src/interfaces/IConsortium.sol";
import {RegistryWorld} from "./base/RegistryWorld.sol";
import {Act} from "./base/World.sol";

contract StandingTest is RegistryWorld {
    uint256 private key;
    Certificate private certificate;
    bytes32 private leaf;

    function setUp() public override {
        super.setUp();
        key = keyOf("chamber-cn");
        certificate = _issued("chamber-cn", 1, 10);
        leaf = hashOf(certificate.leaf);
    }

    function _forbids(bytes32 of_, Status status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ICertificateRegistry.StatusForbids.selector, of_, status);
    }

    function testSuspendAndReinstateTakeTurnsAndAreNotReplayed() public {
        Act memory suspend = _suspend(key, certificate, 4);
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.Suspended(leaf, org("chamber-cn"), 4, 1, addressOf("chamber-cn"));
        _do(suspend);
        Standing memory standing = registry.standingOf(leaf);
        vm.assertEq(uint256(standing.status), uint256(Status.SUSPENDED), "status");
        vm.assertEq(standing.reason, 4, "reason");
        vm.assertEq(standing.time, START, "time");
        _refused(_suspend(key, certificate, 4), _forbids(leaf, Status.SUSPENDED));
        _refused(_acquit("customs-au", certificate, "claim", 1), _forbids(leaf, Status.SUSPENDED));

        Act memory reinstate = _reinstate(key, certificate);
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.Reinstated(leaf, org("chamber-cn"), 2, addressOf("chamber-cn"));
        _do(reinstate);
        _refused(_reinstate(key, certificate), _forbids(leaf, Status.GOOD));
        // An old suspension, and an old reinstatement after a new suspension, are nobody's.
        _nobodys(suspend);
        _do(_suspend(key, certificate, 5));
        _nobodys(reinstate);
    }

    function _nobodys(Act memory act) private {
        (bool done, bytes memory returned) = act.target.call(act.data);
        vm.assertEq(done, false, "replayed");
        vm.assertEq(bytes32(bytes4(returned)), bytes32(IConsortium.KeyNotValid.selector), "error");
    }

    function testRevokedIsFinal() public {
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.Revoked(leaf, org("chamber-cn"), 6, addressOf("chamber-cn"));
        _do(_revoke(key, certificate, 6));
        _refused(_revoke(key, certificate, 6), _forbids(leaf, Status.REVOKED));
        _refused(_suspend(key, certificate, 1), _forbids(leaf, Status.REVOKED));
        _refused(_reinstate(key, certificate), _forbids(leaf, Status.REVOKED));
        _refused(_acquit("customs-au", certificate, "claim", 1), _forbids(leaf, Status.REVOKED));
        Certificate memory next = _alone(_leafOf("chamber-cn", 2, 10));
        _refused(_supersede(key, certificate, RCEP, hashOf(next.leaf), _one(next)), _forbids(leaf, Status.REVOKED));
    }

    function testASuspendedLeafIsRevokedToo() public {
        _do(_suspend(key, certificate, 1));
        _do(_revoke(key, certificate, 6));
        vm.assertEq(uint256(registry.standingOf(leaf).status), uint256(Status.REVOKED), "status");
    }

    function testARevocationHasAReason() public {
        _refused(
            _revoke(key, certificate, 0), abi.encodeWithSelector(ICertificateRegistry.ReasonMissing.selector, leaf)
        );
    }

    function testSeveralRevocationsAllOrNone() public {
        Certificate memory second = _issued("chamber-cn", 2, 10);
        Revocation[] memory list = new Revocation[](2);
        list[0] = Revocation(certificate, 1, deadline, _revokeSignature(key, leaf, 1));
        list[1] = Revocation(certificate, 1, deadline, _revokeSignature(key, leaf, 1));
        _refused(_act(abi.encodeCall(registry.revokeMany, (list))), _forbids(leaf, Status.REVOKED));
        list[1] = Revocation(second, 1, deadline, _revokeSignature(key, hashOf(second.leaf), 1));
        registry.revokeMany(list);
        vm.assertEq(uint256(registry.standingOf(hashOf(second.leaf)).status), uint256(Status.REVOKED), "second");
    }

    function testOnlyTheIssuersOwnKeysActAndNeedNoRoleToLimit() public {
        bytes memory stranger =
            abi.encodeWithSelector(IConsortium.KeyNotValid.selector, org("chamber-cn"), addressOf("chamber-au"));
        _refused(_suspend(keyOf("chamber-au"), certificate, 1), stranger);
        _refused(_reinstate(keyOf("chamber-au"), certificate), stranger);
        _refused(_revoke(keyOf("chamber-au"), certificate, 1), stranger);
        // Its role taken, a body still ends what it issued, but restores nothing.
        _do(_enrol("authority-cn", org("chamber-cn"), 0));
        _do(_suspend(key, certificate, 1));
        _refused(
            _reinstate(key, certificate),
            abi.encodeWithSelector(IConsortium.RoleMissing.selector, org("chamber-cn"), ISSUER | EXPORTER, 0)
        );
        _do(_revoke(key, certificate, 1));
    }

    function testStandingIsTheLeafsWhateverTheBatch() public {
        // The same leaf in a second batch: one standing.
        bytes32 other = keccak256("sibling");
        _do(_issue("chamber-cn", pair(leaf, other), 2));
        _do(_acquit("customs-au", certificate, "claim", 10));
        Certificate memory again = Certificate(certificate.leaf, _proof(other));
        _refused(
            _acquit("customs-au", again, "claim two", 1),
            abi.encodeWithSelector(ICertificateRegistry.AllowanceExceeded.selector, leaf, 1, 0)
        );
        _do(_revoke(key, again, 1));
        _refused(_revoke(key, certificate, 1), _forbids(leaf, Status.REVOKED));
    }

    // --- supersede --------------------------------------------------------------------------------------------

    function _two(uint64 a, uint64 b) private pure returns (bytes32 root, Certificate[] memory successors) {
        successors = new Certificate[](2);
        Leaf memory x = _leafOf("chamber-cn", 2, a);
        Leaf memory y = _leafOf("chamber-cn", 3, b);
        successors[0] = Certificate(x, _proof(hashOf(y)));
        successors[1] = Certificate(y, _proof(hashOf(x)));
        root = pair(hashOf(x), hashOf(y));
    }

    function testSuccessorsTakeTheOriginalsPlaceForEver() public {
        _do(_acquit("customs-au", certificate, "claim", 4));
        (bytes32 root, Certificate[] memory successors) = _two(5, 1);
        Act memory act = _supersede(key, certificate, RCEP, root, successors);
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.Issued(
            batchIdOf("chamber-cn", root), org("chamber-cn"), RCEP, root, 2, 1, addressOf("chamber-cn")
        );
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.Superseded(
            leaf, org("chamber-cn"), batchIdOf("chamber-cn", root), 3, addressOf("chamber-cn")
        );
        vm.expectEmit(address(registry));
        emit ICertificateRegistry.Succeeded(leaf, hashOf(successors[0].leaf));
        _do(act);
        vm.assertEq(registry.predecessorOf(hashOf(successors[1].leaf)), leaf, "predecessor");
        vm.assertEq(uint256(registry.standingOf(leaf).status), uint256(Status.SUPERSEDED), "status");
        _refused(act, abi.encodeWithSelector(ICertificateRegistry.BatchExists.selector, batchIdOf("chamber-cn", root)));
        _refused(_revoke(key, certificate, 1), _forbids(leaf, Status.SUPERSEDED));
        _refused(_suspend(key, certificate, 1), _forbids(leaf, Status.SUPERSEDED));
        _refused(_acquit("customs-au", certificate, "claim two", 1), _forbids(leaf, Status.SUPERSEDED));
        // Giving back units of the original revives nothing.
        _do(_withdraw("customs-au", leaf, "claim"));
        vm.assertEq(uint256(registry.standingOf(leaf).status), uint256(Status.SUPERSEDED), "still");
        _do(_acquit("customs-au", successors[0], "claim", 5));
    }

    function testSuccessorsNeverAllowMoreThanWasLeft() public {
        _do(_acquit("customs-au", certificate, "claim", 4));
        (bytes32 root, Certificate[] memory successors) = _two(5, 2);
        _refused(
            _supersede(key, certificate, RCEP, root, successors),
            abi.encodeWithSelector(ICertificateRegistry.SuccessorsExceed.selector, leaf, 7, 6)
        );
        (root, successors) = _two(type(uint64).max, type(uint64).max);
        _refused(
            _supersede(key, certificate, RCEP, root, successors),
            abi.encodeWithSelector(
                ICertificateRegistry.SuccessorsExceed.selector, leaf, 2 * uint256(type(uint64).max), 6
            )
        );
    }

    function testSuccessorsAreShownOwnPlacedAndFresh() public {
        bytes32 root;
        Certificate[] memory successors = new Certificate[](0);
        _refused(
            _supersede(key, certificate, RCEP, "root", successors),
            abi.encodeWithSelector(ICertificateRegistry.SuccessorsMissing.selector, leaf)
        );
        // Of another issuer.
        successors = _one(_alone(_leafOf("chamber-au", 2, 1)));
        root = hashOf(successors[0].leaf);
        _refused(
            _supersede(key, certificate, RCEP, root, successors),
            abi.encodeWithSelector(ICertificateRegistry.SuccessorForeign.selector, root, org("chamber-au"), RCEP)
        );
        // Of another scheme than the batch.
        _do(_accredit("authority-cn", org("chamber-cn"), CHAFTA, 1, 0, 0));
        successors = _one(_alone(_leafOf("chamber-cn", 2, 1)));
        root = hashOf(successors[0].leaf);
        _refused(
            _supersede(key, certificate, CHAFTA, root, successors),
            abi.encodeWithSelector(ICertificateRegistry.SuccessorForeign.selector, root, org("chamber-cn"), RCEP)
        );
        // Not in the batch.
        _refused(
            _supersede(key, certificate, RCEP, "root", successors),
            abi.encodeWithSelector(ICertificateRegistry.SuccessorNotInBatch.selector, root, bytes32("root"))
        );
        // The same one twice.
        (root, successors) = _two(1, 1);
        successors[1] = successors[0];
        _notFresh(root, successors, hashOf(successors[0].leaf));
        // The original itself, carried into a new batch.
        Leaf memory sibling = _leafOf("chamber-cn", 5, 1);
        successors = _one(Certificate(certificate.leaf, _proof(hashOf(sibling))));
        _notFresh(pair(leaf, hashOf(sibling)), successors, leaf);
        // One with a history.
        Certificate memory other = _issued("chamber-cn", 6, 1);
        _do(_suspend(key, other, 1));
        successors = _one(Certificate(other.leaf, _proof("x")));
        _notFresh(pair(hashOf(other.leaf), "x"), successors, hashOf(other.leaf));
    }

    function _notFresh(bytes32 root, Certificate[] memory successors, bytes32 successor) private {
        _refused(
            _supersede(key, certificate, RCEP, root, successors),
            abi.encodeWithSelector(ICertificateRegistry.SuccessorNotFresh.selector, successor)
        );
    }

    function testASchemeMayChangeWithASuccessorOfTheNewOne() public {
        _do(_accredit("authority-cn", org("chamber-cn"), CHAFTA, 1, 0, 0));
        Certificate memory next = _alone(_leafOf("chamber-cn", 2, 10));
        next.leaf.scheme = CHAFTA;
        _do(_supersede(key, certificate, CHAFTA, hashOf(next.leaf), _one(next)));
        vm.assertEq(registry.predecessorOf(hashOf(next.leaf)), leaf, "predecessor");
    }

    function testNothingIsSupersededFromADisownedBatchOrWithoutAccreditation() public {
        bytes32 chamber = org("chamber-cn");
        Certificate memory next = _alone(_leafOf("chamber-cn", 2, 1));
        _do(_addKey(chamber, key, chamber, keyOf("second")));
        _do(_disown("chamber-cn", uint64(START)));
        _refused(
            _supersede(keyOf("second"), certificate, RCEP, hashOf(next.leaf), _one(next)),
            abi.encodeWithSelector(
                ICertificateRegistry.IssuerKeyDisowned.selector, batchIdOf("chamber-cn", leaf), addressOf("chamber-cn")
            )
        );
        _do(_confirmAs(keyOf("second"), chamber, leaf));
        _do(_accredit("authority-cn", chamber, RCEP, 0, 0, 0));
        _refused(
            _supersede(keyOf("second"), certificate, RCEP, hashOf(next.leaf), _one(next)),
            abi.encodeWithSelector(IConsortium.NotAccredited.selector, chamber, RCEP, today())
        );
    }
}
