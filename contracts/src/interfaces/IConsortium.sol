// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Acceptance, ICouncil} from "./ICouncil.sol";
import {Signature} from "./ISignedActs.sol";

/// @notice A member. It exists once its territory is set, which then never changes.
/// @param territory customs territory, e.g. "CN"
/// @param roles bits: AUTHORITY 1, ISSUER 2, EXPORTER 4, AGENT 8, CUSTOMS 16, REPORTER 32, AUDITOR 64
/// @param epoch number of enrolments carried out; the next `Enrol` signs it
/// @param since when the organisation was first recorded (Unix seconds)
struct Organisation {
    bytes8 territory;
    uint16 roles;
    uint32 epoch;
    uint64 since;
}

/// @notice A signing key of one organisation. Valid now: since ≠ 0, until = 0, not disowned.
/// @param since when it was added; zero = not a key of this organisation
/// @param until when it was retired, ended or disowned; zero = not yet
/// @param disownedSince from when on what it signed is not the organisation's (when `disowned`)
/// @param disowned whether the council disowned it
/// @param vouched whether the council granted it, or a vouched key of the organisation added it
struct Key {
    uint64 since;
    uint64 until;
    uint64 disownedSince;
    bool disowned;
    bool vouched;
}

/// @notice An organisation's right to issue under one scheme.
/// @param kind 0 none, 1 AUTHORITY_ISSUED, 2 APPROVED_EXPORTER, 3 REGISTERED_EXPORTER, 4 SELF_CERTIFIED
/// @param fromDay first day (days since 1970-01-01); zero = not stated
/// @param untilDay last day, inclusive; zero = not stated
/// @param epoch number of changes so far; the next `Accredit` signs it
/// @param since when this record was last changed (Unix seconds)
struct Accreditation {
    uint8 kind;
    uint32 fromDay;
    uint32 untilDay;
    uint32 epoch;
    uint64 since;
}

/// @title The consortium: who is who, with which keys, roles and accreditations, and may they act now
/// @notice Decisions worth knowing:
/// - A territory is for ever. An authority that enrols a name which belongs to a body of another territory can
///   thereby keep that body from the name; it signed the act, the council takes its role, and the body joins under
///   another registered identifier. Nothing can be done *with* the name: see the next line.
/// - A key acts in a council-granted role (AUTHORITY, CUSTOMS, REPORTER) only when it is *vouched*: granted by the
///   council or added by a vouched key. An authority that enrols a future customs body and plants a key there gains
///   nothing when the council later admits that body, whatever the order of the transactions.
/// - A key that is not vouched cannot retire one that is.
/// - Only the council backdates (`disown`), and a disowned key is ended with it.
interface IConsortium is ICouncil {
    /// @notice The council set an organisation's council-granted roles (AUTHORITY, CUSTOMS, REPORTER, AUDITOR).
    event Admitted(bytes32 indexed organisation, bytes8 indexed territory, uint16 roles);
    /// @notice An authority set an organisation's ISSUER, EXPORTER and AGENT roles.
    event Enrolled(
        bytes32 indexed organisation,
        bytes32 indexed authority,
        bytes8 indexed territory,
        uint16 roles,
        uint32 epoch,
        address signer
    );
    /// @notice An authority set or withdrew (kind 0) an accreditation.
    event Accredited(
        bytes32 indexed organisation,
        bytes32 indexed scheme,
        bytes32 indexed authority,
        uint8 kind,
        uint32 fromDay,
        uint32 untilDay,
        uint32 epoch,
        address signer
    );
    /// @notice A key was added; `sponsor` is zero for the council.
    event KeyAdded(
        bytes32 indexed organisation, address indexed key, bytes32 indexed sponsor, bool vouched, address signer
    );
    /// @notice A key ended; `signer` is the key that retired it, zero for the council.
    event KeyEnded(bytes32 indexed organisation, address indexed key, address signer);
    /// @notice What `key` signed from `since` on is not the organisation's, unless it confirms it.
    event KeyDisowned(bytes32 indexed organisation, address indexed key, uint64 since);

    /// @notice Nobody of this name has been admitted or enrolled.
    error UnknownOrganisation(bytes32 organisation);
    /// @notice The zero name.
    error OrganisationInvalid(bytes32 organisation);
    /// @notice Not 2 to 8 of A–Z and 0–9, left-aligned and zero-padded.
    error TerritoryInvalid(bytes8 territory);
    /// @notice The organisation belongs to another territory.
    error TerritoryDiffers(bytes32 organisation, bytes8 actual, bytes8 given);
    /// @notice Roles that this grantor cannot give.
    error RolesNotGrantable(uint16 roles, uint16 grantable);
    /// @notice The organisation holds none of the roles that the act needs.
    error RoleMissing(bytes32 organisation, uint16 needed, uint16 held);
    /// @notice The signer is no key of the organisation, or no longer.
    error KeyNotValid(bytes32 organisation, address key);
    /// @notice The act needs a key that the council, or a key that it granted, vouches for.
    error KeyNotVouched(bytes32 organisation, address key);
    /// @notice The address serves an organisation already, and for ever.
    error KeyTaken(address key, bytes32 holder);
    /// @notice The key to end is not one of the organisation's valid keys.
    error KeyNotEndable(bytes32 organisation, address key);
    /// @notice A key does not retire itself: another one does, or the council.
    error KeyRetiresItself(bytes32 organisation, address key);
    /// @notice Neither the organisation itself nor an authority that may speak for it.
    error SponsorRefused(bytes32 sponsor, bytes32 organisation);
    /// @notice In the future, or not earlier than the time since which the key is disowned already.
    error DisownTimeInvalid(address key, uint64 since, uint64 latest);
    /// @notice Kind above 4, scheme zero, or the last day before the first.
    error AccreditationInvalid(bytes32 scheme, uint8 kind, uint32 fromDay, uint32 untilDay);
    /// @notice No accreditation for the scheme on this day (days since 1970-01-01).
    error NotAccredited(bytes32 organisation, bytes32 scheme, uint32 day);
    /// @notice The ledger is paused.
    error Paused(uint64 until);
    /// @notice The contract that takes the act is sealed.
    error Sealed(address target);

    /// @notice Council: records an organisation and sets its council-granted roles (zero takes them all).
    /// What authorities granted stays.
    function admit(bytes32 organisation, bytes8 territory, uint16 roles) external;

    /// @notice An authority records an organisation of its own territory and sets its ISSUER, EXPORTER and AGENT
    /// roles (zero takes them all), by `Enrol(bytes32 authority,bytes32 organisation,uint16 roles,uint32
    /// epoch,uint64 deadline)`. What the council granted stays.
    function enrol(bytes32 authority, bytes32 organisation, uint16 roles, uint64 deadline, Signature calldata signature)
        external;

    /// @notice An authority accredits an organisation of its own territory, or withdraws it (kind 0), by
    /// `Accredit(…,uint32 epoch,uint64 deadline)`. Kind 1 needs the role ISSUER, kinds 2 to 4 the role EXPORTER.
    function accredit(
        bytes32 authority,
        bytes32 organisation,
        bytes32 scheme,
        uint8 kind,
        uint32 fromDay,
        uint32 untilDay,
        uint64 deadline,
        Signature calldata signature
    ) external;

    /// @notice Council: gives an organisation a (vouched) key, which accepts by
    /// `AcceptKey(bytes32 organisation,address key,uint64 deadline)`.
    function grantKey(bytes32 organisation, address key, Acceptance calldata acceptance) external;

    /// @notice Adds a key by `AddKey(bytes32 sponsor,bytes32 organisation,address key,uint64 deadline)`. The
    /// sponsor is the organisation itself (the new key is vouched if the signing one is), or an authority of its
    /// territory as long as the organisation holds no council-granted role (the new key is not vouched).
    function addKey(
        bytes32 sponsor,
        bytes32 organisation,
        address key,
        uint64 deadline,
        Signature calldata signature,
        Acceptance calldata acceptance
    ) external;

    /// @notice Ends a key from now on, by `RetireKey(bytes32 organisation,address key,uint64 deadline)` of another
    /// valid key of the organisation. What it signed before stands. It never returns.
    function retireKey(bytes32 organisation, address key, uint64 deadline, Signature calldata signature) external;

    /// @notice Council: ends a key from now on.
    function endKey(bytes32 organisation, address key) external;

    /// @notice Council: disowns a key since a time that is not in the future, and ends it. A second call can only
    /// move the time back; what was disowned by mistake the issuer confirms.
    function disown(bytes32 organisation, address key, uint64 since) external;

    /// @notice The record of an organisation; all zero when unknown.
    function organisationOf(bytes32 organisation) external view returns (Organisation memory);

    /// @notice The record of a key of an organisation; all zero when it is none.
    function keyOf(bytes32 organisation, address key) external view returns (Key memory);

    /// @notice The record of an accreditation; all zero when there never was one.
    function accreditationOf(bytes32 organisation, bytes32 scheme) external view returns (Accreditation memory);

    /// @notice The organisation that an address serves, for ever; zero = none.
    function holderOf(address key) external view returns (bytes32);

    /// @notice Whether what `key` signed at `time` is disowned.
    function isDisowned(bytes32 organisation, address key, uint64 time) external view returns (bool);

    /// @notice Passes if `key` may act for `organisation` in the calling contract, in one of `roles` (zero = any
    /// member).
    /// @param pausable whether a pause stops the act
    /// @return territory the organisation's
    function requireMember(bytes32 organisation, uint16 roles, address key, bool pausable)
        external
        view
        returns (bytes8 territory);

    /// @notice Passes if `key` may issue for `organisation` under `scheme` in the calling contract, in this block.
    /// @return kind of the accreditation
    /// @return territory the organisation's
    function requireIssuer(bytes32 organisation, bytes32 scheme, address key)
        external
        view
        returns (uint8 kind, bytes8 territory);
}
