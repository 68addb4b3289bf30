"""The engine with a fault planted, in a process of its own: the tests' process never loads durable_rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.core.select import Case
from monitor.engine.fence import RuleSet
from tests.differential.faults import Fault, planted
from tests.differential.world import Answer


def engine_with(fault: Fault, cases: Sequence[Case]) -> list[Answer]:
    """What a faulty engine says of each case. Only ever called in a spawned process."""
    from monitor.engine import compile as compiling

    try:
        with planted(fault):
            compiling._compiled.cache_clear()  # definitions made before the fault was there must not serve it
            return _answers(cases, compiling.STRATA)
    finally:
        compiling._compiled.cache_clear()


def strata_with(strata: Mapping[str, RuleSet], cases: Sequence[Case]) -> list[Answer]:
    """What the engine says under other definitions of its strata. Only ever called in a spawned process."""
    return _answers(cases, strata)


def _answers(cases: Sequence[Case], strata: Mapping[str, RuleSet]) -> list[Answer]:
    from monitor.engine.strata import decide
    from monitor.engine.worker import Runner

    run = Runner()
    answers: list[Answer] = []
    for case in cases:
        try:
            answers.append(decide(case, run, strata))
        except Exception as error:  # a fault may well crash the engine: that is a difference too
            answers.append(f"{type(error).__name__}: {error}")
    return answers
