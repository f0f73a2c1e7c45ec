"""Times of events: ISO 8601 with an offset, and their two uses: the UTC milliseconds of the event hash, and
an order.

CBV 2.0 allows any number of decimals and rounds the third one up when the fourth is 5 to 9.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,32}))?(?:Z|([+-])(\d\d):([0-5]\d))", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(text: str) -> int | None:
    """Milliseconds since 1970-01-01T00:00:00Z, rounded half up; None when `text` is no date and time with an
    offset, or no such moment exists (years 1 to 9999).
    """
    moment = _moment(text)
    return None if moment is None else (moment - _EPOCH) // _MILLISECOND


def utc_text(text: str) -> str | None:
    """`YYYY-MM-DDTHH:MM:SS.mmmZ` for `text`; None as for `milliseconds`."""
    moment = _moment(text)
    return None if moment is None else moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def text_of(moment: int) -> str:
    """The inverse of `milliseconds`, in UTC."""
    return (_EPOCH + moment * _MILLISECOND).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _moment(text: str) -> datetime | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    *date, decimals, sign, hours, minutes = found.groups()
    thousandths = int((decimals or "0").ljust(4, "0")[:4])
    offset = timedelta(hours=int(hours), minutes=int(minutes)) if sign else timedelta()
    if offset > timedelta(hours=14):
        return None
    try:
        year, month, day, hour, minute, second = (int(part) for part in date)
        zone = timezone(-offset if sign == "-" else offset)
        start = datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
        return start + (thousandths + 5) // 10 * _MILLISECOND
    except (ValueError, OverflowError):
        return None
