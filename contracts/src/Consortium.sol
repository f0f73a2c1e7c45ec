// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Council} from "./Council.sol";
import {Acceptance} from "./interfaces/ICouncil.sol";
import {Accreditation, IConsortium, Key, Organisation} from "./interfaces/IConsortium.sol";
import {Signature} from "./interfaces/ISignedActs.sol";
import {Roles} from "./libraries/Roles.sol";

/// @title The consortium: council, organisations, keys, roles, accreditations
contract Consortium is IConsortium, Council {
    bytes32 private constant ACCEPT_KEY_TYPEHASH =
        keccak256("AcceptKey(bytes32 organisation,address key,uint64 deadline)");
    bytes32 private constant ADD_KEY_TYPEHASH =
        keccak256("AddKey(bytes32 sponsor,bytes32 organisation,address key,uint64 deadline)");
    bytes32 private constant RETIRE_KEY_TYPEHASH =
        keccak256("RetireKey(bytes32 organisation,address key,uint64 deadline)");
    bytes32 private constant ENROL_TYPEHASH =
        keccak256("Enrol(bytes32 authority,bytes32 organisation,uint16 roles,uint32 epoch,uint64 deadline)");
    bytes32 private constant ACCREDIT_TYPEHASH = keccak256(
        "Accredit(bytes32 authority,bytes32 organisation,bytes32 scheme,uint8 kind,uint32 fromDay,uint32 untilDay,uint32 epoch,uint64 deadline)"
    );

    mapping(bytes32 organisation => Organisation) private _organisations;
    mapping(bytes32 organisation => mapping(address key => Key)) private _keys;
    mapping(bytes32 organisation => mapping(bytes32 scheme => Accreditation)) private _accreditations;
    mapping(address key => bytes32 organisation) private _holders;

    constructor(address[] memory members, uint8 threshold) Council(members, threshold) {}

    /// @inheritdoc IConsortium
    function admit(bytes32 organisation, bytes8 territory, uint16 roles) external onlyCouncil {
        if (roles & ~Roles.BY_COUNCIL != 0) revert RolesNotGrantable(roles, Roles.BY_COUNCIL);
        _requireTerritory(territory);
        Organisation storage record = _found(organisation, territory);
        record.roles = (record.roles & Roles.BY_AUTHORITY) | roles;
        emit Admitted(organisation, territory, roles);
    }

    /// @inheritdoc IConsortium
    function enrol(bytes32 authority, bytes32 organisation, uint16 roles, uint64 deadline, Signature calldata signature)
        external
    {
        if (roles & ~Roles.BY_AUTHORITY != 0) revert RolesNotGrantable(roles, Roles.BY_AUTHORITY);
        uint32 epoch = _organisations[organisation].epoch;
        bytes32 message = keccak256(abi.encode(ENROL_TYPEHASH, authority, organisation, roles, epoch, deadline));
        address signer = _signer(message, deadline, signature);
        bytes8 territory = _requireMay(authority, Roles.AUTHORITY, signer);

        Organisation storage record = _found(organisation, territory);
        record.roles = (record.roles & Roles.BY_COUNCIL) | roles;
        record.epoch = epoch + 1;
        emit Enrolled(organisation, authority, territory, roles, epoch + 1, signer);
    }

    /// @inheritdoc IConsortium
    function accredit(
        bytes32 authority,
        bytes32 organisation,
        bytes32 scheme,
        uint8 kind,
        uint32 fromDay,
        uint32 untilDay,
        uint64 deadline,
        Signature calldata signature
    ) external {
        Accreditation storage record = _accreditations[organisation][scheme];
        uint32 epoch = record.epoch;
        address signer = _signer(
            keccak256(
                abi.encode(ACCREDIT_TYPEHASH, authority, organisation, scheme, kind, fromDay, untilDay, epoch, deadline)
            ),
            deadline,
            signature
        );
        _requireSameTerritory(organisation, _requireMay(authority, Roles.AUTHORITY, signer));
        if (scheme == 0 || kind > Roles.LAST_KIND || (untilDay != 0 && untilDay < fromDay)) {
            revert AccreditationInvalid(scheme, kind, fromDay, untilDay);
        }
        if (kind != 0) _requireRole(organisation, Roles.forKind(kind));

        record.kind = kind;
        record.fromDay = fromDay;
        record.untilDay = untilDay;
        record.epoch = epoch + 1;
        record.since = uint64(block.timestamp);
        emit Accredited(organisation, scheme, authority, kind, fromDay, untilDay, epoch + 1, signer);
    }

    /// @inheritdoc IConsortium
    function grantKey(bytes32 organisation, address key, Acceptance calldata acceptance) external onlyCouncil {
        _requireKnown(organisation);
        _addKey(organisation, key, 0, true, address(0), acceptance);
    }

    /// @inheritdoc IConsortium
    function addKey(
        bytes32 sponsor,
        bytes32 organisation,
        address key,
        uint64 deadline,
        Signature calldata signature,
        Acceptance calldata acceptance
    ) external {
        address signer = _signer(
            keccak256(abi.encode(ADD_KEY_TYPEHASH, sponsor, organisation, key, deadline)), deadline, signature
        );
        bool vouched = false;
        if (sponsor == organisation) {
            _requireMay(organisation, 0, signer);
            vouched = _keys[organisation][signer].vouched;
        } else {
            _requireSameTerritory(organisation, _requireMay(sponsor, Roles.AUTHORITY, signer));
            if (_organisations[organisation].roles & Roles.BY_COUNCIL != 0) {
                revert SponsorRefused(sponsor, organisation);
            }
        }
        _addKey(organisation, key, sponsor, vouched, signer, acceptance);
    }

    /// @inheritdoc IConsortium
    function retireKey(bytes32 organisation, address key, uint64 deadline, Signature calldata signature) external {
        address signer =
            _signer(keccak256(abi.encode(RETIRE_KEY_TYPEHASH, organisation, key, deadline)), deadline, signature);
        _requireMay(organisation, 0, signer);
        if (signer == key) revert KeyRetiresItself(organisation, key);
        mapping(address => Key) storage keys = _keys[organisation];
        if (keys[key].vouched && !keys[signer].vouched) revert KeyNotVouched(organisation, signer);
        _endKey(organisation, key, signer);
    }

    /// @inheritdoc IConsortium
    function endKey(bytes32 organisation, address key) external onlyCouncil {
        _endKey(organisation, key, address(0));
    }

    /// @inheritdoc IConsortium
    function disown(bytes32 organisation, address key, uint64 since) external onlyCouncil {
        Key storage record = _keys[organisation][key];
        if (record.since == 0) revert KeyNotValid(organisation, key);
        uint64 latest = record.disowned ? record.disownedSince : uint64(block.timestamp) + 1;
        if (since >= latest) revert DisownTimeInvalid(key, since, latest);
        if (record.until == 0) _endKey(organisation, key, address(0));
        record.disowned = true;
        record.disownedSince = since;
        emit KeyDisowned(organisation, key, since);
    }

    /// @inheritdoc IConsortium
    function organisationOf(bytes32 organisation) external view returns (Organisation memory) {
        return _organisations[organisation];
    }

    /// @inheritdoc IConsortium
    function keyOf(bytes32 organisation, address key) external view returns (Key memory) {
        return _keys[organisation][key];
    }

    /// @inheritdoc IConsortium
    function accreditationOf(bytes32 organisation, bytes32 scheme) external view returns (Accreditation memory) {
        return _accreditations[organisation][scheme];
    }

    /// @inheritdoc IConsortium
    function holderOf(address key) external view returns (bytes32) {
        return _holders[key];
    }

    /// @inheritdoc IConsortium
    function isDisowned(bytes32 organisation, address key, uint64 time) external view returns (bool) {
        Key storage record = _keys[organisation][key];
        return record.disowned && record.disownedSince <= time;
    }

    /// @inheritdoc IConsortium
    function requireMember(bytes32 organisation, uint16 roles, address key, bool pausable)
        external
        view
        returns (bytes8 territory)
    {
        _requireOpen(pausable);
        return _requireMay(organisation, roles, key);
    }

    /// @inheritdoc IConsortium
    function requireIssuer(bytes32 organisation, bytes32 scheme, address key)
        external
        view
        returns (uint8 kind, bytes8 territory)
    {
        _requireOpen(true);
        territory = _requireMay(organisation, 0, key);
        Accreditation storage record = _accreditations[organisation][scheme];
        kind = record.kind;
        uint32 day = uint32(block.timestamp / 1 days);
        if (kind == 0 || day < record.fromDay || (record.untilDay != 0 && day > record.untilDay)) {
            revert NotAccredited(organisation, scheme, day);
        }
        _requireRole(organisation, Roles.forKind(kind));
    }

    /// @dev The asking contract takes acts: not sealed, and not paused where a pause matters.
    function _requireOpen(bool pausable) private view {
        if (isSealed(msg.sender)) revert Sealed(msg.sender);
        if (pausable && block.timestamp < pausedUntil()) revert Paused(pausedUntil());
    }

    /// @dev `key` may act for the organisation now, in one of `roles` (zero = any member).
    function _requireMay(bytes32 organisation, uint16 roles, address key) private view returns (bytes8 territory) {
        territory = _requireKnown(organisation);
        Key storage record = _keys[organisation][key];
        if (record.since == 0 || record.until != 0) revert KeyNotValid(organisation, key);
        if (roles == 0) return territory;
        _requireRole(organisation, roles);
        if (roles & Roles.BY_COUNCIL != 0 && !record.vouched) revert KeyNotVouched(organisation, key);
    }

    function _requireKnown(bytes32 organisation) private view returns (bytes8 territory) {
        territory = _organisations[organisation].territory;
        if (territory == 0) revert UnknownOrganisation(organisation);
    }

    function _requireSameTerritory(bytes32 organisation, bytes8 territory) private view {
        bytes8 actual = _requireKnown(organisation);
        if (actual != territory) revert TerritoryDiffers(organisation, actual, territory);
    }

    function _requireRole(bytes32 organisation, uint16 roles) private view {
        uint16 held = _organisations[organisation].roles;
        if (held & roles == 0) revert RoleMissing(organisation, roles, held);
    }

    function _requireTerritory(bytes8 territory) private pure {
        uint256 length = 0;
        while (length < 8 && territory[length] != 0) {
            bytes1 c = territory[length];
            bool letter = c >= "A" && c <= "Z";
            bool digit = c >= "0" && c <= "9";
            if (!letter && !digit) revert TerritoryInvalid(territory);
            ++length;
        }
        if (length < 2 || territory << (8 * length) != 0) revert TerritoryInvalid(territory);
    }

    /// @dev The organisation's record, made when it is new; its territory is for ever.
    function _found(bytes32 organisation, bytes8 territory) private returns (Organisation storage record) {
        if (organisation == 0) revert OrganisationInvalid(organisation);
        record = _organisations[organisation];
        if (record.territory == 0) {
            record.territory = territory;
            record.since = uint64(block.timestamp);
        } else if (record.territory != territory) {
            revert TerritoryDiffers(organisation, record.territory, territory);
        }
    }

    function _addKey(
        bytes32 organisation,
        address key,
        bytes32 sponsor,
        bool vouched,
        address signer,
        Acceptance calldata acceptance
    ) private {
        address accepted = _signer(
            keccak256(abi.encode(ACCEPT_KEY_TYPEHASH, organisation, key, acceptance.deadline)),
            acceptance.deadline,
            acceptance.signature
        );
        if (accepted != key) revert AcceptanceForeign(key, accepted);
        if (_holders[key] != 0) revert KeyTaken(key, _holders[key]);
        _holders[key] = organisation;
        Key storage record = _keys[organisation][key];
        record.since = uint64(block.timestamp);
        record.vouched = vouched;
        emit KeyAdded(organisation, key, sponsor, vouched, signer);
    }

    function _endKey(bytes32 organisation, address key, address signer) private {
        Key storage record = _keys[organisation][key];
        if (record.since == 0 || record.until != 0) revert KeyNotEndable(organisation, key);
        record.until = uint64(block.timestamp);
        emit KeyEnded(organisation, key, signer);
    }
}
