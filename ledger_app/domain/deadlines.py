"""Calendar arithmetic of validity and deadlines: whole days, as agreements count them.

A day of validity has no time of day and no zone: it is the calendar day of the place where it is judged. An
instant becomes a day by the clock of a place (`local_day`), and a deadline has passed once its last day is
over there (`is_past`). Where the place is not known, a day is over when it is over everywhere on earth.
"""

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Final

EVERYWHERE: Final = timezone(timedelta(hours=-12))
"""The last place on earth where a day ends."""


def add_months(day: date, months: int) -> date:
    """The day of the same number `months` later, or the last day of that month when it has no such day.

    So a year from 29 February ends on 28 February. Beyond the year 9999 it is the last day of the calendar.
    """
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def add_days(day: date, days: int) -> date:
    """`days` later; beyond the year 9999 it is the last day of the calendar."""
    return day + timedelta(days=days) if days <= (date.max - day).days else date.max


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time as an agreement states it: calendar months and days, counted from the day after.

    Months come first: a month and a day from 31 January is 1 March (28 February, then a day).
    """

    months: int = 0
    days: int = 0

    def after(self, day: date) -> date:
        """The last day of the period that runs from `day`: a period of one day from Monday is Tuesday."""
        return add_days(add_months(day, self.months), self.days)

    @property
    def words(self) -> str:
        """`12 months`, `90 days`, `1 month and 3 days`."""
        parts = [
            f"{count} {unit}" + ("s" if count != 1 else "")
            for count, unit in ((self.months, "month"), (self.days, "day"))
            if count
        ]
        return " and ".join(parts) or "no time"


def local_day(instant: datetime, where: tzinfo = EVERYWHERE) -> date:
    """The calendar day of an instant by the clock of a place. `instant` has a zone, else ValueError."""
    if instant.tzinfo is None:
        raise ValueError("an instant has a time zone")
    return instant.astimezone(where).date()


def is_past(last_day: date, now: datetime, where: tzinfo = EVERYWHERE) -> bool:
    """Whether the whole of `last_day` is over at that place at the instant `now`."""
    return local_day(now, where) > last_day


def days_left(last_day: date, now: datetime, where: tzinfo = EVERYWHERE) -> int:
    """Days until the last day, 0 on that day itself, negative once it is past."""
    return (last_day - local_day(now, where)).days
