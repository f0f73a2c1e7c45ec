// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Certificate, ItemUse, Leaf} from "../src/interfaces/CertificateTypes.sol";
import {ICertificateRegistry} from "../src/interfaces/ICertificateRegistry.sol";
import {IConsortium} from "../src/interfaces/IConsortium.sol";
import {Signature} from "../src/interfaces/ISignedActs.sol";
import {RegistryWorld} from "./base/RegistryWorld.sol";
import {Act} from "./base/World.sol";

/// @title Laws for any input
contract FuzzTest is RegistryWorld {
    function _passes(Act memory act) private returns (bool done) {
        (done,) = act.target.call(act.data);
    }

    function _wellFormed(bytes8 territory) private pure returns (bool) {
        uint256 length = 0;
        bool ended = false;
        for (uint256 i = 0; i < 8; ++i) {
            uint8 c = uint8(territory[i]);
            if (c == 0) ended = true;
            else if (ended || !((c >= 65 && c <= 90) || (c >= 48 && c <= 57))) return false;
            else ++length;
        }
        return length >= 2;
    }

    function testFuzzOnlyWellFormedTerritoriesAreAdmitted(bytes8 territory, uint8 length, bool tame) public {
        if (tame) {
            // Letters and digits, cut to a length: random bytes alone would hardly ever be well formed.
            bytes memory alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
            bytes8 made;
            for (uint256 i = 0; i < length % 9; ++i) {
                made |= bytes8(alphabet[uint8(territory[i]) % 32]) >> (8 * i);
            }
            territory = made;
        }
        vm.assertEq(_passes(_admit("new", territory, CUSTOMS)), _wellFormed(territory), "admitted");
    }

    /// @dev A batch of four; one bit of the second leaf's preimage or proof is flipped.
    function testFuzzAFlippedBitIsNotRegistered(uint256 seed) public {
        Leaf[4] memory leaves;
        bytes32[4] memory hashes;
        for (uint256 i = 0; i < 4; ++i) {
            leaves[i] = _leafOf("chamber-cn", uint256(keccak256(abi.encode(seed, i))), 5);
            hashes[i] = hashOf(leaves[i]);
        }
        bytes32[] memory proof = new bytes32[](2);
        proof[0] = hashes[0];
        proof[1] = pair(hashes[2], hashes[3]);
        _do(_issue("chamber-cn", pair(pair(hashes[0], hashes[1]), proof[1]), 4));
        Certificate memory c = Certificate(leaves[1], proof);
        _do(_suspend(keyOf("chamber-cn"), c, 1));

        bytes memory words = abi.encode(c.leaf, c.proof);
        // The members of the leaf with their own widths, then the two siblings.
        uint16[10] memory starts = [0, 32, 64, 96, 156, 188, 216, 224, 320, 352];
        uint8[10] memory sizes = [32, 32, 32, 8, 4, 4, 8, 32, 32, 32];
        uint256 member = seed % 10;
        uint256 bit = (seed >> 8) % (8 * uint256(sizes[member]));
        words[starts[member] + bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        (c.leaf, c.proof) = abi.decode(words, (Leaf, bytes32[]));
        (bool done, bytes memory returned) = address(registry).call(_revoke(keyOf("chamber-cn"), c, 1).data);
        vm.assertEq(done, false, "revoked");
        vm.assertEq(bytes32(bytes4(returned)), bytes32(ICertificateRegistry.BatchUnknown.selector), "another error");
    }

    function testFuzzAProofOfAnotherShapeIsNotRegistered(uint256 seed) public {
        Leaf memory leaf = _leafOf("chamber-cn", seed, 5);
        bytes32 sibling = keccak256(abi.encode(seed));
        _do(_issue("chamber-cn", pair(hashOf(leaf), sibling), 2));
        bytes32[] memory proof = new bytes32[](seed % 33);
        for (uint256 i = 0; i < proof.length; ++i) {
            proof[i] = i == (seed >> 8) % proof.length ? sibling : keccak256(abi.encode(seed, i));
        }
        bool right = proof.length == 1;
        vm.assertEq(_passes(_revoke(keyOf("chamber-cn"), Certificate(leaf, proof), 1)), right, "revoked");
    }

    function testFuzzAnAccreditationHoldsFromDayToDay(uint32 fromDay, uint32 untilDay, uint32 day) public {
        if (untilDay != 0 && untilDay < fromDay) (fromDay, untilDay) = (untilDay, fromDay);
        _do(_accredit("authority-cn", org("chamber-cn"), CHAFTA, 1, fromDay, untilDay));
        day = uint32(bound(day, 1, type(uint32).max));
        vm.warp(uint256(day) * 1 days + (day % 86_400));
        bool expected = day >= fromDay && (untilDay == 0 || day <= untilDay);
        vm.assertEq(_passes(_issueAs(keyOf("chamber-cn"), org("chamber-cn"), CHAFTA, "root", 1)), expected, "issued");
    }

    function testFuzzNoMadeUpSignatureActs(bytes32 r, bytes32 vs, bytes32 root) public {
        Signature memory signature = Signature(r, vs);
        vm.assertEq(
            _passes(_act(abi.encodeCall(registry.issue, (org("chamber-cn"), RCEP, root, 1, deadline, signature)))),
            false,
            "issued"
        );
    }

    function testFuzzASignatureIsForItsMessageAlone(uint256 seed, uint32 count, bytes32 root) public {
        Signature memory signature = _issueSignature(keyOf("chamber-cn"), org("chamber-cn"), RCEP, root, count);
        bytes32 other = seed % 2 == 0 ? root : keccak256(abi.encode(root));
        uint32 n = seed % 2 == 0 ? count ^ uint32(1 << ((seed >> 8) % 32)) : count;
        vm.assertEq(
            _passes(_act(abi.encodeCall(registry.issue, (org("chamber-cn"), RCEP, other, n, deadline, signature)))),
            false,
            "issued"
        );
    }

    function testFuzzVotesOfEnoughDistinctMembersInOrderExecute(uint256 seed, uint8 count) public {
        count = uint8(bound(count, 0, 6));
        uint256[] memory keys = new uint256[](count);
        bool good = count >= 2;
        for (uint256 i = 0; i < count; ++i) {
            uint256 choice = (seed >> (8 * i)) % 6;
            keys[i] = choice < 4 ? council[choice] : keyOf(string.concat("stranger", vm.toString(choice)));
            if (choice >= 4) good = false;
            if (i > 0 && vm.addr(keys[i]) <= vm.addr(keys[i - 1])) good = false;
        }
        bytes memory call = abi.encodeCall(consortium.unpause, ());
        vm.assertEq(_passes(_vote(call, "salt", 1, type(uint64).max, keys)), good, "executed");
    }

    function testFuzzUnitsNeverExceedTheAllowance(uint64 allowance, uint64[6] memory units) public {
        Certificate memory c = _issued("chamber-cn", 1, allowance);
        uint256 used = 0;
        for (uint256 i = 0; i < 6; ++i) {
            bool expected = units[i] > 0 && used + units[i] <= allowance;
            vm.assertEq(_passes(_acquit("customs-au", c, bytes32(i), units[i])), expected, "acquitted");
            if (expected) used += units[i];
        }
        vm.assertEq(registry.standingOf(hashOf(c.leaf)).used, used, "used");
    }
}
