"""The dated cases of rules/tests, put to the reference evaluator and to the engine; and what the cases must cover."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from monitor.core.evaluate import findings
from monitor.core.findings import Finding, State, Verdict
from monitor.core.reference import verdicts
from monitor.engine.pool import Engine
from monitor.rulebook.instruments import load_instrument
from monitor.rulebook.rulebook import Rulebook
from tests.scenarios.case_files import COMPARED, BadCase, Check, Scenario, case_of, read_scenarios, scenarios

ALL = scenarios()
SEED = "roo-petty-2005"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as made:
        yield made


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.id)
def test_a_scenario_gives_the_findings_its_lawyer_expects(scenario: Scenario, rulebook: Rulebook) -> None:
    wrong = list(chain.from_iterable(_differences(scenario, check, rulebook) for check in scenario.checks))
    assert not wrong, f"{scenario.why}\n" + "\n".join(wrong)


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.id)
def test_the_engine_decides_a_scenario_as_the_reference_does(
    scenario: Scenario, rulebook: Rulebook, engine: Engine
) -> None:
    for check in scenario.checks:
        case = case_of(scenario, check, rulebook, rulebook.vocabulary.kind_infos)
        ours, theirs = (_compared(answer) for answer in (verdicts(case), engine.evaluate(case)))
        assert theirs == ours, f"as of {check.as_of} {dict(check.readings)}"


def test_every_limb_has_a_case_that_defaults_and_one_that_stays_clear(rulebook: Rulebook) -> None:
    _, form = load_instrument(SEED, rulebook)
    asked = [entry for scenario in ALL for check in scenario.checks for entry in check.expect]
    defaults = {e["limb"] for e in asked if e.get("state") == State.EVENT_OF_DEFAULT}
    silent = {e["limb"] for e in asked if e.get("state") == State.CLEAR and e.get("earliest_arguable", "") is None}
    limbs = {limb.id for limb in form.limbs}
    assert not limbs - defaults, "limbs without a case of default"
    assert not limbs - silent, "limbs without a case in which nothing is even arguable"


def test_every_value_of_every_reading_is_put_to_the_test(rulebook: Rulebook) -> None:
    """An alternative must be asked for by name, and the house default stand beside it in the same case."""
    missing = []
    for reading in rulebook.readings.values():
        named = [{check.readings.get(reading.name, reading.default) for check in s.checks} for s in ALL]
        beside = set().union(*(values for values in named if len(values) > 1))
        missing += [f"{reading.name}: {value}" for value in reading.values if value not in beside]
    assert not missing, f"no case compares these with the house reading: {missing}"


def test_there_are_at_least_a_hundred_and_forty_cases() -> None:
    assert len(ALL) >= 140


def test_every_case_cites_a_section_or_a_statute() -> None:
    uncited = [s.id for s in ALL if not any(word in s.why for word in ("section", "GCL", "house decision", "model.md"))]
    assert not uncited


def test_a_scenario_with_a_misspelt_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(
        "instrument: roo-petty-2005\ncases:\n- case: x\n  why: section 1\n  facts: []\n  checks:\n"
        "  - {as_of: 2005-06-01, expect: [{limb: b.lien, stat: clear}]}\n"
    )
    with pytest.raises(BadCase, match="unknown \\['stat'\\]"):
        list(read_scenarios(path))


# --- comparing ------------------------------------------------------------------------------------------------------


def _compared(answer: Iterable[Verdict]) -> list[Verdict]:
    """Verdicts in one order. Which of several cures of one day decided is informative, not compared."""
    return sorted((replace(verdict, decided_by=None) for verdict in answer), key=lambda v: (v.limb, v.trigger))


def _differences(scenario: Scenario, check: Check, rulebook: Rulebook) -> Iterator[str]:
    case = case_of(scenario, check, rulebook, rulebook.vocabulary.kind_infos)
    found = findings(case)
    at = f"as of {check.as_of}" + (f" known {check.known_at}" if check.known_at else "")
    at += f" {dict(check.readings)}" if check.readings else ""
    for entry in check.expect:
        match = _one(found, entry)
        if match is None:
            yield f"{at}: no single finding for {dict(entry)} among {_told(found, str(entry['limb']))}"
            continue
        yield from (
            f"{at}: {entry['limb']} {key} is {_text(match[key])}, expected {entry[key]}"
            for key in COMPARED if key in entry and _text(match[key]) != entry[key]
        )
    for part in check.silent:
        if not any(_within(f, part) for f in found):
            yield f"{at}: nothing at all about {part}"
        yield from (
            f"{at}: {f.limb} on {f.matter} is {f.state.value}, expected silence"
            for f in found if _within(f, part) and f.state is not State.CLEAR
        )
    for limb, number in check.count.items():
        windows = sum(f.limb == limb and f.state is not State.CLEAR for f in found)
        if windows != number:
            yield f"{at}: {windows} windows of {limb}, expected {number}: {_told(found, limb)}"


def _one(found: Sequence[Finding], entry: Mapping[str, str | None]) -> dict[str, Any] | None:
    """The one finding that an ``expect`` entry is about; None when there is none, or more than one."""
    shown = [f.as_json() for f in found if f.limb == entry["limb"]]
    fitting = [f for f in shown if all(f[key] == entry[key] for key in ("matter", "trigger") if key in entry)]
    return fitting[0] if len(fitting) == 1 else None


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _within(finding: Finding, part: str) -> bool:
    return part in (finding.clause, finding.limb)


def _told(found: Sequence[Finding], limb: str) -> list[str]:
    return [f"{f.matter} {f.trigger} {f.state.value}" for f in found if f.limb == limb]
