"""What the strata write to each other: keyed facts, the pairs that come back, windows, and the day indices.

Facts of one stratum are put on a board with labels; the engine says which pairs hold; the labels of those pairs come
back. Everything else here is an index: ordinal days, business days, session numbers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from monitor.core.days import Holidays, OutsideCalendar
from monitor.core.facts import start_of_day
from monitor.core.select import Case, Event
from monitor.engine.fence import FactRow, RuleSet
from monitor.engine.prepare import Combo, Group, Match, dated

Hit = tuple[str, tuple[int, ...]]
Run = Callable[[RuleSet, Sequence[FactRow]], set[Hit]]
Pairs = Mapping[str, Mapping[Hashable, Sequence[Hashable]]]

NEVER = 2**60
"""An index later than every other: no deadline, no upper bound."""


class Board:
    """Facts for one stratum. A label names what a fact stands for; equal labels of one type are one fact."""

    def __init__(self, ruleset: RuleSet) -> None:
        self._ruleset = ruleset
        self._rows: list[FactRow] = []
        self._labels: list[Hashable] = []
        self._keys: dict[Hashable, int] = {}
        self._put: set[tuple[str, int, Hashable]] = set()

    def put(self, kind: str, key: Hashable, at: int, label: Hashable, **bounds: int) -> None:
        """A fact of type ``kind`` joined on ``key``, at index ``at``."""
        number = self._keys.setdefault(key, len(self._keys) + 1)
        if (kind, number, label) in self._put:
            return
        self._put.add((kind, number, label))
        row: dict[str, int | str] = {name: "" if kind_ is str else 0 for name, kind_ in self._ruleset.fields.items()}
        row.update(bounds)
        row.update(n=len(self._rows), t=kind, j=number, at=at)
        self._rows.append(row)
        self._labels.append(label)

    def ask(self, run: Run) -> Pairs:
        """Rule -> label of its first fact -> labels of its second facts."""
        found: dict[str, dict[Hashable, list[Hashable]]] = defaultdict(lambda: defaultdict(list))
        for rule, (first, second) in sorted(run(self._ruleset, self._rows)):
            found[rule][self._labels[first]].append(self._labels[second])
        return found


class BusinessDays:
    """Business days of one holiday table as an index by year, for rolling a last day forward (GCL 25)."""

    def __init__(self, holidays: Holidays) -> None:
        self._holidays = holidays
        self._years: dict[int, list[int]] = {}

    def _year(self, year: int) -> list[int]:
        if year not in self._years:
            table = self._holidays
            first, last = max(date(year, 1, 1), table.first), min(date(year, 12, 31), table.last)
            span = range(first.toordinal(), last.toordinal() + 1)
            self._years[year] = [day for day in span if table.why_not_business(date.fromordinal(day)) is None]
        return self._years[year]

    def roll(self, day: int) -> int:
        """The first business day on or after an ordinal day. Raises OutsideCalendar beyond the table."""
        table, start = self._holidays, date.fromordinal(day)
        if table.first <= start <= table.last:
            for year in range(start.year, table.last.year + 1):
                index = self._year(year)
                place = bisect_left(index, day)
                if place < len(index):
                    return index[place]
        raise OutsideCalendar(f"{start} is outside the {table.law} holiday table ({table.first} to {table.last})")


_BUSINESS: dict[int, tuple[Holidays, BusinessDays]] = {}


def business_days(holidays: Holidays) -> BusinessDays:
    """The index of a holiday table, built once for each table object."""
    held = _BUSINESS.get(id(holidays))
    if held is None:
        if len(_BUSINESS) >= 16:
            _BUSINESS.pop(next(iter(_BUSINESS)))
        held = _BUSINESS[id(holidays)] = (holidays, BusinessDays(holidays))
    return held[1]


@dataclass(frozen=True, slots=True)
class Window:
    """One window under one combination, all dates as ordinals.

    ``low``..``high``: between which a cure works, in the window's own unit (days, sessions, or days with their order).
    ``due``: from when it is ripe, on clock ``clock`` (day, or instant in microseconds). ``limit``: last day of an
    exception, ``since`` the first one. ``cures``, ``exceptions``, ``flows``: keys of the facts it is paired with;
    ``ahead``: of exceptions without a first day. ``aged``: not None if it is excepted without another fact: the
    trigger's id if by its own fields, empty if by its age. ``chained``: opened by a lifted stay or a reinstatement.
    """

    group: Group
    combo: Combo
    trigger: str
    matter: str
    opened: int
    low: int
    high: int
    deadline: int | None
    default: int | None
    deadline_at: datetime | None
    clock: str
    due: int
    limit: int
    cures: Hashable
    exceptions: Hashable
    flows: Hashable = None
    since: int = 0
    ahead: Hashable = None
    aged: str | None = None
    paid: bool = False
    chained: bool = False

    @property
    def label(self) -> Hashable:
        return (self.combo.key, self.trigger)


@dataclass
class Sheet:
    """One evaluation in progress: the case, its groups, what matched, and the cures and exceptions on offer."""

    case: Case
    groups: Sequence[Group]
    matches: Mapping[int, Mapping[str, Sequence[Match]]]
    windows: list[Window] = field(default_factory=list)
    offers: dict[tuple[str, Hashable], dict[Hashable, int]] = field(default_factory=lambda: defaultdict(dict))
    _roles: dict[tuple[int, str], list[tuple[Match, int]]] = field(default_factory=dict)

    def role(self, combo: Combo, *roles: str) -> list[tuple[Match, int]]:
        """Matches of a combination in these roles that count by ``as_of``, each with its ordinal day."""
        found: list[tuple[Match, int]] = []
        for role in roles:
            if (combo.key, role) not in self._roles:
                matches = self.matches.get(combo.key, {}).get(role, ())
                days = [dated(self.case, self.case.events[m.event], role, combo) for m in matches]
                self._roles[combo.key, role] = [
                    (m, day) for m, day in zip(matches, days, strict=True) if day is not None
                ]
            found += self._roles[combo.key, role]
        return found

    def event(self, match: Match) -> Event:
        return self.case.events[match.event]

    def offer(self, kind: str, key: Hashable, event: int, at: int) -> None:
        """A cure, exception, waiver or flow at an index, for every window that names ``key``."""
        held = self.offers[kind, key]
        held[event] = min(at, held.get(event, at))

    @property
    def issue(self) -> int:
        return self.case.instrument.loan.dated.toordinal()

    def roll(self, day: int, reading: str, combo: Combo) -> int:
        """``day``, rolled to a business day when the reading is on."""
        return business_days(self.case.calendars.holidays).roll(day) if combo.readings.get(reading) == "on" else day

    def midnight_after(self, day: int) -> datetime:
        """00:00 of the next day in the governing zone, in UTC: a day ends at midnight (GCL 19)."""
        return start_of_day(date.fromordinal(day + 1), self.case.zone)
