// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The roles of organisations, who grants them, and which one an accreditation needs
library Roles {
    uint16 internal constant AUTHORITY = 1;
    uint16 internal constant ISSUER = 2;
    uint16 internal constant EXPORTER = 4;
    uint16 internal constant AGENT = 8;
    uint16 internal constant CUSTOMS = 16;
    uint16 internal constant REPORTER = 32;
    uint16 internal constant AUDITOR = 64;

    uint16 internal constant BY_COUNCIL = AUTHORITY | CUSTOMS | REPORTER | AUDITOR;
    uint16 internal constant BY_AUTHORITY = ISSUER | EXPORTER | AGENT;
    uint16 internal constant ISSUING = ISSUER | EXPORTER;

    uint8 internal constant AUTHORITY_ISSUED = 1;
    uint8 internal constant LAST_KIND = 4;

    /// @dev The role that an accreditation of this kind (1 to 4) rests on.
    function forKind(uint8 kind) internal pure returns (uint16) {
        return kind == AUTHORITY_ISSUED ? ISSUER : EXPORTER;
    }
}
