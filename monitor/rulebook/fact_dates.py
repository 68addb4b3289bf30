"""When a fact happened and since when it is known: dates, instants and ranges, each inside the calendars."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.core.days import Holidays
from monitor.core.facts import Moment, When, end_of_day, local_date
from monitor.rulebook import calendars, scalars
from monitor.rulebook.problems import Problems, Spot
from monitor.rulebook.section import Section, as_scalar
from monitor.rulebook.vocabulary import Kind
from monitor.rulebook.yaml_marks import Node, Table

_HOUR = timedelta(hours=1)


class FactDates:
    """Reads the dates of facts under one governing law. ``zone`` is its clock."""

    def __init__(self, zone: str, holidays: Holidays, problems: Problems) -> None:
        self.zone, self.problems = zone, problems
        self.first, self.last, self.law = holidays.first, holidays.last, holidays.law

    def when(self, node: Node, kind: Kind) -> When | None:
        """A date, an instant, or ``{from: ..., to: ...}``."""
        if not isinstance(node, Table):
            moment = self._moment(node, "`happened_on`", kind)
            return When.on(moment) if moment else None
        section = Section(node, self.problems, "`happened_on`", ("from", "to"))
        ends = [section.needed(key, "2005-06-16") for key in ("from", "to")]
        first, last = (self._moment(end, "`happened_on`", kind) if end else None for end in ends)
        if first is None or last is None:
            return None
        days = local_date(first, self.zone), local_date(last, self.zone)
        both = isinstance(first, datetime) and isinstance(last, datetime)
        if days[0] > days[1] or (both and first > last):
            self.problems.add(section.at("to"), "`to` is before `from`", "Write the earlier one under `from`")
            return None
        return When(first, last)

    def instant(self, node: Node, what: str) -> datetime | None:
        """An instant; a bare date means its end in the governing zone."""
        moment = as_scalar(node, self.problems, what, scalars.moment)
        if moment is None or self.in_range(moment, node.spot, what) is None:
            return None
        return moment if isinstance(moment, datetime) else end_of_day(moment, self.zone)

    def in_range(self, moment: Moment, spot: Spot, what: str, *, sessions: bool = False) -> Moment | None:
        """The moment itself, or None with a problem that names the range."""
        first, last = (calendars.FIRST, calendars.LAST) if sessions else (self.first, self.last)
        day = moment.date() if isinstance(moment, datetime) else moment
        if first <= day <= last:
            return moment
        name = "exchange sessions" if sessions else f"{self.law} holidays"
        told = f"{what} is {day}, outside the calendar of {name}"
        self.problems.add(spot, told, f"Write a day from {first} to {last}")
        return None

    def zone_as_written(self, when: When, spot: Spot) -> str | None:
        """The zone in which an instant's date is the date as written.

        A court or an exchange dates its records by its own clock, so the offset that was written says which date holds.
        None where the governing clock shows the same offset, and for UTC, which is nobody's clock: it then counts on
        the governing clock, as a bare instant does.
        """
        zones = {_zone(end) for end in (when.first, when.last) if isinstance(end, datetime)}
        own = {_zone(end, self.zone) for end in (when.first, when.last) if isinstance(end, datetime)}
        if zones == own or zones <= {"UTC"}:
            return None
        if "" in zones:
            self.problems.add(spot, "this offset is not of whole hours", "Add `zone: ...`, e.g. Asia/Kolkata")
            return None
        if len(zones) > 1:
            # `from` and `to` on both sides of a change to or from summer time: no fixed offset fits both.
            self.problems.add(spot, "`from` and `to` have different offsets", "Add `zone: ...`, e.g. America/Chicago")
            return None
        return zones.pop()

    def _moment(self, node: Node, what: str, kind: Kind) -> Moment | None:
        moment = as_scalar(node, self.problems, what, scalars.moment)
        if moment is None:
            return None
        return self.in_range(moment, node.spot, what, sessions=kind.clock == "exchange")


def _zone(at: datetime, clock: str | None = None) -> str:
    """The fixed zone of an instant's offset (``Etc/GMT+5`` is five hours *behind* UTC); empty for part hours."""
    offset = (at.astimezone(ZoneInfo(clock)) if clock else at).utcoffset() or timedelta()
    hours = offset // _HOUR
    if offset % _HOUR or not -12 <= hours <= 14:
        return ""
    return f"Etc/GMT{'+' if hours < 0 else '-'}{abs(hours)}" if hours else "UTC"
