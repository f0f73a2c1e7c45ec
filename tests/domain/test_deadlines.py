"""Days of validity and deadlines: leap days, ends of months, the end of the calendar, time zones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_app.domain.agreements import agreements
from ledger_app.domain.content import content_findings, latest_day
from ledger_app.domain.deadlines import (
    EVERYWHERE,
    Period,
    add_days,
    add_months,
    days_left,
    is_past,
    local_day,
)
from ledger_app.domain.samples import sample_document

ZONES = [
    "Pacific/Kiritimati", "Pacific/Chatham", "Asia/Shanghai", "Asia/Kathmandu", "Australia/Lord_Howe",
    "Europe/Berlin", "America/New_York", "America/St_Johns", "Pacific/Pago_Pago", "Etc/GMT+12", "UTC",
]  # fmt: skip
PLACES = st.sampled_from(ZONES).map(ZoneInfo)
INSTANTS = st.datetimes(datetime(1990, 1, 3), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("day", "months", "last"),
    [
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2023-02-28", 12, "2024-02-28"),
        ("2025-01-31", 1, "2025-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2100-02-28", 12, "2101-02-28"),
        ("2096-02-29", 48, "2100-02-28"),
        ("2026-11-20", 12, "2027-11-20"),
    ],
)
def test_months_end_on_the_same_number_or_the_last_day_of_the_month(day: str, months: int, last: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(last)


@given(st.dates(), st.integers(0, 120))
def test_months_are_counted_in_calendar_months(day: date, months: int) -> None:
    later = add_months(day, months)
    if later != date.max:
        assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
        assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)
    assert add_months(day, 0) == day


@given(st.dates(), st.dates(), st.integers(0, 120), st.integers(0, 400))
def test_a_later_start_never_ends_earlier(one: date, other: date, months: int, days: int) -> None:
    period = Period(months, days)
    first, second = sorted((one, other))
    assert period.after(first) <= period.after(second)
    assert period.after(first) >= first


@given(st.dates(max_value=date(9990, 1, 1)), st.integers(0, 120))
def test_a_longer_period_never_ends_earlier_and_days_are_exact(day: date, months: int) -> None:
    assert add_months(day, months) < add_months(day, months + 1)
    assert (add_days(day, months) - day).days == months


def test_the_calendar_ends_without_an_error() -> None:
    assert add_months(date(9999, 12, 31), 1) == date.max
    assert add_days(date(9999, 12, 31), 1) == date.max
    assert add_days(date(9999, 12, 30), 1) == date.max
    assert Period(12, 90).after(date(9999, 6, 1)) == date.max


def test_a_period_is_told_in_words() -> None:
    assert [Period(12).words, Period(0, 90).words, Period(1, 1).words, Period().words] == [
        "12 months", "90 days", "1 month and 1 day", "no time",
    ]  # fmt: skip


@given(INSTANTS, PLACES)
def test_a_day_is_over_when_the_clock_there_shows_the_next(now: datetime, where: ZoneInfo) -> None:
    today = local_day(now, where)
    assert not is_past(today, now, where)
    assert is_past(today - timedelta(days=1), now, where)
    assert days_left(today, now, where) == 0
    assert (days_left(today - timedelta(days=1), now, where) < 0) is True


@given(INSTANTS, st.dates(date(1990, 1, 1), date(2100, 1, 1)), PLACES)
def test_nowhere_is_a_day_over_later_than_where_the_place_is_not_known(
    now: datetime, day: date, where: ZoneInfo
) -> None:
    if is_past(day, now):
        assert is_past(day, now, where)
    assert local_day(now) == local_day(now, EVERYWHERE) <= local_day(now, where)


@given(INSTANTS, PLACES, PLACES)
def test_the_zone_in_which_an_instant_is_written_changes_nothing(
    now: datetime, written: ZoneInfo, where: ZoneInfo
) -> None:
    assert local_day(now.astimezone(written), where) == local_day(now, where)


def test_one_instant_is_two_days_in_two_places() -> None:
    now = datetime(2028, 2, 29, 23, 30, tzinfo=UTC)
    assert local_day(now, ZoneInfo("Asia/Shanghai")) == date(2028, 3, 1)
    assert local_day(now, ZoneInfo("America/New_York")) == date(2028, 2, 29)
    assert is_past(date(2028, 2, 29), now, ZoneInfo("Asia/Shanghai"))
    assert not is_past(date(2028, 2, 29), now)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "America/New_York"])
def test_days_with_23_or_25_hours_end_at_midnight_too(zone: str) -> None:
    where = ZoneInfo(zone)
    for month in range(1, 13):
        for number in (1, 7, 14, 21, 25, 28):
            midnight = datetime(2026, month, number, tzinfo=where)
            before = midnight.astimezone(UTC) - timedelta(seconds=1)
            assert not is_past(date(2026, month, number) - timedelta(days=1), before, where)
            assert is_past(date(2026, month, number) - timedelta(days=1), midnight, where)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        local_day(datetime(2026, 1, 1))  # noqa: DTZ001


@given(st.sampled_from(sorted(agreements())), st.dates(date(1990, 1, 1), date(2090, 12, 31)))
def test_a_certificate_is_presented_in_time_through_its_last_day_and_not_after(
    scheme: str, issued: date
) -> None:
    known = agreements()[scheme]
    made = sample_document(scheme=scheme, issue_date=issued, validUntil=None)
    last = latest_day(made, known)
    if last is None:
        assert known.validity is None or not known.validity.certain
        return
    late = "PRESENTED_TOO_LATE"
    assert late not in [one.rule for one in content_findings(made, known, at=last)]
    assert late in [one.rule for one in content_findings(made, known, at=last + timedelta(days=1))]
    assert last.day == issued.day or (issued.month, issued.day, last.month, last.day) == (2, 29, 2, 28)
