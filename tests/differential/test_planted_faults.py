"""The comparison finds every fault planted in either evaluator, within a bounded number of histories."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

from monitor.core.select import Case
from monitor.engine.compile import STRATA
from monitor.engine.pool import Engine
from tests.differential.faults import ENGINE, REFERENCE, Fault, planted
from tests.differential.trials import engine_with, strata_with
from tests.differential.world import Answer, World, differ, engine_answers, reference_answer, seeded
from tests.engine.mutants import Mutant, mutants, mutated

CHUNK = 20
MOST = 100
"""A fault must show within CHUNK * MOST histories of its clause."""

Faulty = Callable[[Sequence[Case]], Sequence[Answer]]
NOTHING_MOVES = {("lineage", "back", 0)}
"""A venue is never taken away and put back by one event, so ``>`` and ``>=`` are the same there."""
THEME_OF = {
    "undone": "liens", "follows": "liens", "old": "liens", "before": "involuntary", "settled": "debts", "over": "debts",
    "short": "maturity", "cured": "items", "excepted": "liens", "waived": "debts", "flowed": "debts", "freed": "liens",
    "ripe": "judgments",
}


def _by_theme(faults: Iterable[Fault]) -> list[Any]:
    """Faults of one theme in one test process: they are tried on the same histories."""
    return [pytest.param(f, id=f.id, marks=pytest.mark.xdist_group(f"faults {f.theme}")) for f in faults]


def _bounds() -> list[Any]:
    return [
        pytest.param(m, id="-".join(map(str, m)), marks=pytest.mark.xdist_group(f"faults {THEME_OF[m[1]]}"))
        for m in mutants() if m not in NOTHING_MOVES
    ]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield pool


class Lots:
    """Cases of a theme in lots, and what either whole evaluator says of them; each asked only once."""

    def __init__(self, world: World, engine: Engine) -> None:
        self._world, self._engine = world, engine
        self._made: dict[tuple[str, int], list[Case]] = {}
        self._by_reference: dict[tuple[str, int], list[Answer]] = {}
        self._by_engine: dict[tuple[str, int], list[Answer]] = {}

    def cases(self, theme: str, number: int) -> list[Case]:
        if (theme, number) not in self._made:
            self._made[theme, number] = [self._world.case(history) for history in seeded(number, CHUNK, theme)]
        return self._made[theme, number]

    def by_reference(self, theme: str, number: int) -> list[Answer]:
        if (theme, number) not in self._by_reference:
            self._by_reference[theme, number] = [reference_answer(case) for case in self.cases(theme, number)]
        return self._by_reference[theme, number]

    def by_engine(self, theme: str, number: int) -> list[Answer]:
        if (theme, number) not in self._by_engine:
            self._by_engine[theme, number] = engine_answers(self.cases(theme, number), self._engine)
        return self._by_engine[theme, number]

    def caught_after(self, theme: str, faulty: Faulty, whole: Callable[[str, int], list[Answer]]) -> int | None:
        """How many histories until a faulty evaluator differed from the other, whole one; None: it never did."""
        for number in range(MOST):
            answers = faulty(self.cases(theme, number))
            pairs = enumerate(zip(answers, whole(theme, number), strict=True), start=1)
            first = next((i for i, (one, other) in pairs if differ(one, other)), None)
            if first is not None:
                return number * CHUNK + first
        return None


@pytest.fixture(scope="session")
def lots(world: World, engine: Engine) -> Lots:
    return Lots(world, engine)


@pytest.mark.parametrize("fault", _by_theme(REFERENCE))
def test_a_fault_in_the_reference_is_caught(fault: Fault, lots: Lots) -> None:
    def faulty(cases: Sequence[Case]) -> list[Answer]:
        with planted(fault):
            return [reference_answer(case) for case in cases]

    assert lots.caught_after(fault.theme, faulty, lots.by_engine) is not None


@pytest.mark.parametrize("fault", _by_theme(ENGINE))
def test_a_fault_in_the_engine_is_caught(fault: Fault, lots: Lots, sandbox: ProcessPoolExecutor) -> None:
    def faulty(cases: Sequence[Case]) -> list[Answer]:
        return sandbox.submit(engine_with, fault, cases).result(120)

    assert lots.caught_after(fault.theme, faulty, lots.by_reference) is not None


@pytest.mark.parametrize("mutant", _bounds())
def test_a_bound_of_the_strata_off_by_one_is_caught(mutant: Mutant, lots: Lots, sandbox: ProcessPoolExecutor) -> None:
    def faulty(cases: Sequence[Case]) -> list[Answer]:
        return sandbox.submit(strata_with, mutated(mutant), cases).result(120)

    assert lots.caught_after(THEME_OF[mutant[1]], faulty, lots.by_reference) is not None


def test_an_evaluator_without_a_fault_is_not_accused(lots: Lots, sandbox: ProcessPoolExecutor) -> None:
    cases, whole = lots.cases("liens", 0), lots.by_engine("liens", 0)
    assert not any(differ(reference_answer(c), theirs) for c, theirs in zip(cases, whole, strict=True))
    again = sandbox.submit(strata_with, STRATA, cases).result(120)
    assert not any(differ(one, other) for one, other in zip(again, whole, strict=True))


def test_a_fault_that_plants_nothing_is_refused() -> None:
    gone = Fault("gone", "monitor.core.windows", "last_day", "no such text", "", "liens")
    with pytest.raises(AssertionError, match="stands 0 times"), planted(gone):
        pass
