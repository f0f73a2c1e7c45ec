// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CargoLog} from "../../src/CargoLog.sol";
import {CertificateRegistry} from "../../src/CertificateRegistry.sol";
import {Consortium} from "../../src/Consortium.sol";
import {Certificate, ItemUnits, ItemUse, Leaf} from "../../src/interfaces/CertificateTypes.sol";
import {ICargoLog} from "../../src/interfaces/ICargoLog.sol";
import {ICertificateRegistry} from "../../src/interfaces/ICertificateRegistry.sol";
import {Acceptance} from "../../src/interfaces/ICouncil.sol";
import {IConsortium} from "../../src/interfaces/IConsortium.sol";
import {Signature} from "../../src/interfaces/ISignedActs.sol";
import {Test} from "./Test.sol";

/// @notice A signed act, ready to be sent by anyone, and to be sent again.
struct Act {
    address target;
    bytes data;
}

/// @title A small consortium, and the hands to sign every act
/// @notice Types and domains are written out here once more, so that a wrong one in the contracts shows.
abstract contract World is Test {
    uint16 internal constant AUTHORITY = 1;
    uint16 internal constant ISSUER = 2;
    uint16 internal constant EXPORTER = 4;
    uint16 internal constant AGENT = 8;
    uint16 internal constant CUSTOMS = 16;
    uint16 internal constant REPORTER = 32;
    uint16 internal constant AUDITOR = 64;

    bytes8 internal constant CN = "CN";
    bytes8 internal constant AU = "AU";
    bytes32 internal constant RCEP = "RCEP";
    bytes32 internal constant CHAFTA = "CHAFTA";
    uint256 internal constant START = 1_790_000_000;
    uint256 internal constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    Consortium internal consortium;
    CertificateRegistry internal registry;
    CargoLog internal log;

    /// @dev Deadline that the acts are signed with.
    uint64 internal deadline = type(uint64).max;
    uint256 internal salts;
    /// @dev The council's keys, in order of their addresses.
    uint256[] internal council;

    function setUp() public virtual {
        vm.warp(START);
        (address[] memory members, uint256[] memory keys) = _sorted("council", 4);
        council = keys;
        consortium = new Consortium(members, 2);
        registry = new CertificateRegistry(consortium, ICertificateRegistry(address(0)));
        log = new CargoLog(consortium, ICargoLog(address(0)));
        _found("authority-cn", CN, AUTHORITY);
        _found("authority-au", AU, AUTHORITY);
        _found("customs-au", AU, CUSTOMS);
        _found("customs-cn", CN, CUSTOMS);
        _found("carrier", "SG", REPORTER);
        _found("auditor", CN, AUDITOR);
        _enlist("authority-cn", "chamber-cn", ISSUER);
        _enlist("authority-cn", "exporter-cn", EXPORTER);
        _enlist("authority-cn", "agent-cn", AGENT);
        _enlist("authority-au", "chamber-au", ISSUER);
        _do(_accredit("authority-cn", org("chamber-cn"), RCEP, 1, 0, 0));
        _do(_accredit("authority-cn", org("exporter-cn"), RCEP, 2, 0, 0));
        _do(_accredit("authority-au", org("chamber-au"), RCEP, 1, 0, 0));
    }

    // --- names, keys, sending ---------------------------------------------------------------------------------

    function org(string memory name) internal pure returns (bytes32) {
        return sha256(abi.encodePacked("origin-ledger/organisation/v1", bytes1(0), "urn:origin:test:", name));
    }

    /// @dev The private key of an organisation, or of anyone else with a name.
    function keyOf(string memory name) internal pure returns (uint256) {
        return uint256(keccak256(abi.encodePacked("key of ", name)));
    }

    function addressOf(string memory name) internal pure returns (address) {
        return vm.addr(keyOf(name));
    }

    function today() internal view returns (uint32) {
        return uint32(block.timestamp / 86_400);
    }

    function _sorted(string memory name, uint256 n)
        internal
        pure
        returns (address[] memory members, uint256[] memory keys)
    {
        members = new address[](n);
        keys = new uint256[](n);
        for (uint256 i = 0; i < n; ++i) {
            uint256 key = keyOf(string.concat(name, vm.toString(i)));
            uint256 j = i;
            for (; j > 0 && members[j - 1] > vm.addr(key); --j) {
                (members[j], keys[j]) = (members[j - 1], keys[j - 1]);
            }
            (members[j], keys[j]) = (vm.addr(key), key);
        }
    }

    function _do(Act memory act) internal {
        (bool done, bytes memory returned) = act.target.call(act.data);
        if (done) return;
        assembly ("memory-safe") {
            revert(add(returned, 32), mload(returned))
        }
    }

    /// @dev The act fails with exactly this error, and leaves no trace (a failed call never does).
    function _refused(Act memory act, bytes memory error) internal {
        (bool done, bytes memory returned) = act.target.call(act.data);
        vm.assertEq(done, false, "the act was carried out");
        vm.assertEq(returned, error, "another error");
    }

    function _error(bytes4 selector) internal pure returns (bytes memory) {
        return abi.encodePacked(selector);
    }

    // --- signatures -------------------------------------------------------------------------------------------

    function _digest(address target, bytes32 message) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Origin Ledger"),
                keccak256("1"),
                block.chainid,
                target
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, message));
    }

    function _sign(uint256 key, address target, bytes32 message)
        internal
        view
        virtual
        returns (Signature memory signature)
    {
        (signature.r, signature.vs) = vm.signCompact(key, _digest(target, message));
    }

    function _signC(uint256 key, bytes memory message) internal view returns (Signature memory) {
        return _sign(key, address(consortium), keccak256(message));
    }

    function _signR(uint256 key, bytes memory message) internal view returns (Signature memory) {
        return _sign(key, address(registry), keccak256(message));
    }

    // --- the council ------------------------------------------------------------------------------------------

    function _voteHash(bytes memory call, bytes32 salt, uint64 epoch, uint64 expires) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("Vote(bytes call,bytes32 salt,uint64 epoch,uint64 expires)"),
                keccak256(call),
                salt,
                epoch,
                expires
            )
        );
    }

    function _vote(bytes memory call, bytes32 salt, uint64 epoch, uint64 expires, uint256[] memory keys)
        internal
        view
        returns (Act memory)
    {
        Signature[] memory votes = new Signature[](keys.length);
        bytes32 message = _voteHash(call, salt, epoch, expires);
        for (uint256 i = 0; i < keys.length; ++i) {
            votes[i] = _sign(keys[i], address(consortium), message);
        }
        return Act(address(consortium), abi.encodeCall(consortium.execute, (call, salt, expires, votes)));
    }

    /// @dev A decision of the council as it sits, with just enough votes.
    function _decide(bytes memory call) internal returns (Act memory) {
        (, uint8 threshold, uint64 epoch) = consortium.council();
        uint256[] memory keys = new uint256[](threshold);
        for (uint256 i = 0; i < threshold; ++i) {
            keys[i] = council[i];
        }
        return _vote(call, bytes32(++salts), epoch, type(uint64).max, keys);
    }

    function _seatAcceptance(uint256 key, address member, uint64 until) internal view returns (Acceptance memory) {
        bytes32 typeHash = keccak256("AcceptSeat(address member,uint64 deadline)");
        return Acceptance(until, _signC(key, abi.encode(typeHash, member, until)));
    }

    function _memberPause(uint256 key, uint64 until) internal view returns (Act memory) {
        (,, uint64 epoch) = consortium.council();
        address member = vm.addr(key);
        bytes32 typeHash = keccak256("MemberPause(address member,uint64 until,uint64 epoch,uint64 deadline)");
        Signature memory signature = _signC(key, abi.encode(typeHash, member, until, epoch, deadline));
        return Act(address(consortium), abi.encodeCall(consortium.pauseAsMember, (member, until, deadline, signature)));
    }

    // --- members ----------------------------------------------------------------------------------------------

    function _keyAcceptance(uint256 key, bytes32 organisation) internal view returns (Acceptance memory) {
        bytes32 typeHash = keccak256("AcceptKey(bytes32 organisation,address key,uint64 deadline)");
        return Acceptance(deadline, _signC(key, abi.encode(typeHash, organisation, vm.addr(key), deadline)));
    }

    function _admit(string memory name, bytes8 territory, uint16 roles) internal returns (Act memory) {
        return _decide(abi.encodeCall(consortium.admit, (org(name), territory, roles)));
    }

    function _grantKey(string memory name, uint256 key) internal returns (Act memory) {
        return _decide(abi.encodeCall(consortium.grantKey, (org(name), vm.addr(key), _keyAcceptance(key, org(name)))));
    }

    function _found(string memory name, bytes8 territory, uint16 roles) internal {
        _do(_admit(name, territory, roles));
        _do(_grantKey(name, keyOf(name)));
    }

    function _enlist(string memory authority, string memory name, uint16 roles) internal {
        _do(_enrol(authority, org(name), roles));
        _do(_addKey(org(authority), keyOf(authority), org(name), keyOf(name)));
    }

    function _enrol(string memory authority, bytes32 organisation, uint16 roles) internal view returns (Act memory) {
        return _enrolAs(keyOf(authority), org(authority), organisation, roles);
    }

    function _enrolAs(uint256 key, bytes32 authority, bytes32 organisation, uint16 roles)
        internal
        view
        returns (Act memory)
    {
        bytes32 typeHash =
            keccak256("Enrol(bytes32 authority,bytes32 organisation,uint16 roles,uint32 epoch,uint64 deadline)");
        uint32 epoch = consortium.organisationOf(organisation).epoch;
        Signature memory signature = _signC(key, abi.encode(typeHash, authority, organisation, roles, epoch, deadline));
        return Act(
            address(consortium), abi.encodeCall(consortium.enrol, (authority, organisation, roles, deadline, signature))
        );
    }

    function _accredit(
        string memory authority,
        bytes32 organisation,
        bytes32 scheme,
        uint8 kind,
        uint32 fromDay,
        uint32 untilDay
    ) internal view returns (Act memory) {
        return _accreditAs(keyOf(authority), org(authority), organisation, scheme, kind, fromDay, untilDay);
    }

    function _accreditAs(
        uint256 key,
        bytes32 authority,
        bytes32 organisation,
        bytes32 scheme,
        uint8 kind,
        uint32 fromDay,
        uint32 untilDay
    ) internal view returns (Act memory) {
        bytes32[9] memory words;
        words[0] = keccak256(
            "Accredit(bytes32 authority,bytes32 organisation,bytes32 scheme,uint8 kind,uint32 fromDay,uint32 untilDay,uint32 epoch,uint64 deadline)"
        );
        words[1] = authority;
        words[2] = organisation;
        words[3] = scheme;
        words[4] = bytes32(uint256(kind));
        words[5] = bytes32(uint256(fromDay));
        words[6] = bytes32(uint256(untilDay));
        words[7] = bytes32(uint256(consortium.accreditationOf(organisation, scheme).epoch));
        words[8] = bytes32(uint256(deadline));
        Signature memory signature = _signC(key, abi.encode(words));
        return Act(
            address(consortium),
            abi.encodeCall(
                consortium.accredit, (authority, organisation, scheme, kind, fromDay, untilDay, deadline, signature)
            )
        );
    }

    /// @dev `by` signs for `sponsor`; `key` accepts.
    function _addKey(bytes32 sponsor, uint256 by, bytes32 organisation, uint256 key)
        internal
        view
        returns (Act memory)
    {
        bytes32 typeHash = keccak256("AddKey(bytes32 sponsor,bytes32 organisation,address key,uint64 deadline)");
        Signature memory signature = _signC(by, abi.encode(typeHash, sponsor, organisation, vm.addr(key), deadline));
        return Act(
            address(consortium),
            abi.encodeCall(
                consortium.addKey,
                (sponsor, organisation, vm.addr(key), deadline, signature, _keyAcceptance(key, organisation))
            )
        );
    }

    function _retireKey(uint256 by, bytes32 organisation, address key) internal view returns (Act memory) {
        bytes32 typeHash = keccak256("RetireKey(bytes32 organisation,address key,uint64 deadline)");
        Signature memory signature = _signC(by, abi.encode(typeHash, organisation, key, deadline));
        return Act(address(consortium), abi.encodeCall(consortium.retireKey, (organisation, key, deadline, signature)));
    }

    function _disown(string memory name, uint64 since) internal returns (Act memory) {
        return _decide(abi.encodeCall(consortium.disown, (org(name), addressOf(name), since)));
    }
}
