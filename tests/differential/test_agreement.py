"""The reference evaluator and the engine give one verdict on random histories, in whatever order the facts come.

``make test`` puts 10,000 seeded histories to both, or as many as COVENANTD_HISTORIES says; ``make soak`` any number.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from monitor.core.findings import State
from monitor.core.reference import kinds_of, verdicts
from monitor.core.select import Case
from monitor.engine.pool import Engine
from tests.differential.histories import History, histories
from tests.differential.world import World, compared, differ, engine_answers, reference_answer, seeded, smaller, told

HISTORIES = int(os.environ.get("COVENANTD_HISTORIES") or 10_000)
PIECE = 250
REACHED_WITHIN = 10
"""Everything must be reached within so many lots of 500 histories."""
TOLD = 2
"""How many differences of a piece are made smaller and shown."""


def _differences(found: Sequence[History], world: World, engine: Engine) -> list[str]:
    """Every history on which the two differ or one crashes, the first few of them made as small as they go."""
    cases = [world.case(history) for history in found]
    answers = engine_answers(cases, engine)
    bad = [h for h, case, theirs in zip(found, cases, answers, strict=True) if differ(reference_answer(case), theirs)]

    def fails(history: History) -> bool:
        case = world.case(history)
        return differ(reference_answer(case), engine_answers([case], engine)[0])

    shown = []
    for history in bad[:TOLD]:
        least = smaller(history, fails)
        case = world.case(least)
        shown.append(f"{least.told()}\n{told(reference_answer(case), engine_answers([case], engine)[0])}")
    return shown + [history.told() for history in bad[TOLD:]]


@pytest.mark.parametrize("piece", range(max(1, HISTORIES // PIECE)))
def test_both_evaluators_agree_on_every_seeded_history(piece: int, world: World, engine: Engine) -> None:
    differences = _differences(seeded(piece, PIECE), world, engine)
    assert not differences, f"{len(differences)} of {PIECE} histories of seed {piece}:\n\n" + "\n\n".join(differences)


@settings(
    max_examples=60 if HISTORIES <= 10_000 else 2_000, deadline=None, database=None,
    derandomize=HISTORIES <= 10_000, suppress_health_check=list(HealthCheck),
)
@given(history=histories())
def test_both_evaluators_agree_on_whatever_hypothesis_draws(history: History, world: World, engine: Engine) -> None:
    case = world.case(history)
    ours, theirs = reference_answer(case), engine_answers([case], engine)[0]
    assert not differ(ours, theirs), f"{history.told()}\n{told(ours, theirs)}"


def test_the_same_facts_in_every_order_give_the_same_verdicts(world: World, engine: Engine) -> None:
    small = [h for h in seeded(-1, 200) if len(h.facts) == 4][:8]
    assert len(small) == 8
    for history in small:
        cases = [world.case(replace(history, facts=facts)) for facts in permutations(history.facts)]
        assert len(cases) == 24
        _all_alike(cases, history, engine)


@pytest.mark.parametrize("piece", range(4))
def test_shuffled_facts_give_the_same_verdicts(piece: int, world: World, engine: Engine) -> None:
    rng = Random(piece)
    for history in seeded(-2 - piece, 20):
        orders = [tuple(rng.sample(history.facts, len(history.facts))) for _ in range(5)]
        _all_alike([world.case(replace(history, facts=facts)) for facts in orders], history, engine)


def _all_alike(cases: Sequence[Case], history: History, engine: Engine) -> None:
    ours = [reference_answer(case) for case in cases]
    theirs = engine_answers(cases, engine)
    assert not differ(ours[0], theirs[0]), history.told()
    # Exactly the same, to the fact that decided: arrival leaves no trace.
    assert all(answer == ours[0] for answer in ours), history.told()
    assert all(answer == theirs[0] for answer in theirs), history.told()


def test_the_histories_reach_every_limb_state_kind_and_reading(world: World) -> None:
    """Agreement on histories in which nothing happens would mean nothing."""
    limbs = world.form.limbs
    bearing = {name for limb in limbs for name in limb.readings}
    missing: set[object] = {f"default {limb.id}" for limb in limbs} | (set(State) - {State.UNDETERMINED})
    missing |= {f"kind {kind}" for limb in limbs for kind in kinds_of(limb)}
    missing |= {f"arguable {clause}" for clause in "abdef"}
    missing |= {(n, v) for n in bearing for v in world.catalogue[n].values if v != world.catalogue[n].default}
    for lot in range(10, 10 + REACHED_WITHIN):
        for history in seeded(-lot, 500):
            missing -= _reached(history, world)
        if not missing:
            return
    assert not missing


def _reached(history: History, world: World) -> set[object]:
    case = world.case(history)
    found: set[object] = {f"kind {event.kind}" for event in case.events} | set(history.readings.items())
    for verdict in compared(verdicts(case)):
        found.add(verdict.state)
        if verdict.state is State.EVENT_OF_DEFAULT:
            found.add(f"default {verdict.limb}")
        if verdict.state is State.CLEAR and verdict.earliest_arguable:
            found.add(f"arguable {verdict.limb.partition('.')[0]}")
    return found
