"""rules/tests/*.yaml as far as a mistake in one can be seen without evaluating it: ``covenantd check`` looks here."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.core.clause import Form, Instrument
from monitor.core.findings import Finding, State
from monitor.rulebook import scalars
from monitor.rulebook.facts_file import FactReader
from monitor.rulebook.instruments import load_instrument
from monitor.rulebook.problems import Problems, RulebookError, did_you_mean, told
from monitor.rulebook.section import Section, as_choice, as_text, read_given
from monitor.rulebook.yaml_marks import Node, Word

if TYPE_CHECKING:
    from monitor.rulebook.rulebook import Rulebook

_CHECK = ("as_of", "known_at", "readings", "expect", "silent", "count")
_FINDING = tuple(field.name for field in fields(Finding))
_DATES = ("opened", "deadline", "default_date", "earliest_arguable", "acceleration_date")


def check_scenarios(node: Node, path: Path, rulebook: Rulebook, problems: Problems) -> None:
    """Notes every mistake in a file of scenario tests."""
    top = Section(node, problems, "the scenario file", ("instrument", "cases"))
    top.needed("instrument", "roo-petty-2005")
    loaded = _instrument(top, path, rulebook)
    if "cases" in top and not top.items("cases"):
        problems.add(top.at("cases"), "the file holds no cases", "Write at least one `- case: ...`")
    for case in top.items("cases", required=True):
        _case(case, path, rulebook, loaded, problems)


def _instrument(section: Section, path: Path, rulebook: Rulebook) -> tuple[Instrument, Form] | None:
    """The instrument a section names: an id, or a file given from the folder above the rules. Its mistakes are its own
    file's; here only that it is there."""
    named = section.text("instrument")
    if not named:
        return None
    try:
        file = rulebook.rules_dir.parent / named
        return load_instrument(file if named.endswith(".yaml") else named, rulebook, (path.parent,))
    except RulebookError as error:
        first = error.problems[0]
        section.problems.add(section.at("instrument"), f"{told(named)} cannot be used: {first.what}", first.instead)
        return None


def _case(
    node: Node, path: Path, rulebook: Rulebook, loaded: tuple[Instrument, Form] | None, problems: Problems
) -> None:
    case = Section(node, problems, "a case", ("case", "why", "instrument", "facts", "checks"))
    if "instrument" in case:
        loaded = _instrument(case, path, rulebook)
    case.text("case", required=True)
    case.text("why", required=True)
    reader = FactReader(rulebook, loaded[0] if loaded else None, loaded[1] if loaded else None, problems)
    for fact in case.items("facts", required=True):
        reader.read(fact)
    for item in case.items("checks", required=True):
        check = Section(item, problems, "a check", _CHECK)
        for key in ("as_of", "known_at"):
            check.scalar(key, scalars.moment, required=key == "as_of")
        values = {name: tuple(reading.values) for name, reading in rulebook.readings.items()}
        read_given(check.node("readings"), values, problems, "`readings`")
        limbs = tuple(limb.id for limb in loaded[1].limbs) if loaded else ()
        clauses = tuple(dict.fromkeys(limb.clause for limb in loaded[1].limbs)) if loaded else ()
        for limb, spot, _ in check.entries("count"):
            if loaded and limb not in limbs:
                problems.add(spot, f"no limb {told(limb)}", did_you_mean(limb, limbs))
        for silent in check.items("silent"):
            if loaded:
                as_choice(silent, problems, "`silent`", (*clauses, *limbs))
        for expected in check.items("expect"):
            finding = Section(expected, problems, "an expected finding", _FINDING)
            if loaded and finding.needed("limb"):
                finding.one_of("limb", limbs)
            finding.one_of("state", tuple(State))
            for key in _DATES:
                value = finding.node(key)
                if value is not None and not (isinstance(value, Word) and value.is_null):
                    finding.day(key)
            if "matter" in finding:
                as_text(finding.needed("matter") or expected, problems, "`matter`")
