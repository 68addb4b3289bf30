"""Each comparison that durable_rules makes between the strata decides some dated case of the table."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from monitor.engine.compile import STRATA
from monitor.engine.fence import OutsideFence, Rule, RuleSet, check
from tests.engine.conftest import CaseOf
from tests.engine.mutants import mutants, run_all
from tests.engine.tables import TABLE

NOTHING_MOVES = {("lineage", "back", 0)}
"""A venue is never taken away and put back by one event, so ``>`` and ``>=`` are the same there."""


def test_every_bound_of_the_strata_moved_by_one_changes_a_verdict(case_of: CaseOf) -> None:
    cases = [case_of(facts, as_of, readings) for _, facts, as_of, readings, _ in TABLE]
    listed = list(mutants())
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        whole, *changed = pool.submit(run_all, cases, listed).result(300)
    survivors = [mutant for mutant, answers in zip(listed, changed, strict=True) if answers == whole]
    assert len(listed) >= 14
    assert set(survivors) == NOTHING_MOVES


def test_a_join_dropped_from_any_rule_of_the_strata_is_refused_before_it_runs() -> None:
    for stratum in STRATA.values():
        for name, rule in stratum.rules.items():
            first, second = rule.conditions
            loose = {"b": {"$and": [p for p in second["b"]["$and"] if "j" not in p]}}
            with pytest.raises(OutsideFence, match="equality"):
                check(RuleSet(stratum.name, {name: Rule((first, loose), "x:1")}, stratum.fields))
