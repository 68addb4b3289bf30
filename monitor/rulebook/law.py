"""rules/law/*.yaml: one governing law each; its zone, how it counts days, its public holidays as closed rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitor.core.days import Holidays
from monitor.rulebook.problems import Problems, listed, told
from monitor.rulebook.section import Section
from monitor.rulebook.yaml_marks import Node

HOUSE_LAW = "us-ny"
"""The law under which a facts file is checked when no form says another."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHAPES = ("fixed", "nth", "last", "tuesday_after_first_monday")
_MONTHS = tuple(str(m) for m in range(1, 13))
_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class CountingRule:
    """One ground of counting, with its authority; ``explain`` prints it. ``readings`` depart from it."""

    name: str
    authority: str
    text: str
    readings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Law:
    id: str
    title: str
    zone: str
    counting: Mapping[str, CountingRule]
    holidays: Holidays


@dataclass(frozen=True, slots=True)
class HolidayRule:
    """``on(year)`` is the day, or None in a year without one."""

    name: str
    on: Callable[[int], date | None]
    since: date | None
    until: date | None
    sunday_moves: bool


def known_zone(name: str) -> bool:
    """Whether ``name`` is a zone of the time zone database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def nth_weekday(year: int, month: int, weekday: int, n: int) -> date | None:
    """The nth ``weekday`` (Monday 0) of a month; ``n`` 0 is the last one."""
    if n == 0:
        end = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return end - timedelta(days=(end.weekday() - weekday) % 7)
    first = date(year, month, 1)
    day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))
    return day if day.month == month else None


def holiday_names(rules: Iterable[HolidayRule], first: int, last: int) -> dict[date, str]:
    """Every holiday of the years ``first`` to ``last``; one on a Sunday also on the Monday it moves to (GCL 24)."""
    names: dict[date, str] = {}

    def put(day: date, name: str) -> None:
        names[day] = f"{names[day]} and {name}" if day in names else name

    for rule in rules:
        for year in range(first, last + 1):
            day = rule.on(year)
            if day is None or (rule.since and day < rule.since) or (rule.until and day > rule.until):
                continue
            put(day, rule.name)
            if day.weekday() == _SUNDAY and rule.sunday_moves:
                put(day + timedelta(days=1), f"{rule.name} (observed)")
    return dict(sorted(names.items()))


def read_law(node: Node, readings: Iterable[str], problems: Problems) -> Law:
    top = Section(node, problems, "the law", ("law", "title", "zone", "counting", "holidays"))
    zone = top.text("zone", required=True, default="UTC")
    if zone and not known_zone(zone):
        problems.add(top.at("zone"), f"no time zone {told(zone)}", "Write an IANA name, e.g. America/New_York")
        zone = "UTC"
    name = top.text("law", required=True)
    names, counting = tuple(readings), {}
    for rule, _, value in top.entries("counting"):
        section = Section(value, problems, f"counting rule `{rule}`", ("authority", "text", "readings"))
        counting[rule] = CountingRule(
            rule, section.text("authority", required=True), section.text("text", required=True),
            section.choices("readings", names),
        )
    return Law(name, top.text("title", required=True), zone, counting, _holidays(top, name, zone, problems))


def _holidays(top: Section, law: str, zone: str, problems: Problems) -> Holidays:
    section = top.section("holidays", ("from", "to", "authority", "rules"), required=True)
    first, last, rules = 1950, 2100, []
    if section is not None:
        first, last = _year(section, "from", first), _year(section, "to", last)
        section.text("authority", required=True)
        rules = [_rule(item, problems) for item in section.items("rules", required=True)]
    return Holidays(law, holiday_names(rules, first, last), date(first, 1, 1), date(last, 12, 31), zone)


def _year(section: Section, key: str, default: int) -> int:
    word = section.text(key, required=True)
    if re.fullmatch(r"(19|20|21)[0-9]{2}", word):
        return int(word)
    if word:
        problems = section.problems
        problems.add(section.at(key), f"`{key}` is {told(word)}, which is not a year", "Write a year, e.g. 1950")
    return default


def _rule(node: Node, problems: Problems) -> HolidayRule:
    section = Section(
        node, problems, "a holiday rule", ("name", *_SHAPES, "since", "until", "sunday_moves", "authority", "note")
    )
    section.text("authority")
    section.text("note")
    shapes = [shape for shape in _SHAPES if shape in section]
    on: Callable[[int], date | None] = _never
    if len(shapes) != 1:
        problems.add(section.spot, "a holiday rule says when in exactly one way", f"Write one of {listed(_SHAPES)}")
    elif shapes[0] == "fixed":
        on = _fixed(section)
    elif shapes[0] == "tuesday_after_first_monday":
        month = int(section.one_of(shapes[0], _MONTHS) or 1)

        def on(year: int) -> date | None:
            monday = nth_weekday(year, month, 0, 1)
            return monday + timedelta(days=1) if monday else None
    else:
        on = _weekday(section, shapes[0])
    return HolidayRule(
        section.text("name", required=True), on, section.day("since"), section.day("until"),
        section.flag("sunday_moves", default=True),
    )


def _never(year: int) -> date | None:
    return None


def _fixed(section: Section) -> Callable[[int], date | None]:
    word = section.text("fixed")
    try:
        leap = date.fromisoformat(f"2000-{word}")
    except ValueError:
        section.problems.add(section.at("fixed"), f"{told(word)} is no month and day", "Write MM-DD, e.g. 07-04")
        return _never
    return lambda year: date(year, leap.month, leap.day)


def _weekday(section: Section, shape: str) -> Callable[[int], date | None]:
    part = section.section(shape, ("n", "weekday", "month") if shape == "nth" else ("weekday", "month"))
    assert part is not None
    n = int(part.one_of("n", ("1", "2", "3", "4", "5"), required=True) or 1) if shape == "nth" else 0
    weekday = part.one_of("weekday", WEEKDAYS, required=True)
    month = int(part.one_of("month", _MONTHS, required=True) or 1)
    return lambda year: nth_weekday(year, month, WEEKDAYS.index(weekday), n) if weekday else None
