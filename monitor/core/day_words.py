"""Days and instants as people read them: one form for all prose, with the weekday only where a last day is named.

Tables and JSON have ISO dates; a sentence never does. Names are written out: strftime's follow the machine's locale,
and one alert must give the same bytes everywhere.
"""

from __future__ import annotations

from datetime import date, datetime

from monitor.core.facts import end_of_day, local_date, zone_of

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)


def day_words(day: date) -> str:
    """``6 July 2005``"""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def last_day_words(day: date) -> str:
    """``Wed 6 July 2005``: for a deadline alone, where the weekday tells whether it is a day for business."""
    return f"{DAYS[day.weekday()]} {day_words(day)}"


def between_words(first: date, last: date) -> str:
    """``6 July 2005``; of a range ``between 30 June and 10 July 2005``, what both ends share said once."""
    if first == last:
        return day_words(first)
    start = day_words(first)
    if first.year == last.year:
        start = str(first.day) if first.month == last.month else f"{first.day} {MONTHS[first.month - 1]}"
    return f"between {start} and {day_words(last)}"


def instant_words(at: datetime, zone: str = "UTC") -> str:
    """``17 June 2005, 14:02 UTC``: the clock is named, since a message is read far from the machine that wrote it."""
    return f"{day_words(at.astimezone(zone_of(zone)).date())}, {clock_words(at, zone)}"


def clock_words(at: datetime, zone: str = "UTC") -> str:
    """``14:02 UTC``, ``16:00 EDT``: to the minute."""
    here = at.astimezone(zone_of(zone))
    return f"{here:%H:%M} {here.tzname()}"


def as_of_words(at: datetime, zone: str) -> str:
    """An instant on the governing clock, as the law dates it: a day taken to its end is that day.

    To the second, since a window ripens at one: ``10 September 2005, 23:59:59 EDT (America/New_York)``.
    """
    day = local_date(at, zone)
    if at == end_of_day(day, zone):
        return f"the end of {day_words(day)} ({zone})"
    here = at.astimezone(zone_of(zone))
    return f"{day_words(day)}, {here:%H:%M:%S} {here.tzname()} ({zone})"


def told_words(text: str) -> str:
    """A moment or a range as evidence carries it (``2005-06-16``, ``a..b``, UTC instants); other text unchanged."""
    try:
        ends = [_told(part) for part in text.split("..")]
    except ValueError:
        return text
    days = [end for end in ends if not isinstance(end, datetime)]
    if len(days) == 2:
        return between_words(days[0], days[1])
    shown = [instant_words(end) if isinstance(end, datetime) else day_words(end) for end in ends]
    return f"between {' and '.join(shown)}" if len(shown) > 1 else shown[0]


def _told(text: str) -> date | datetime:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
