"""``ripens``: how a window becomes an event of default. The number of every window stands in the words it quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from monitor.core.clause import (
    After,
    AtOnce,
    Given,
    Limb,
    Reading,
    Ripening,
    Unlisted,
    Unpaid,
    Weight,
    Within,
)
from monitor.rulebook.patterns import Scope, read_patterns, readings_of
from monitor.rulebook.problems import did_you_mean, listed, told
from monitor.rulebook.quotes import numbers_in
from monitor.rulebook.section import Section
from monitor.rulebook.yaml_marks import Node, Table

_WINDOW = re.compile(r"([0-9]{1,4}) (calendar days?|trading days?)")
_HOW = ("at_once", "within", "after", "unpaid_on")
_KEYS = {
    "at_once": ("unless",),
    "within": ("quote", "definition", "unless", "roll", "at_once_given"),
    "after": (
        "quote", "definition", "unless", "unless_relisted", "roll", "at_once_given", "pause", "paused_by", "resumed_by",
        "reopening", "reopened_by",
    ),
    "unpaid_on": ("roll",),
}
_TRADING_KEYS = ("quote", "definition", "unless_relisted", "at_once_given", "after")


def read_ripening(node: Node, scope: Scope, venues: tuple[str, ...], quoted: Iterable[str]) -> Ripening:
    """``venues`` are the clause's; ``quoted`` the limb's and clause's own words, used when ``ripens`` quotes none."""
    every = {*_HOW, *(key for keys in _KEYS.values() for key in keys)}
    section = Section(node, scope.problems, "`ripens`", sorted(every))
    if not isinstance(node, Table):
        return AtOnce()
    how = [key for key in _HOW if key in section]
    if len(how) != 1:
        scope.problems.add(section.spot, "`ripens` says how in exactly one way", f"Write one of {listed(_HOW)}")
        return AtOnce()
    for key in section.table.entries:
        if key in every and key not in (how[0], *_KEYS[how[0]]):
            place = section.table.entries[key].key
            scope.problems.add(place, f"`{key}` does not go with `{how[0]}`", f"Write {listed(_KEYS[how[0]])}")
    if how[0] == "at_once":
        if not section.flag("at_once", default=True) and "at_once" in section:
            scope.problems.add(section.at("at_once"), "`at_once` is not true", "Write `at_once: true`, or a window")
        return AtOnce(read_patterns(section.node("unless"), scope, "`unless`"))
    if how[0] == "unpaid_on":
        section.one_of("unpaid_on", ("maturity",))
        return Unpaid(_reading(section, "roll", scope, ("on", "off"), required=True))
    number, unit = _window(section, how[0], scope, quoted)
    if how[0] == "within":
        return Within(
            number, read_patterns(section.needed("unless", "[released]"), scope, "`unless`"),
            _reading(section, "roll", scope, ("on", "off"), required=True), _at_once(section, scope),
        )
    if unit.startswith("trading"):
        return _unlisted(section, number, scope, venues)
    return _after(section, number, scope)


def _window(section: Section, key: str, scope: Scope, quoted: Iterable[str]) -> tuple[int, str]:
    word = section.text(key, required=True)
    match = _WINDOW.fullmatch(word)
    if not match or int(match[1]) < 1:
        if word:
            example = "20 calendar days" if key == "within" else "60 calendar days` or `5 trading days"
            scope.problems.add(section.at(key), f"`{key}` is {told(word)}, which is no window", f"Write `{example}`")
        return 1, "calendar days"
    number, unit = int(match[1]), match[2]
    if key == "within" and unit.startswith("trading"):
        instead = f"Write `{number} calendar days`"
        scope.problems.add(section.at(key), "a cure period is counted in calendar days", instead)
    own = section.text("quote")
    definitions = section.words("definition")
    words = [own, *definitions] if own or definitions else list(quoted)
    if Decimal(number) not in numbers_in("\n".join(words)):
        scope.problems.add(
            section.at(key), f"the number {number} is neither in the quote nor in a cited definition",
            "Quote the words that say it under `quote`, or the definition under `definition`",
        )
    return number, unit


def _unlisted(section: Section, number: int, scope: Scope, venues: tuple[str, ...]) -> Unlisted:
    for key, entry in section.table.entries.items():
        if key in _KEYS["after"] and key not in _TRADING_KEYS:
            what = f"`{key}` does not go with trading days"
            scope.problems.add(entry.key, what, "Write unless_relisted, at_once_given or quote")
    if not venues:
        what = "a window of trading days needs the venues that the clause lists"
        scope.problems.add(section.at("after"), what, "Add `venues: [...]` to the clause, ids of rules/venues.yaml")
    relists = read_patterns(section.needed("unless_relisted", "[listing_added]"), scope, "`unless_relisted`")
    return Unlisted(number, venues, (), relists, _at_once(section, scope))


def _after(section: Section, number: int, scope: Scope) -> After:
    if "unless_relisted" in section:
        place = section.table.entries["unless_relisted"].key
        scope.problems.add(place, "`unless_relisted` goes with trading days", "Write `unless`")
    for reading, facts in (("pause", "paused_by"), ("reopening", "reopened_by")):
        if (reading in section) != (facts in section):
            has, lacks = (reading, facts) if reading in section else (facts, reading)
            scope.problems.add(section.at(has), f"`{has}` goes with `{lacks}`", f"Add `{lacks}`")
    if "resumed_by" in section and "paused_by" not in section:
        scope.problems.add(section.at("resumed_by"), "`resumed_by` goes with `paused_by`", "Add `paused_by`")
    return After(
        days=number,
        stops=read_patterns(section.needed("unless", "[case_dismissed]"), scope, "`unless`"),
        roll=_reading(section, "roll", scope, ("on", "off"), required=True),
        pause=_reading(section, "pause", scope, ("reset", "resume", "none")),
        pauses=read_patterns(section.node("paused_by"), scope, "`paused_by`"),
        resumes=read_patterns(section.node("resumed_by"), scope, "`resumed_by`"),
        reopening=_reading(section, "reopening", scope, ("new_window", "relate_back")),
        reopens=read_patterns(section.node("reopened_by"), scope, "`reopened_by`"),
        at_once_given=_at_once(section, scope),
    )


def _at_once(section: Section, scope: Scope) -> Given:
    return scope.given(section.node("at_once_given"), "`at_once_given`")


def _reading(section: Section, key: str, scope: Scope, answers: tuple[str, ...], *, required: bool = False) -> str:
    """The name of a reading whose values are ``answers``."""
    name = section.text(key, required=required)
    if not name:
        return ""
    fitting = [r.name for r in scope.readings.values() if set(r.values) == set(answers)]
    if name not in scope.readings:
        instead = did_you_mean(name, fitting, f"Write {listed(fitting)}")
        scope.problems.add(section.at(key), f"unknown reading {told(name)}", instead)
    elif name not in fitting:
        what = f"`{key}` needs a reading with the values {listed(answers)}; {told(name)} has others"
        named_alike = [name for name in fitting if key in name] or fitting
        scope.problems.add(section.at(key), what, f"Write {listed(named_alike)}")
    return name if name in fitting else ""


def readings_in_use(limb: Limb, catalogue: Mapping[str, Reading]) -> frozenset[str]:
    """The readings that a limb's rules name, and that therefore bear on it.

    Those of its period (roll, pause, reopening) do not when only a *noted* reading gives it a period at all: noted
    readings drive no date (semantics.md section 1).
    """
    names = {*readings_of((*limb.when, *limb.except_)), *limb.except_given, *limb.late_except_given}
    ripens = limb.ripens
    if isinstance(ripens, AtOnce):
        return frozenset(names | readings_of(ripens.unless))
    if isinstance(ripens, Unpaid):
        return frozenset({*names, ripens.roll} - {""})
    names |= {*ripens.at_once_given}
    if isinstance(ripens, Unlisted):
        return frozenset(names | readings_of((*ripens.ends, *ripens.relists)))
    if not _has_arguable_period(ripens.at_once_given, catalogue):
        return frozenset(names)
    names.add(ripens.roll)
    if isinstance(ripens, Within):
        names |= readings_of(ripens.unless)
    else:
        names |= {ripens.pause, ripens.reopening}
        names |= readings_of((*ripens.stops, *ripens.pauses, *ripens.resumes, *ripens.reopens))
    return frozenset(names - {""})


def _has_arguable_period(at_once_given: Given, catalogue: Mapping[str, Reading]) -> bool:
    if not at_once_given:
        return True
    return any(
        value not in accepted and weight is Weight.ARGUABLE
        for name, accepted in at_once_given.items() if name in catalogue
        for value, weight in catalogue[name].values.items()
    )
