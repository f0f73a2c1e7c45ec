"""Standing words, act reasons and exit codes."""

from itertools import product

import pytest

from ledger_app.domain.standing import (
    ACT_REASONS,
    AUTHORITY_ROLES,
    COUNCIL_ROLES,
    ISSUANCE_BASES,
    AccreditationKind,
    ExitCode,
    Role,
    Standing,
    Status,
    Verdict,
    act_reason,
    act_reason_words,
    exit_code,
    gravest,
    parse_roles,
)


def test_roles_have_the_bits_of_the_protocol() -> None:
    assert {role.name: int(role) for role in Role} == {
        "AUTHORITY": 1, "ISSUER": 2, "EXPORTER": 4, "AGENT": 8, "CUSTOMS": 16, "REPORTER": 32, "AUDITOR": 64,
    }  # fmt: skip


def test_every_role_is_granted_by_exactly_one_side() -> None:
    assert COUNCIL_ROLES & AUTHORITY_ROLES == Role.NONE
    assert int(COUNCIL_ROLES | AUTHORITY_ROLES) == 127


def test_role_names_round_trip_in_any_case() -> None:
    roles = parse_roles(["customs", "AUTHORITY"])
    assert roles.names == ["AUTHORITY", "CUSTOMS"]
    with pytest.raises(ValueError, match="no such role"):
        parse_roles(["king"])


def test_every_status_has_its_standing() -> None:
    assert [status.standing for status in Status] == [
        Standing.GOOD, Standing.SUSPENDED, Standing.REVOKED, Standing.SUPERSEDED,
    ]  # fmt: skip


def test_the_gravest_standing_is_shown() -> None:
    assert gravest([]) is Standing.GOOD
    assert gravest([Standing.EXPIRED, Standing.REVOKED, Standing.USED_UP]) is Standing.REVOKED
    assert gravest([Standing.EXPIRED, Standing.SUSPENDED]) is Standing.SUSPENDED


def test_every_standing_has_words() -> None:
    assert len({standing.words for standing in Standing}) == len(Standing)


def test_issuance_bases_and_accreditation_kinds_correspond() -> None:
    for basis, kind in ISSUANCE_BASES.items():
        assert ISSUANCE_BASES[kind.basis] is kind
        assert kind is AccreditationKind.SELF_CERTIFIED or kind.basis == basis
        assert kind.role is (Role.ISSUER if kind is AccreditationKind.AUTHORITY_ISSUED else Role.EXPORTER)
    with pytest.raises(ValueError, match="no accreditation"):
        _ = AccreditationKind.NONE.basis


@pytest.mark.parametrize("act", sorted(ACT_REASONS))
def test_act_reasons_are_found_by_number_and_by_code(act: str) -> None:
    codes = [reason.code for reason in ACT_REASONS[act].values()]
    assert len(set(codes)) == len(codes)
    for number, reason in ACT_REASONS[act].items():
        assert 1 <= number == reason.number <= 65535
        assert act_reason(act, number) is reason
        assert act_reason(act, reason.code.lower().replace("_", "-")) is reason
        assert act_reason_words(act, number) == reason.words


def test_an_unknown_act_reason_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match="ISSUED_IN_ERROR"):
        act_reason("revoke", "BECAUSE")
    assert "4711" in act_reason_words("revoke", 4711)


def test_only_genuine_and_good_exits_with_zero() -> None:
    for verdict, standing, lost, untrusted in product(Verdict, Standing, (False, True), (False, True)):
        code = exit_code(verdict, standing, not_found=lost, issuer_untrusted=untrusted)
        good = (verdict, standing, lost, untrusted) == (Verdict.GENUINE, Standing.GOOD, False, False)
        assert (code is ExitCode.GOOD) == good


@pytest.mark.parametrize(
    ("verdict", "standing", "code"),
    [
        (Verdict.GENUINE, Standing.REVOKED, 12),
        (Verdict.GENUINE, Standing.SUSPENDED, 12),
        (Verdict.GENUINE, Standing.SUPERSEDED, 12),
        (Verdict.GENUINE, Standing.EXPIRED, 12),
        (Verdict.GENUINE, Standing.NOT_YET_VALID, 12),
        (Verdict.GENUINE, Standing.USED_UP, 12),
        (Verdict.GENUINE, Standing.ISSUER_KEY_DISOWNED, 13),
        (Verdict.GENUINE, Standing.UNKNOWN, 20),
        (Verdict.NOT_GENUINE, Standing.UNKNOWN, 11),
        (Verdict.CANNOT_TELL, Standing.GOOD, 20),
    ],
)
def test_exit_codes_are_those_published(verdict: Verdict, standing: Standing, code: int) -> None:
    assert exit_code(verdict, standing) == code


def test_not_found_and_untrusted_issuers_have_their_own_exit_codes() -> None:
    assert exit_code(Verdict.CANNOT_TELL, Standing.UNKNOWN, not_found=True) == 10
    assert exit_code(Verdict.NOT_GENUINE, Standing.UNKNOWN, issuer_untrusted=True) == 13
