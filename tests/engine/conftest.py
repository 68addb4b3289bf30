"""Cases for the engine out of plain facts, on the shipped rules; and one engine for all tests of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pytest

from monitor.core.facts import end_of_day
from monitor.core.select import Case, build_case
from monitor.engine.pool import Engine
from monitor.rulebook.facts_file import parse_fact
from monitor.rulebook.instruments import load_instrument
from monitor.rulebook.rulebook import Rulebook

CaseOf = Callable[..., Case]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as made:
        yield made


@pytest.fixture(scope="session")
def case_of(rulebook: Rulebook) -> CaseOf:
    """Facts as mappings, ``as_of`` a date (its end in New York) or an instant, readings by name -> a case."""
    instrument, form = load_instrument("roo-petty-2005", rulebook)

    def build(facts: Sequence[Mapping[str, Any]], as_of: str, readings: Mapping[str, str] | None = None) -> Case:
        at = datetime.fromisoformat(as_of) if "T" in as_of else end_of_day(date.fromisoformat(as_of), form.zone)
        parsed = [
            parse_fact({"id": f"fact-{n}", **said}, rulebook, instrument, form) for n, said in enumerate(facts)
        ]
        return build_case(
            parsed, instrument=instrument, form=form, catalogue=rulebook.readings,
            kinds=rulebook.vocabulary.kind_infos, calendars=rulebook.calendars, as_of=at, known_at=at,
            readings=readings,
        )

    return build
