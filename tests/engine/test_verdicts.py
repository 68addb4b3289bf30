"""What the engine decides, through its own worker: each mechanism at its edges, in every order of the facts."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import islice, permutations
from typing import Any

import pytest

from monitor.core.findings import Verdict
from monitor.core.select import Case
from monitor.engine.pool import Engine, EngineFailure
from tests.engine.conftest import CaseOf
from tests.engine.tables import LIEN, LIFT, OUT, PETITION, STAY, TABLE, Row, fact


def told(verdicts: Iterable[Verdict]) -> set[str]:
    return {
        " ".join([v.limb, v.trigger, v.state.value, *(
            day.isoformat() if day else "-" for day in (v.opened, v.deadline, v.default_date, v.earliest_arguable)
        )]) for v in verdicts
    }


def orders(events: Sequence[Any], most: int = 24) -> list[tuple[Any, ...]]:
    if len(events) <= 4:
        return list(permutations(events))
    shuffle = random.Random(20050518)
    return [tuple(shuffle.sample(events, len(events))) for _ in range(most)]


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_each_window_has_its_state_and_dates_in_every_order_of_the_facts(
    row: Row, case_of: CaseOf, engine: Engine
) -> None:
    _, facts, as_of, readings, expected = row
    case = case_of(facts, as_of, readings)
    moved = [replace(case, events=events) for events in islice(orders(case.events), 24)]
    answers = engine.evaluate_many(moved)
    assert told(answer_of(answers[0])) == expected
    assert all(answer_of(a) == answer_of(answers[0]) for a in answers)


def answer_of(answer: tuple[Verdict, ...] | EngineFailure) -> tuple[Verdict, ...]:
    assert not isinstance(answer, EngineFailure), answer
    return answer


def test_every_subset_of_a_history_in_many_orders_is_decided_alike(case_of: CaseOf, engine: Engine) -> None:
    facts = [LIEN, PETITION, STAY, LIFT, OUT, fact("released", "2005-08-20", "L"), fact("levy", "2005-08-01", "L")]
    case = case_of(facts, "2005-09-30")
    shuffle = random.Random(7)
    cases: list[Case] = []
    for _ in range(40):
        some = shuffle.sample(case.events, shuffle.randint(1, len(case.events)))
        cases += [replace(case, events=tuple(some)), replace(case, events=tuple(reversed(some)))]
    answers = [answer_of(a) for a in engine.evaluate_many(cases)]
    assert answers[::2] == answers[1::2]
    assert len({told_ for a in answers for told_ in told(a)}) > 6


def test_the_instant_of_ripening_is_local_midnight_or_the_close(case_of: CaseOf, engine: Engine) -> None:
    found = {v.limb: v.deadline_at for v in engine.evaluate(case_of([LIEN, OUT], "2005-08-02"))}
    assert found == {
        "b.lien": datetime(2005, 8, 23, 4, tzinfo=UTC), "a.failure": datetime(2005, 6, 10, 20, tzinfo=UTC),
    }


def test_the_fact_that_decided_is_named(case_of: CaseOf, engine: Engine) -> None:
    cures = [fact("bonded", "2005-08-12", "L", id="second"), fact("released", "2005-08-10", "L", id="first")]
    (verdict,) = engine.evaluate(case_of([LIEN, *cures], "2005-09-01"))
    assert (verdict.state.value, verdict.decided_by) == ("cured", "first")


@pytest.mark.parametrize(("readings", "deadline"), [
    ({"stay_effect": "resume"}, date(2005, 8, 20)), ({"stay_effect": "none"}, date(2005, 7, 31)),
])
def test_days_before_a_stay_count_only_under_the_reading_that_says_so(
    readings: Mapping[str, str], deadline: date, case_of: CaseOf, engine: Engine
) -> None:
    found = {v.trigger: v for v in engine.evaluate(case_of([PETITION, STAY, LIFT], "2005-07-05", readings))}
    assert found["pet"].deadline == deadline
    assert found["pet"].earliest_arguable == date(2005, 8, 1)


def test_text_of_any_kind_in_a_fact_harms_nothing(case_of: CaseOf, engine: Engine) -> None:
    odd = 'a "quoted" \\ matter, ' + "y" * 70_000
    facts = [fact("lien_filed", "2005-08-01", odd, id="odd"), fact("released", "2005-08-02", odd), LIEN]
    assert told(engine.evaluate(case_of(facts, "2005-09-01"))) == {
        "b.lien odd cured 2005-08-01 2005-08-22 - -",
        "b.lien lien event_of_default 2005-08-01 2005-08-22 2005-08-23 2005-08-22",
    }


def test_a_case_outside_its_calendars_fails_by_name_and_spoils_no_other(case_of: CaseOf, engine: Engine) -> None:
    good = case_of([LIEN], "2005-08-22")
    late = replace(good.events[0], id="late", first=date(2400, 1, 1), last=date(2400, 1, 1))
    bad = replace(good, events=(late,), as_of=datetime(2400, 6, 1, tzinfo=UTC))
    answers = engine.evaluate_many([good, bad, good])
    assert isinstance(answers[1], EngineFailure)
    assert "OutsideCalendar" in str(answers[1])
    assert answers[0] == answers[2] != ()
