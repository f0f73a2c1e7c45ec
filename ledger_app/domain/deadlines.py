"""Calendar arithmetic of validity: months as agreements count them, in days, without times of day."""

import calendar
from datetime import date


def add_months(day: date, months: int) -> date:
    """The day of the same number `months` later, or the last day of that month when it has no such day.

    So a year from 29 February ends on 28 February. Beyond the year 9999 it is the last day of the calendar.
    """
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
