// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CertificateRegistry} from "../../src/CertificateRegistry.sol";
import {Consortium} from "../../src/Consortium.sol";
import {
    Batch,
    Certificate,
    ItemUnits,
    ItemUse,
    Leaf,
    Standing,
    Status
} from "../../src/interfaces/CertificateTypes.sol";
import {ICertificateRegistry} from "../../src/interfaces/ICertificateRegistry.sol";
import {Accreditation, Key, Organisation} from "../../src/interfaces/IConsortium.sol";
import {Signature} from "../../src/interfaces/ISignedActs.sol";
import {Identifiers} from "../../src/libraries/Identifiers.sol";
import {Test} from "../base/Test.sol";

/// @notice The cheat codes of the symbolic executor.
interface Svm {
    function enableSymbolicStorage(address target) external;
}

interface Assuming {
    function assume(bool condition) external pure;
}

/// @title The key laws, proven for every input from every state
/// @notice For halmos (`scripts/audit symbolic`); forge compiles it and runs none of it. Registry and consortium are the
/// real ones with storage of any content, so that each proof is one step of an induction: a law that holds before an act
/// holds after it, whatever the act's arguments, signature and sender. Bounded are only the lists: proofs of no sibling,
/// one item, one successor (a longer proof only leads to another root, which here is any root).
contract LawsTest is Test {
    Svm private constant svm = Svm(0xF3993A62377BCd56AE39D773740A5390411E8BC9);
    Assuming private constant assuming = Assuming(address(vm));

    Consortium private consortium;
    CertificateRegistry private registry;

    /// @dev Arguments that every act takes.
    struct Any {
        bytes32 organisation;
        bytes32 claim;
        bytes32 root;
        uint64 units;
        uint32 count;
        uint16 reason;
        uint64 deadline;
        Signature signature;
    }

    function setUp() public {
        address[] memory members = new address[](3);
        (members[0], members[1], members[2]) = (address(1), address(2), address(3));
        consortium = new Consortium(members, 2);
        registry = new CertificateRegistry(consortium, ICertificateRegistry(address(0)));
        svm.enableSymbolicStorage(address(consortium));
        svm.enableSymbolicStorage(address(registry));
    }

    function _alone(Leaf memory leaf) private pure returns (Certificate memory c) {
        c.leaf = leaf;
        c.proof = new bytes32[](0);
    }

    function _hash(Leaf memory leaf) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(Identifiers.LEAF_TYPEHASH, leaf))));
    }

    // --- units net of withdrawals never exceed the allowance --------------------------------------------------

    function checkAllowanceHoldsThroughAcquit(Leaf memory leaf, Any memory a) public {
        bytes32 hash = _hash(leaf);
        uint64 before = registry.standingOf(hash).used;
        assuming.assume(before <= leaf.allowance);
        try registry.acquit(_alone(leaf), a.organisation, a.claim, a.units, new ItemUse[](0), a.deadline, a.signature) {
            uint64 used = registry.standingOf(hash).used;
            assert(used <= leaf.allowance);
            assert(used == before + a.units);
            assert(a.units > 0);
        } catch {}
    }

    function checkAllowanceHoldsThroughWithdraw(Leaf memory leaf, Any memory a) public {
        bytes32 hash = _hash(leaf);
        uint64 before = registry.standingOf(hash).used;
        uint64 claimed = registry.claimOf(hash, a.organisation, a.claim).units;
        assuming.assume(before <= leaf.allowance);
        try registry.withdraw(hash, a.organisation, a.claim, a.reason, new ItemUnits[](0), a.deadline, a.signature) {
            uint64 used = registry.standingOf(hash).used;
            assert(used <= leaf.allowance);
            assert(used == before - claimed);
        } catch {}
    }

    function checkAllowanceHoldsThroughConsume(Leaf memory leaf, Leaf memory successor, Any memory a) public {
        bytes32 hash = _hash(leaf);
        uint64 before = registry.standingOf(hash).used;
        assuming.assume(before <= leaf.allowance);
        Certificate[] memory successors = new Certificate[](1);
        successors[0] = _alone(successor);
        try registry.consume(
            _alone(leaf),
            a.organisation,
            a.units,
            new ItemUse[](0),
            a.root,
            a.count,
            successors,
            a.deadline,
            a.signature
        ) {
            uint64 used = registry.standingOf(hash).used;
            assert(used <= leaf.allowance);
            assert(used == before + a.units);
            assert(successor.allowance <= a.units);
        } catch {}
    }

    /// @dev Must fail: were it proven, the proofs above would be about calls that never pass.
    function refuteThatNothingIsEverAcquitted(Leaf memory leaf, Any memory a) public {
        try registry.acquit(_alone(leaf), a.organisation, a.claim, a.units, new ItemUse[](0), a.deadline, a.signature) {
            assert(false);
        } catch {}
    }

    // --- revoked and superseded are final ---------------------------------------------------------------------

    function checkNoActBringsAnEndedCertificateBack(Leaf memory leaf, Any memory a, uint8 act) public {
        bytes32 hash = _hash(leaf);
        Standing memory before = registry.standingOf(hash);
        assuming.assume(before.status == Status.REVOKED || before.status == Status.SUPERSEDED);
        _anyAct(_alone(leaf), a, act);
        Standing memory standing = registry.standingOf(hash);
        assert(standing.status == before.status);
        assert(standing.used <= before.used);
    }

    function _anyAct(Certificate memory c, Any memory a, uint8 act) private {
        if (act == 0) try registry.suspend(c, a.reason, a.deadline, a.signature) {} catch {} else if (act == 1) try registry.reinstate(
            c, a.deadline, a.signature
        ) {}
            catch {} else if (act == 2) try registry.revoke(c, a.reason, a.deadline, a.signature) {}
            catch {} else if (act == 3) _supersede(c, a);
        else if (act == 4) _acquit(c, a);
        else if (act == 5) _withdraw(c, a);
        else if (act == 6) _refuse(c, a);
        else if (act == 7) _consume(c, a);
        else try registry.confirm(c.leaf.issuer, c.leaf.scheme, a.root, a.deadline, a.signature) {} catch {}
    }

    function _supersede(Certificate memory c, Any memory a) private {
        Certificate[] memory successors = new Certificate[](1);
        successors[0] = c;
        try registry.supersede(c, c.leaf.scheme, a.root, a.count, successors, a.reason, a.deadline, a.signature) {}
            catch {}
    }

    function _acquit(Certificate memory c, Any memory a) private {
        try registry.acquit(c, a.organisation, a.claim, a.units, new ItemUse[](0), a.deadline, a.signature) {} catch {}
    }

    function _withdraw(Certificate memory c, Any memory a) private {
        try registry.withdraw(
            _hash(c.leaf), a.organisation, a.claim, a.reason, new ItemUnits[](0), a.deadline, a.signature
        ) {}
            catch {}
    }

    function _refuse(Certificate memory c, Any memory a) private {
        try registry.refuse(c, a.organisation, a.claim, a.reason, a.deadline, a.signature) {} catch {}
    }

    function _consume(Certificate memory c, Any memory a) private {
        Certificate[] memory successors = new Certificate[](1);
        successors[0] = c;
        try registry.consume(
            c, a.organisation, a.units, new ItemUse[](0), a.root, a.count, successors, a.deadline, a.signature
        ) {}
            catch {}
    }

    // --- authority is asked of the block ----------------------------------------------------------------------

    function checkWhatIsIssuedWasAllowedAtThatBlock(bytes32 issuer, bytes32 scheme, Any memory a) public {
        bytes32 batch = keccak256(abi.encode(issuer, scheme, a.root));
        assuming.assume(registry.batchOf(batch).time == 0);
        assuming.assume(block.timestamp < 2 ** 47);
        try registry.issue(issuer, scheme, a.root, a.count, a.deadline, a.signature) {
            Batch memory found = registry.batchOf(batch);
            assert(found.time == block.timestamp);
            assert(block.timestamp <= a.deadline);
            _allowed(issuer, scheme, found);
        } catch {}
    }

    /// @dev Must fail, as above.
    function refuteThatNothingIsEverIssued(bytes32 issuer, bytes32 scheme, Any memory a) public {
        assuming.assume(registry.batchOf(keccak256(abi.encode(issuer, scheme, a.root))).time == 0);
        try registry.issue(issuer, scheme, a.root, a.count, a.deadline, a.signature) {
            assert(false);
        } catch {}
    }

    /// @dev Must fail: a certificate in good standing may be revoked.
    function refuteThatNothingIsEverRevoked(Leaf memory leaf, Any memory a) public {
        bytes32 hash = _hash(leaf);
        assuming.assume(registry.standingOf(hash).status == Status.GOOD);
        _anyAct(_alone(leaf), a, 2);
        assert(registry.standingOf(hash).status == Status.GOOD);
    }

    function _allowed(bytes32 issuer, bytes32 scheme, Batch memory found) private view {
        Key memory key = consortium.keyOf(issuer, found.key);
        assert(found.key != address(0));
        assert(key.since != 0);
        assert(key.until == 0);
        Accreditation memory right = consortium.accreditationOf(issuer, scheme);
        uint256 day = block.timestamp / 1 days;
        assert(right.kind != 0);
        assert(found.kind == right.kind);
        assert(day >= right.fromDay);
        assert(right.untilDay == 0 || day <= right.untilDay);
        Organisation memory holder = consortium.organisationOf(issuer);
        assert(holder.roles & (right.kind == 1 ? 2 : 4) != 0);
        assert(block.timestamp >= consortium.pausedUntil());
        assert(!consortium.isSealed(address(registry)));
    }
}
