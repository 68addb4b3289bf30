"""Scenario files of rules/tests: dated facts and what must follow. The format is described in docs/rules-tests.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from monitor.core.clause import Form, Instrument
from monitor.core.facts import Fact, end_of_day
from monitor.core.select import Case, KindInfo, build_case
from monitor.rulebook.facts_file import parse_fact
from monitor.rulebook.instruments import load_instrument
from monitor.rulebook.rulebook import Rulebook, load_rulebook

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "rules" / "tests"

COMPARED = (
    "state", "opened", "deadline", "default_date", "earliest_arguable", "next_change_on", "verified",
    "acceleration_date",
)
"""Keys of an ``expect`` entry that are compared; ``limb``, ``matter`` and ``trigger`` say with which finding."""
CHOOSING = ("limb", "matter", "trigger")
_FILE_KEYS = {"instrument", "cases"}
_CASE_KEYS = {"case", "why", "instrument", "facts", "checks"}
_CHECK_KEYS = {"as_of", "known_at", "readings", "expect", "silent", "count"}


_YES_NO = {"true": True, "false": False}


class BadCase(ValueError):
    """A scenario file that does not say what it means."""


@dataclass(frozen=True)
class Check:
    """One question asked of the facts of a scenario, and the answers that it must get."""

    as_of: str
    known_at: str | None
    readings: Mapping[str, str]
    expect: tuple[Mapping[str, str | None], ...]
    silent: tuple[str, ...]
    count: Mapping[str, int]


@dataclass(frozen=True)
class Scenario:
    """One ``case`` of a scenario file. ``instrument`` is an id, or a path from the repository's root."""

    file: str
    name: str
    why: str
    instrument: str
    facts: tuple[Mapping[str, Any], ...]
    checks: tuple[Check, ...]

    @property
    def id(self) -> str:
        return f"{self.file}: {self.name}"


def scenarios(folder: Path = FOLDER) -> list[Scenario]:
    """Every scenario of the folder, in file order. Raises BadCase for a key or a value that has no meaning."""
    found = [scenario for path in sorted(folder.glob("*.yaml")) for scenario in read_scenarios(path)]
    twice = {s.id for s in found if sum(s.id == other.id for other in found) > 1}
    if twice:
        raise BadCase(f"two cases of one name: {sorted(twice)}")
    return found


def read_scenarios(path: Path) -> Iterator[Scenario]:
    # BaseLoader leaves every scalar as it was written: a date, an amount and "on" are read by the product's own reader.
    with path.open(encoding="utf-8") as stream:
        content = yaml.load(stream, Loader=yaml.BaseLoader)
    _known_keys(content, _FILE_KEYS, path.name)
    for entry in content["cases"]:
        place = f"{path.name}: {entry.get('case', '?')}"
        _known_keys(entry, _CASE_KEYS, place)
        if not entry.get("case") or not entry.get("why") or not entry.get("checks") or "facts" not in entry:
            raise BadCase(f"{place}: `case`, `why`, `facts` (or `[]`) and `checks` are needed")
        yield Scenario(
            file=path.stem, name=entry["case"], why=entry["why"],
            instrument=entry.get("instrument") or content["instrument"],
            facts=tuple(_fact(fact) for fact in entry["facts"]),
            checks=tuple(_check(check, place) for check in entry["checks"]),
        )


def _fact(fact: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _YES_NO.get(value, value) if isinstance(value, str) else value for key, value in fact.items()}


def _check(check: Mapping[str, Any], place: str) -> Check:
    _known_keys(check, _CHECK_KEYS, place)
    if not ({"expect", "silent"} & set(check)):
        raise BadCase(f"{place}: a check without `expect` and `silent` asks nothing")
    expect = tuple({k: None if v == "null" else v for k, v in entry.items()} for entry in check.get("expect") or ())
    for entry in expect:
        _known_keys(entry, {*COMPARED, *CHOOSING}, place)
        if "limb" not in entry or not set(entry) & set(COMPARED):
            raise BadCase(f"{place}: an `expect` entry needs a `limb` and something to compare")
    return Check(
        as_of=check["as_of"], known_at=check.get("known_at"), readings=dict(check.get("readings") or {}), expect=expect,
        silent=tuple(check.get("silent") or ()), count={k: int(v) for k, v in (check.get("count") or {}).items()},
    )


def _known_keys(mapping: Any, known: set[str], place: str) -> None:
    if not isinstance(mapping, Mapping):
        raise BadCase(f"{place}: a mapping is needed here, not {mapping!r}")
    unknown = set(mapping) - known
    if unknown:
        raise BadCase(f"{place}: unknown {sorted(unknown)}; known: {sorted(known)}")


def moment(text: str, zone: str) -> datetime:
    """An instant with an offset; a bare date means its end in ``zone``."""
    if "T" not in text:
        return end_of_day(date.fromisoformat(text), zone)
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise BadCase(f"{text} has no offset; write e.g. {text}-04:00")
    return instant


@cache
def _instrument(name: str, rules_dir: Path) -> tuple[Instrument, Form]:
    return load_instrument(ROOT / name if name.endswith(".yaml") else name, load_rulebook(rules_dir))


def case_of(scenario: Scenario, check: Check, rulebook: Rulebook, kinds: Mapping[str, KindInfo]) -> Case:
    """What one check asks, as both evaluators get it."""
    instrument, form = _instrument(scenario.instrument, rulebook.rules_dir)
    for name, value in check.readings.items():
        if value not in rulebook.readings[name].values:
            raise BadCase(f"{scenario.id}: {value} is no value of reading {name}")
    facts: list[Fact] = [parse_fact(fact, rulebook, instrument, form, file=scenario.file) for fact in scenario.facts]
    as_of = moment(check.as_of, form.zone)
    return build_case(
        facts, instrument=instrument, form=form, catalogue=rulebook.readings, kinds=kinds,
        calendars=rulebook.calendars_for(form.law), as_of=as_of,
        known_at=moment(check.known_at, form.zone) if check.known_at else as_of, readings=check.readings,
    )
