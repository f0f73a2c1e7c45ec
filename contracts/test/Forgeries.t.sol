// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Certificate, ItemUse, Leaf} from "../src/interfaces/CertificateTypes.sol";
import {Signature} from "../src/interfaces/ISignedActs.sol";
import {RegistryWorld} from "./base/RegistryWorld.sol";
import {Act} from "./base/World.sol";

/// @title No forged or replayed signature acts
/// @notice Each run tries every act with signatures that are wrong in one way, then with the right one, which must pass
/// (so that it was the signature that the others were refused for), then with the right one again.
contract ForgeriesTest is RegistryWorld {
    uint256 private constant ACTS = 19;
    uint256 private constant TRIES = 5;
    uint256 private constant WRONG_ROLES = 8;
    /// @notice Forged and replayed signatures of one run.
    uint256 public constant A_RUN = ACTS * (TRIES + 1) + WRONG_ROLES + 1;

    enum Wrong {
        NOTHING,
        CHAIN,
        CONTRACT,
        MESSAGE,
        KEY,
        TWIN,
        TWIN_OTHER_PARITY,
        PARITY,
        BIT,
        MADE_UP,
        ZERO
    }

    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    bytes32 private constant MASK = 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff;

    Wrong private wrong;
    uint256 private chance;
    Certificate[8] private certificates;

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < certificates.length; ++i) {
            Certificate memory c = _issued("chamber-cn", i, 10);
            certificates[i].leaf = c.leaf;
        }
        _do(_suspend(keyOf("chamber-cn"), certificates[1], 1));
        _do(_acquit("customs-au", certificates[5], "claim", 1));
        _do(_enquireAs(keyOf("customs-au"), org("customs-au"), org("chamber-cn"), "asked", uint64(START + 1 days)));
        _do(_addKey(org("agent-cn"), keyOf("agent-cn"), org("agent-cn"), keyOf("second")));
        // A batch whose key is disowned, and a good key to confirm it with.
        _do(_issue("exporter-cn", "disowned", 1));
        _do(_addKey(org("exporter-cn"), keyOf("exporter-cn"), org("exporter-cn"), keyOf("good")));
        _do(_disown("exporter-cn", uint64(START)));
    }

    /// forge-config: default.fuzz.runs = 60
    /// forge-config: ci.fuzz.runs = 8500
    function testFuzzNoForgedOrReplayedSignatureIsAccepted(uint256 seed) public {
        uint256 tried = 0;
        for (uint256 i = 0; i < WRONG_ROLES; ++i) {
            _accepts(_withoutRight(i), "an act was accepted without the right to it: ", i);
            ++tried;
        }
        for (uint256 kind = 0; kind < ACTS; ++kind) {
            for (uint256 i = 0; i < TRIES; ++i) {
                chance = uint256(keccak256(abi.encode(seed, kind, i)));
                Act memory forged = _forge(kind);
                _accepts(forged, "a forged signature was accepted for act ", kind);
                vm.warp(START);
                ++tried;
            }
            Act memory honest = _make(kind);
            _do(honest);
            _accepts(honest, "a signature was accepted twice for act ", kind);
            ++tried;
        }
        // An earlier suspension, once it is lifted: its epoch has passed.
        Act memory suspension = _suspend(keyOf("chamber-cn"), certificates[6], 1);
        _do(suspension);
        _do(_reinstate(keyOf("chamber-cn"), certificates[6]));
        _accepts(suspension, "an old suspension was accepted again: ", 0);
        vm.assertEq(++tried, A_RUN, "tried");
    }

    /// @dev Fails if the act passes and writes anything. An act that is done already may pass, and change nothing.
    function _accepts(Act memory act, string memory words, uint256 number) private {
        vm.record();
        (bool done,) = act.target.call(act.data);
        (, bytes32[] memory writes) = vm.accesses(act.target);
        vm.assertTrue(!done || writes.length == 0, string.concat(words, vm.toString(number)));
    }

    // --- one way of being wrong -------------------------------------------------------------------------------

    function _forge(uint256 kind) private returns (Act memory act) {
        uint256 choice = chance % 13;
        uint64 usual = deadline;
        if (choice < 10) {
            wrong = Wrong(choice + 1);
            act = _make(kind);
            wrong = Wrong.NOTHING;
            return act;
        }
        deadline = uint64(START + 1_000 + (chance >> 8) % 1_000);
        act = _make(kind);
        // The council's votes have no deadline of this kind: theirs is forged as a message.
        if (!_hasWord(act.data, deadline)) {
            deadline = usual;
            wrong = Wrong.MESSAGE;
            act = _make(kind);
            wrong = Wrong.NOTHING;
            return act;
        }
        vm.warp(uint256(deadline) + 1 + (chance >> 32) % 1 days);
        // Passed; or passed, and stretched by who sends it.
        if (choice > 10) _stretch(act.data, deadline, uint64(block.timestamp + chance % 1 days));
        deadline = usual;
    }

    /// @dev Signs wrongly, in the way of `wrong`.
    function _sign(uint256 key, address target, bytes32 message)
        internal
        view
        override
        returns (Signature memory signature)
    {
        bytes32 digest = _digest(target, message);
        if (wrong == Wrong.CHAIN) digest = _digestFor(block.chainid ^ (1 << (chance >> 8) % 64), target, message);
        if (wrong == Wrong.CONTRACT) digest = _digestFor(block.chainid, _otherContract(target), message);
        if (wrong == Wrong.MESSAGE) digest = _digest(target, message ^ bytes32(1 << (chance >> 8) % 256));
        if (wrong == Wrong.KEY) key = _otherKey(key);
        (signature.r, signature.vs) = vm.signCompact(key, digest);
        bytes32 twin = bytes32(ORDER - uint256(signature.vs & MASK));
        if (wrong == Wrong.TWIN) signature.vs = twin;
        if (wrong == Wrong.TWIN_OTHER_PARITY) signature.vs = twin | ~MASK ^ (signature.vs & ~MASK);
        if (wrong == Wrong.PARITY) signature.vs ^= ~MASK;
        if (wrong == Wrong.BIT) {
            uint256 bit = (chance >> 8) % 512;
            if (bit < 256) signature.r ^= bytes32(1 << bit);
            else signature.vs ^= bytes32(1 << (bit - 256));
        }
        if (wrong == Wrong.MADE_UP) {
            signature = Signature(keccak256(abi.encode(chance, 1)), keccak256(abi.encode(chance, 2)) & MASK);
        }
        if (wrong == Wrong.ZERO) {
            if ((chance >> 8) % 3 != 0) signature.r = 0;
            if ((chance >> 8) % 3 != 1) signature.vs = 0;
        }
    }

    function _digestFor(uint256 chain, address target, bytes32 message) private pure returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Origin Ledger"),
                keccak256("1"),
                chain,
                target
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, message));
    }

    function _otherContract(address target) private view returns (address) {
        address[4] memory others =
            [address(registry), address(consortium), address(log), address(uint160(chance >> 16))];
        uint256 i = (chance >> 8) % 4;
        return others[i] == target ? others[(i + 1) % 4] : others[i];
    }

    function _otherKey(uint256 key) private view returns (uint256) {
        string[4] memory others = ["stranger", "auditor", "authority-au", "exporter-cn"];
        uint256 other = keyOf(others[(chance >> 8) % 4]);
        return other == key ? keyOf("stranger") : other;
    }

    /// @dev Where the word stands for the first time, counted in words after the selector; the length if nowhere.
    function _find(bytes memory data, uint64 word) private pure returns (uint256 at) {
        for (at = 36; at <= data.length; at += 32) {
            bytes32 found;
            assembly ("memory-safe") {
                found := mload(add(data, at))
            }
            if (found == bytes32(uint256(word))) return at;
        }
        return data.length + 1;
    }

    function _hasWord(bytes memory data, uint64 word) private pure returns (bool) {
        return _find(data, word) <= data.length;
    }

    function _stretch(bytes memory data, uint64 from, uint64 to) private pure {
        uint256 at = _find(data, from);
        assembly ("memory-safe") {
            mstore(add(data, at), to)
        }
    }

    // --- the acts ---------------------------------------------------------------------------------------------

    /// @dev An act that is good to be carried out, once; the pause comes late, because it stops others.
    function _make(uint256 kind) private returns (Act memory) {
        uint256 chamber = keyOf("chamber-cn");
        if (kind == 0) return _issue("chamber-cn", "a root", 3);
        if (kind == 1) return _suspend(chamber, certificates[0], 1);
        if (kind == 2) return _reinstate(chamber, certificates[1]);
        if (kind == 3) return _revoke(chamber, certificates[2], 1);
        if (kind == 4) {
            Leaf memory successor = _leafOf("chamber-cn", 100, 5);
            return _supersede(chamber, certificates[3], RCEP, hashOf(successor), _one(_alone(successor)));
        }
        if (kind == 5) return _acquit("customs-au", certificates[4], "claim", 2);
        if (kind == 6) return _withdraw("customs-au", hashOf(certificates[5].leaf), "claim");
        if (kind == 7) return _refuseAs(keyOf("customs-au"), org("customs-au"), certificates[6], "claim", 1);
        if (kind == 8) {
            Leaf memory successor = _leafOf("chamber-au", 101, 1);
            return
                _consume("chamber-au", certificates[7], 1, new ItemUse[](0), hashOf(successor), _one(_alone(successor)));
        }
        return _makeOther(kind);
    }

    function _makeOther(uint256 kind) private returns (Act memory) {
        bytes32 agent = org("agent-cn");
        if (kind == 9) {
            return
                _enquireAs(keyOf("customs-au"), org("customs-au"), org("chamber-cn"), "subject", uint64(START + 1 days));
        }
        if (kind == 10) return _answerAs(keyOf("chamber-cn"), org("customs-au"), org("chamber-cn"), "asked", 1);
        if (kind == 11) return _confirmAs(keyOf("good"), org("exporter-cn"), "disowned");
        if (kind == 12) return _enrol("authority-cn", agent, AGENT | EXPORTER);
        if (kind == 13) return _accredit("authority-cn", agent, RCEP, 2, 0, 0);
        if (kind == 14) return _addKey(agent, keyOf("agent-cn"), agent, keyOf("third"));
        if (kind == 15) return _retireKey(keyOf("agent-cn"), agent, addressOf("second"));
        if (kind == 16) return _anchor("carrier");
        if (kind == 17) return _memberPause(council[1], uint64(START + 1 hours));
        return _decide(abi.encodeCall(consortium.unpause, ()));
    }

    function _anchor(string memory reporter) private view returns (Act memory) {
        bytes32 typeHash = keccak256(
            "Anchor(bytes32 reporter,bytes32 stream,bytes32 previous,bytes32 head,uint64 count,uint64 deadline)"
        );
        bytes32 message = keccak256(
            abi.encode(typeHash, org(reporter), bytes32("stream"), bytes32(0), bytes32("head"), uint64(2), deadline)
        );
        Signature memory signature = _sign(keyOf(reporter), address(log), message);
        return
            Act(address(log), abi.encodeCall(log.anchor, (org(reporter), "stream", 0, "head", 2, deadline, signature)));
    }

    /// @dev Rightly signed by somebody who has no right to it.
    function _withoutRight(uint256 kind) private view returns (Act memory) {
        Certificate memory c = certificates[6];
        if (kind == 0) return _issue("auditor", "by an auditor", 1);
        if (kind == 1) return _issueAs(keyOf("chamber-cn"), org("chamber-cn"), CHAFTA, "no accreditation", 1);
        if (kind == 2) return _acquit("customs-cn", c, "elsewhere", 1);
        if (kind == 3) return _acquit("carrier", c, "carrier", 1);
        if (kind == 4) return _suspend(keyOf("chamber-au"), c, 1);
        if (kind == 5) return _anchor("auditor");
        if (kind == 6) return _enrol("customs-cn", org("newcomer"), ISSUER);
        return _accredit("authority-au", org("chamber-cn"), RCEP, 1, 0, 0);
    }
}
