// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Certificate, Leaf} from "../src/interfaces/CertificateTypes.sol";
import {Signature} from "../src/interfaces/ISignedActs.sol";
import {SignedActs} from "../src/libraries/SignedActs.sol";
import {Test} from "./base/Test.sol";
import {ProtocolHarness} from "./harness/ProtocolHarness.sol";

contract Recovery is SignedActs {
    function recover(bytes32 digest, Signature calldata signature) external pure returns (address) {
        return _recover(digest, signature);
    }
}

/// @title The shared vectors: what every implementation of the protocol must agree on
contract VectorsTest is Test {
    ProtocolHarness private harness = new ProtocolHarness();
    Recovery private recovery = new Recovery();

    function _read(string memory name) private view returns (string memory) {
        return vm.readFile(string.concat("../tests/vectors/", name, ".json"));
    }

    /// @dev The path of a member of case `i`; empty when there is no such case.
    function _at(uint256 i, string memory member) private pure returns (string memory) {
        return string.concat(".cases[", vm.toString(i), "].", member);
    }

    function testItemLeaves() public view {
        string memory json = _read("items");
        uint256 i = 0;
        for (; vm.keyExistsJson(json, _at(i, "leaf")); ++i) {
            bytes32 leaf = harness.itemLeaf(
                uint32(vm.parseJsonUint(json, _at(i, "item"))), uint64(vm.parseJsonUint(json, _at(i, "allowance")))
            );
            vm.assertEq(leaf, vm.parseJsonBytes32(json, _at(i, "leaf")), _at(i, "leaf"));
        }
        vm.assertTrue(i > 3, "no cases");
    }

    function testKeys() public view {
        string memory json = _read("keys");
        uint256 i = 0;
        for (; vm.keyExistsJson(json, _at(i, "key")); ++i) {
            string memory name = vm.parseJsonString(json, _at(i, "name"));
            bytes32 a = vm.parseJsonBytes32(json, _at(i, "a"));
            bytes32 b = vm.parseJsonBytes32(json, _at(i, "b"));
            vm.assertEq(_key(name, a, b, json, i), vm.parseJsonBytes32(json, _at(i, "key")), name);
        }
        vm.assertTrue(i > 4, "no cases");
    }

    function _key(string memory name, bytes32 a, bytes32 b, string memory json, uint256 i)
        private
        view
        returns (bytes32)
    {
        bytes32 kind = keccak256(bytes(name));
        if (kind == keccak256("streamKey")) return harness.streamKey(a, b);
        if (kind == keccak256("anchorKey")) return harness.anchorKey(a, b);
        bytes32 c = vm.parseJsonBytes32(json, _at(i, "c"));
        if (kind == keccak256("batchId")) return harness.batchId(a, b, c);
        if (kind == keccak256("claimKey")) return harness.claimKey(a, b, c);
        if (kind == keccak256("enquiryId")) return harness.enquiryId(a, b, c);
        revert(string.concat("no such key: ", name));
    }

    function testLeavesProofsAndTheirMutants() public view {
        string memory json = _read("proofs");
        uint256 accepted = 0;
        uint256 i = 0;
        for (; vm.keyExistsJson(json, _at(i, "batch")); ++i) {
            Certificate[] memory one = new Certificate[](1);
            one[0] = Certificate(_leaf(json, i), vm.parseJsonBytes32Array(json, _at(i, "proof")));
            (, bytes32[] memory batches) = harness.locateMany(one);
            bool expected = vm.parseJsonBool(json, _at(i, "accepted"));
            bool found = batches[0] == vm.parseJsonBytes32(json, _at(i, "batch"));
            vm.assertEq(found, expected, vm.parseJsonString(json, _at(i, "name")));
            if (found) ++accepted;
        }
        vm.assertTrue(accepted > 5 && i - accepted > 50, "too few cases");
    }

    function _leaf(string memory json, uint256 i) private pure returns (Leaf memory leaf) {
        leaf.digest = vm.parseJsonBytes32(json, _at(i, "digest"));
        leaf.issuer = vm.parseJsonBytes32(json, _at(i, "issuer"));
        leaf.scheme = vm.parseJsonBytes32(json, _at(i, "scheme"));
        leaf.destination = bytes8(vm.parseJsonBytes(json, _at(i, "destination")));
        leaf.validFrom = uint32(vm.parseJsonUint(json, _at(i, "validFrom")));
        leaf.validUntil = uint32(vm.parseJsonUint(json, _at(i, "validUntil")));
        leaf.allowance = uint64(vm.parseJsonUint(json, _at(i, "allowance")));
        leaf.itemsRoot = vm.parseJsonBytes32(json, _at(i, "itemsRoot"));
    }

    function testPreimagesOfInnerNodesAreNoLeaves() public view {
        string memory json = _read("preimages");
        uint256 i = 0;
        for (; vm.keyExistsJson(json, _at(i, "preimage")); ++i) {
            bytes32 leaf = keccak256(bytes.concat(keccak256(vm.parseJsonBytes(json, _at(i, "preimage")))));
            vm.assertEq(leaf, vm.parseJsonBytes32(json, _at(i, "leaf")), _at(i, "leaf"));
            bytes32 root = harness.processProof(vm.parseJsonBytes32Array(json, _at(i, "proof")), leaf);
            vm.assertEq(
                root == vm.parseJsonBytes32(json, _at(i, "root")),
                vm.parseJsonBool(json, _at(i, "accepted")),
                vm.parseJsonString(json, _at(i, "name"))
            );
        }
        vm.assertTrue(i > 4, "no cases");
    }

    function testSignaturesAndTheirMutants() public view {
        string memory json = _read("signatures");
        uint256 recovered = 0;
        uint256 i = 0;
        for (; vm.keyExistsJson(json, _at(i, "digest")); ++i) {
            bytes memory raw = vm.parseJsonBytes(json, _at(i, "signature"));
            // Other lengths have no place in the calldata.
            if (raw.length != 64) continue;
            Signature memory signature = abi.decode(raw, (Signature));
            address signer = address(0);
            try recovery.recover(vm.parseJsonBytes32(json, _at(i, "digest")), signature) returns (address found) {
                signer = found;
                ++recovered;
            } catch {}
            vm.assertEq(
                signer == vm.parseJsonAddress(json, _at(i, "signer")),
                vm.parseJsonBool(json, _at(i, "accepted")),
                vm.parseJsonString(json, _at(i, "name"))
            );
            // What a wrong one recovers to (zero: nothing) is the same everywhere, too.
            vm.assertEq(signer, vm.parseJsonAddress(json, _at(i, "recovered")), _at(i, "recovered"));
        }
        vm.assertTrue(recovered > 3 && i > 10, "too few cases");
    }

    /// @dev The digest of an act is its type's and its contract's; the messages are signed and sent by the suites of
    /// the services. Here: every signature over such a digest recovers to its signer.
    function testActsRecoverToTheirSigners() public view {
        string memory json = _read("acts");
        uint256 i = 0;
        for (; vm.keyExistsJson(json, _at(i, "digest")); ++i) {
            Signature memory signature = abi.decode(vm.parseJsonBytes(json, _at(i, "signature")), (Signature));
            bytes32 digest = vm.parseJsonBytes32(json, _at(i, "digest"));
            vm.assertEq(recovery.recover(digest, signature), vm.parseJsonAddress(json, _at(i, "signer")), _at(i, "act"));
        }
        vm.assertTrue(i > 20, "too few cases");
    }
}
