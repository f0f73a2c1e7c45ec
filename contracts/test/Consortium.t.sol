// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Acceptance, ICouncil} from "../src/interfaces/ICouncil.sol";
import {Accreditation, IConsortium, Key, Organisation} from "../src/interfaces/IConsortium.sol";
import {ISignedActs, Signature} from "../src/interfaces/ISignedActs.sol";
import {Act, World} from "./base/World.sol";

contract ConsortiumTest is World {
    // --- admit and enrol --------------------------------------------------------------------------------------

    function testTheCouncilAdmitsAndSetsItsRolesOnly() public {
        Act memory act = _admit("new", "EU", AUTHORITY | CUSTOMS);
        vm.warp(START + 1);
        _do(act);
        Organisation memory o = consortium.organisationOf(org("new"));
        vm.assertEq(bytes32(o.territory), bytes32("EU"), "territory");
        vm.assertEq(o.roles, AUTHORITY | CUSTOMS, "roles");
        vm.assertEq(o.since, START + 1, "since");
        _do(_admit("chamber-cn", CN, REPORTER));
        vm.assertEq(consortium.organisationOf(org("chamber-cn")).roles, ISSUER | REPORTER, "both");
        _do(_enrol("authority-cn", org("chamber-cn"), EXPORTER));
        vm.assertEq(consortium.organisationOf(org("chamber-cn")).roles, EXPORTER | REPORTER, "council's stays");
        _do(_admit("chamber-cn", CN, 0));
        vm.assertEq(consortium.organisationOf(org("chamber-cn")).roles, EXPORTER, "authority's stays");
        vm.assertEq(consortium.organisationOf(org("chamber-cn")).since, START, "first recorded");
    }

    function testEachGrantsOnlyItsOwnRoles() public {
        uint16[3] memory notCouncils = [ISSUER, EXPORTER, AGENT];
        for (uint256 i = 0; i < 3; ++i) {
            _refused(
                _admit("new", CN, notCouncils[i] | CUSTOMS),
                abi.encodeWithSelector(IConsortium.RolesNotGrantable.selector, notCouncils[i] | CUSTOMS, 113)
            );
        }
        uint16[5] memory notAuthoritys = [AUTHORITY, CUSTOMS, REPORTER, AUDITOR, 128];
        for (uint256 i = 0; i < 5; ++i) {
            _refused(
                _enrol("authority-cn", org("new"), notAuthoritys[i]),
                abi.encodeWithSelector(IConsortium.RolesNotGrantable.selector, notAuthoritys[i], 14)
            );
        }
        _refused(_admit("new", CN, 128), abi.encodeWithSelector(IConsortium.RolesNotGrantable.selector, 128, 113));
    }

    function testMalformedTerritoriesAreRefused() public {
        bytes8[8] memory bad = [bytes8(0), "C", "cn", "C-N", "CN ", hex"434e00434e", hex"00434e", hex"434e000000000001"];
        for (uint256 i = 0; i < bad.length; ++i) {
            _refused(_admit("new", bad[i], 16), abi.encodeWithSelector(IConsortium.TerritoryInvalid.selector, bad[i]));
        }
        _do(_admit("eight", "ABCXYZ09", 16));
    }

    function testNobodyIsCalledZero() public {
        _refused(
            _decide(abi.encodeCall(consortium.admit, (0, CN, 16))),
            abi.encodeWithSelector(IConsortium.OrganisationInvalid.selector, 0)
        );
        _refused(_enrol("authority-cn", 0, ISSUER), abi.encodeWithSelector(IConsortium.OrganisationInvalid.selector, 0));
    }

    function testATerritoryIsForEver() public {
        _refused(
            _admit("chamber-cn", AU, CUSTOMS),
            abi.encodeWithSelector(IConsortium.TerritoryDiffers.selector, org("chamber-cn"), CN, AU)
        );
        _refused(
            _enrol("authority-au", org("chamber-cn"), ISSUER),
            abi.encodeWithSelector(IConsortium.TerritoryDiffers.selector, org("chamber-cn"), CN, AU)
        );
    }

    function testAnEnrolmentIsNotReplayed() public {
        Act memory grant = _enrol("authority-cn", org("chamber-cn"), ISSUER | AGENT);
        _do(grant);
        _do(_enrol("authority-cn", org("chamber-cn"), 0));
        vm.assertEq(consortium.organisationOf(org("chamber-cn")).epoch, 3, "epoch");
        // The old signature now recovers to a stranger: the epoch is part of the message.
        (bool done, bytes memory returned) = grant.target.call(grant.data);
        vm.assertEq(done, false, "replayed");
        vm.assertEq(bytes32(bytes4(returned)), bytes32(IConsortium.KeyNotValid.selector), "error");
    }

    function testDeadlinesAreInclusive() public {
        deadline = uint64(START + 5);
        Act memory act = _enrol("authority-cn", org("new"), ISSUER);
        vm.warp(deadline + 1);
        _refused(act, abi.encodeWithSelector(ISignedActs.DeadlinePassed.selector, deadline, deadline + 1));
        vm.warp(deadline);
        _do(act);
    }

    // --- accreditation ----------------------------------------------------------------------------------------

    function testAnAccreditationIsRecordedAndNotReplayed() public {
        Act memory act = _accredit("authority-cn", org("chamber-cn"), CHAFTA, 1, 100, 30_000);
        vm.expectEmit(address(consortium));
        emit IConsortium.Accredited(
            org("chamber-cn"), CHAFTA, org("authority-cn"), 1, 100, 30_000, 1, addressOf("authority-cn")
        );
        _do(act);
        Accreditation memory a = consortium.accreditationOf(org("chamber-cn"), CHAFTA);
        vm.assertEq(a.kind, 1, "kind");
        vm.assertEq(a.fromDay, 100, "from");
        vm.assertEq(a.untilDay, 30_000, "until");
        vm.assertEq(a.since, START, "since");
        _do(_accredit("authority-cn", org("chamber-cn"), CHAFTA, 0, 0, 0));
        (bool done, bytes memory returned) = act.target.call(act.data);
        vm.assertEq(done, false, "replayed");
        vm.assertEq(bytes32(bytes4(returned)), bytes32(IConsortium.KeyNotValid.selector), "error");
    }

    function testAccreditationsMustMakeSense() public {
        bytes32 chamber = org("chamber-cn");
        bytes4 invalid = IConsortium.AccreditationInvalid.selector;
        _refused(_accredit("authority-cn", chamber, RCEP, 5, 0, 0), abi.encodeWithSelector(invalid, RCEP, 5, 0, 0));
        _refused(_accredit("authority-cn", chamber, 0, 1, 0, 0), abi.encodeWithSelector(invalid, 0, 1, 0, 0));
        _refused(_accredit("authority-cn", chamber, RCEP, 1, 9, 8), abi.encodeWithSelector(invalid, RCEP, 1, 9, 8));
        bytes4 missing = IConsortium.RoleMissing.selector;
        for (uint8 kind = 2; kind < 5; ++kind) {
            _refused(
                _accredit("authority-cn", chamber, RCEP, kind, 0, 0),
                abi.encodeWithSelector(missing, chamber, EXPORTER, ISSUER)
            );
            _do(_accredit("authority-cn", org("exporter-cn"), RCEP, kind, 0, 0));
        }
        _refused(
            _accredit("authority-cn", org("exporter-cn"), RCEP, 1, 0, 0),
            abi.encodeWithSelector(missing, org("exporter-cn"), ISSUER, EXPORTER)
        );
        _refused(
            _accredit("authority-au", chamber, RCEP, 0, 0, 0),
            abi.encodeWithSelector(IConsortium.TerritoryDiffers.selector, chamber, CN, AU)
        );
        _refused(
            _accredit("authority-cn", org("nobody"), RCEP, 1, 0, 0),
            abi.encodeWithSelector(IConsortium.UnknownOrganisation.selector, org("nobody"))
        );
    }

    function testAnIssuerIssuesOnItsDaysOnly() public {
        bytes32 chamber = org("chamber-cn");
        address key = addressOf("chamber-cn");
        uint32 day = today();
        bytes4 refusal = IConsortium.NotAccredited.selector;
        _expectNotAccredited(chamber, CHAFTA, key, day);
        _do(_accredit("authority-cn", chamber, CHAFTA, 1, day + 1, day + 2));
        _expectNotAccredited(chamber, CHAFTA, key, day);
        vm.warp(uint256(day + 1) * 1 days);
        (uint8 kind, bytes8 territory) = consortium.requireIssuer(chamber, CHAFTA, key);
        vm.assertEq(kind, 1, "kind");
        vm.assertEq(bytes32(territory), bytes32(CN), "territory");
        vm.warp(uint256(day + 3) * 1 days - 1);
        consortium.requireIssuer(chamber, CHAFTA, key);
        vm.warp(uint256(day + 3) * 1 days);
        vm.expectRevert(abi.encodeWithSelector(refusal, chamber, CHAFTA, day + 3));
        consortium.requireIssuer(chamber, CHAFTA, key);
    }

    function _expectNotAccredited(bytes32 organisation, bytes32 scheme, address key, uint32 day) private {
        vm.expectRevert(abi.encodeWithSelector(IConsortium.NotAccredited.selector, organisation, scheme, day));
        consortium.requireIssuer(organisation, scheme, key);
    }

    function testAnAccreditationWithoutItsRoleIsWorthless() public {
        bytes32 chamber = org("chamber-cn");
        _do(_enrol("authority-cn", chamber, EXPORTER));
        vm.expectRevert(abi.encodeWithSelector(IConsortium.RoleMissing.selector, chamber, ISSUER, EXPORTER));
        consortium.requireIssuer(chamber, RCEP, addressOf("chamber-cn"));
    }

    // --- keys -------------------------------------------------------------------------------------------------

    function testAnAddressServesOneOrganisationForEver() public {
        vm.assertEq(consortium.holderOf(addressOf("chamber-cn")), org("chamber-cn"), "holder");
        bytes memory taken =
            abi.encodeWithSelector(IConsortium.KeyTaken.selector, addressOf("chamber-cn"), org("chamber-cn"));
        _refused(_grantKey("carrier", keyOf("chamber-cn")), taken);
        _do(_decide(abi.encodeCall(consortium.endKey, (org("chamber-cn"), addressOf("chamber-cn")))));
        _refused(_grantKey("chamber-cn", keyOf("chamber-cn")), taken);
        _refused(_addKey(org("authority-cn"), keyOf("authority-cn"), org("chamber-cn"), keyOf("chamber-cn")), taken);
    }

    function testAKeyAcceptsForItsOrganisationInTime() public {
        address key = addressOf("second");
        Acceptance memory acceptance = _keyAcceptance(keyOf("second"), org("carrier"));
        _refused(
            _decide(abi.encodeCall(consortium.grantKey, (org("chamber-cn"), key, acceptance))),
            abi.encodeWithSelector(
                ICouncil.AcceptanceForeign.selector,
                key,
                _recovered(keyOf("second"), org("carrier"), org("chamber-cn"), key)
            )
        );
        _refused(
            _decide(abi.encodeCall(consortium.grantKey, (org("nobody"), key, acceptance))),
            abi.encodeWithSelector(IConsortium.UnknownOrganisation.selector, org("nobody"))
        );
        deadline = uint64(START - 1);
        acceptance = _keyAcceptance(keyOf("second"), org("carrier"));
        _refused(
            _decide(abi.encodeCall(consortium.grantKey, (org("carrier"), key, acceptance))),
            abi.encodeWithSelector(ISignedActs.DeadlinePassed.selector, START - 1, START)
        );
    }

    /// @dev Whom the signature over one acceptance recovers to when it is taken for another.
    function _recovered(uint256 signer, bytes32 signed, bytes32 taken, address key) private view returns (address) {
        bytes32 typeHash = keccak256("AcceptKey(bytes32 organisation,address key,uint64 deadline)");
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(signer, _digest(address(consortium), keccak256(abi.encode(typeHash, signed, key, deadline))));
        return ecrecover(_digest(address(consortium), keccak256(abi.encode(typeHash, taken, key, deadline))), v, r, s);
    }

    function testAnOrganisationAddsItsOwnKeys() public {
        vm.expectEmit(address(consortium));
        emit IConsortium.KeyAdded(org("carrier"), addressOf("second"), org("carrier"), true, addressOf("carrier"));
        _do(_addKey(org("carrier"), keyOf("carrier"), org("carrier"), keyOf("second")));
        Key memory key = consortium.keyOf(org("carrier"), addressOf("second"));
        vm.assertTrue(key.vouched, "vouched by a vouched key");
        vm.assertEq(key.since, START, "since");
        _do(_addKey(org("chamber-cn"), keyOf("chamber-cn"), org("chamber-cn"), keyOf("third")));
        vm.assertEq(consortium.keyOf(org("chamber-cn"), addressOf("third")).vouched, false, "not vouched");
        _refused(
            _addKey(org("carrier"), keyOf("chamber-cn"), org("carrier"), keyOf("fourth")),
            abi.encodeWithSelector(IConsortium.KeyNotValid.selector, org("carrier"), addressOf("chamber-cn"))
        );
    }

    function testAnAuthoritySponsorsOnlyItsOwnMembersKeys() public {
        bytes32 authority = org("authority-cn");
        uint256 by = keyOf("authority-cn");
        _refused(
            _addKey(authority, by, org("chamber-au"), keyOf("second")),
            abi.encodeWithSelector(IConsortium.TerritoryDiffers.selector, org("chamber-au"), AU, CN)
        );
        // Customs of its own territory was admitted by the council: hands off.
        _refused(
            _addKey(authority, by, org("customs-cn"), keyOf("second")),
            abi.encodeWithSelector(IConsortium.SponsorRefused.selector, authority, org("customs-cn"))
        );
        _refused(
            _addKey(authority, by, org("nobody"), keyOf("second")),
            abi.encodeWithSelector(IConsortium.UnknownOrganisation.selector, org("nobody"))
        );
        _refused(
            _addKey(org("chamber-cn"), keyOf("chamber-cn"), org("exporter-cn"), keyOf("second")),
            abi.encodeWithSelector(IConsortium.RoleMissing.selector, org("chamber-cn"), AUTHORITY, ISSUER)
        );
    }

    function testAKeyPlantedBeforeAdmissionGivesNothing() public {
        // The authority enrols a future customs body and plants a key, then the council admits that body.
        _enlist("authority-cn", "future-customs", EXPORTER);
        _do(_admit("future-customs", CN, CUSTOMS | AUTHORITY));
        _do(_grantKey("future-customs", keyOf("true key")));
        bytes32 organisation = org("future-customs");
        address planted = addressOf("future-customs");
        bytes memory error = abi.encodeWithSelector(IConsortium.KeyNotVouched.selector, organisation, planted);
        vm.expectRevert(error);
        consortium.requireMember(organisation, CUSTOMS, planted, false);
        _refused(_enrolAs(keyOf("future-customs"), organisation, org("victim"), ISSUER), error);
        // Nor can it make itself a vouched one, or end the true one.
        _do(_addKey(organisation, keyOf("future-customs"), organisation, keyOf("child")));
        vm.assertEq(consortium.keyOf(organisation, addressOf("child")).vouched, false, "child");
        _refused(_retireKey(keyOf("future-customs"), organisation, addressOf("true key")), error);
        consortium.requireMember(organisation, CUSTOMS, addressOf("true key"), false);
        _do(_retireKey(keyOf("true key"), organisation, planted));
    }

    function testAnotherKeyRetiresAndARetiredKeyNeverActs() public {
        bytes32 carrier = org("carrier");
        _do(_addKey(carrier, keyOf("carrier"), carrier, keyOf("second")));
        _refused(
            _retireKey(keyOf("carrier"), carrier, addressOf("carrier")),
            abi.encodeWithSelector(IConsortium.KeyRetiresItself.selector, carrier, addressOf("carrier"))
        );
        Act memory retire = _retireKey(keyOf("second"), carrier, addressOf("carrier"));
        vm.expectEmit(address(consortium));
        emit IConsortium.KeyEnded(carrier, addressOf("carrier"), addressOf("second"));
        _do(retire);
        bytes memory ended = abi.encodeWithSelector(IConsortium.KeyNotEndable.selector, carrier, addressOf("carrier"));
        _refused(retire, ended);
        _refused(_retireKey(keyOf("second"), carrier, addressOf("nobody")), _notEndable(carrier, addressOf("nobody")));
        bytes memory invalid = abi.encodeWithSelector(IConsortium.KeyNotValid.selector, carrier, addressOf("carrier"));
        _refused(_retireKey(keyOf("carrier"), carrier, addressOf("second")), invalid);
        vm.expectRevert(invalid);
        consortium.requireMember(carrier, 0, addressOf("carrier"), false);
        vm.assertEq(consortium.keyOf(carrier, addressOf("carrier")).until, START, "until");
        _refused(_decide(abi.encodeCall(consortium.endKey, (carrier, addressOf("carrier")))), ended);
    }

    function _notEndable(bytes32 organisation, address key) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IConsortium.KeyNotEndable.selector, organisation, key);
    }

    function testDisowningBackdatesAndEndsAndOnlyMovesBack() public {
        bytes32 chamber = org("chamber-cn");
        address key = addressOf("chamber-cn");
        uint64 since = uint64(START - 100);
        bytes4 wrong = IConsortium.DisownTimeInvalid.selector;
        _refused(_disown("chamber-cn", uint64(START + 1)), abi.encodeWithSelector(wrong, key, START + 1, START + 1));
        _do(_disown("chamber-cn", since));
        Key memory record = consortium.keyOf(chamber, key);
        vm.assertTrue(record.disowned, "disowned");
        vm.assertEq(record.disownedSince, since, "since");
        vm.assertEq(record.until, START, "ended");
        vm.assertEq(consortium.isDisowned(chamber, key, since - 1), false, "before");
        vm.assertTrue(consortium.isDisowned(chamber, key, since), "from then on");
        _refused(_disown("chamber-cn", since), abi.encodeWithSelector(wrong, key, since, since));
        vm.warp(START + 50);
        _do(_disown("chamber-cn", 0));
        vm.assertEq(consortium.keyOf(chamber, key).until, START, "ended once");
        vm.assertTrue(consortium.isDisowned(chamber, key, 0), "all of it");
        _refused(
            _disown("nobody", 0),
            abi.encodeWithSelector(IConsortium.KeyNotValid.selector, org("nobody"), addressOf("nobody"))
        );
    }

    // --- the questions of the other contracts -----------------------------------------------------------------

    function _ask(string memory name, uint16 roles, string memory key, bool pausable)
        private
        view
        returns (Act memory)
    {
        return Act(
            address(consortium), abi.encodeCall(consortium.requireMember, (org(name), roles, addressOf(key), pausable))
        );
    }

    function _askIssuer() private view returns (Act memory) {
        return Act(
            address(consortium),
            abi.encodeCall(consortium.requireIssuer, (org("chamber-cn"), RCEP, addressOf("chamber-cn")))
        );
    }

    function testASealedContractGetsNoAnswer() public {
        _do(_decide(abi.encodeCall(ICouncil.seal, (address(this)))));
        bytes memory error = abi.encodeWithSelector(IConsortium.Sealed.selector, address(this));
        _refused(_ask("carrier", REPORTER, "carrier", false), error);
        _refused(_askIssuer(), error);
    }

    function testAPauseStopsWhatItShouldUntilItsEnd() public {
        uint64 until = uint64(START + 100);
        _do(_decide(abi.encodeCall(ICouncil.pauseFor, (100))));
        _do(_ask("carrier", REPORTER, "carrier", false));
        vm.warp(until - 1);
        bytes memory error = abi.encodeWithSelector(IConsortium.Paused.selector, until);
        _refused(_ask("carrier", REPORTER, "carrier", true), error);
        _refused(_askIssuer(), error);
        vm.warp(until);
        _do(_ask("carrier", REPORTER, "carrier", true));
        _do(_askIssuer());
    }

    function testStrangersGetNothing() public {
        _refused(
            _ask("nobody", 0, "carrier", false),
            abi.encodeWithSelector(IConsortium.UnknownOrganisation.selector, org("nobody"))
        );
        _refused(
            _ask("carrier", 0, "auditor", false),
            abi.encodeWithSelector(IConsortium.KeyNotValid.selector, org("carrier"), addressOf("auditor"))
        );
    }

    /// @dev The compact form has no room for most of the upper half; what fits is refused.
    function testASignatureOfTheUpperHalfIsRefused() public {
        bytes32 typeHash =
            keccak256("Enrol(bytes32 authority,bytes32 organisation,uint16 roles,uint32 epoch,uint64 deadline)");
        bytes32 digest = _digest(
            address(consortium),
            keccak256(abi.encode(typeHash, org("authority-cn"), org("new"), ISSUER, uint32(0), deadline))
        );
        Signature memory signature = Signature(bytes32(uint256(1)), bytes32(HALF_ORDER + 1));
        _refused(
            Act(
                address(consortium),
                abi.encodeCall(consortium.enrol, (org("authority-cn"), org("new"), ISSUER, deadline, signature))
            ),
            abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, digest, signature.r, signature.vs)
        );
    }

    function testAnActOfAnotherChainIsNobodys() public {
        Act memory act = _enrol("authority-cn", org("new"), ISSUER);
        vm.chainId(1);
        (bool done, bytes memory returned) = act.target.call(act.data);
        vm.assertEq(done, false, "carried out");
        vm.assertEq(bytes32(bytes4(returned)), bytes32(IConsortium.KeyNotValid.selector), "error");
    }
}
