"""The strata with one comparison changed, run in a process of their own: would the table notice?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from monitor.core.findings import Verdict
from monitor.core.select import Case
from monitor.engine.compile import STRATA
from monitor.engine.fence import Rule, RuleSet

NEAR = {"$gte": "$gt", "$gt": "$gte", "$lte": "$lt", "$lt": "$lte"}
Mutant = tuple[str, str, int]
"""Stratum, rule, and which of its inequalities is moved by one."""


def mutants() -> Iterator[Mutant]:
    for stratum, ruleset in STRATA.items():
        for name, rule in ruleset.rules.items():
            bounds = [p for c in rule.conditions for e in c.values() for p in e["$and"] if next(iter(p)) in NEAR]
            yield from ((stratum, name, number) for number in range(len(bounds)))


def mutated(mutant: Mutant) -> Mapping[str, RuleSet]:
    """All strata, with one inequality of one rule off by one."""
    stratum, name, number = mutant
    held = STRATA[stratum]
    conditions: list[Any] = json.loads(json.dumps(held.rules[name].conditions))
    bounds = [
        (e["$and"], i) for c in conditions for e in c.values() for i, p in enumerate(e["$and"]) if next(iter(p)) in NEAR
    ]
    parts, place = bounds[number]
    ((operator, said),) = parts[place].items()
    parts[place] = {NEAR[operator]: said}
    rules = {**held.rules, name: Rule(tuple(conditions))}
    return {**STRATA, stratum: RuleSet(f"{held.name}-{name}-{number}", rules, held.fields)}


def run_all(cases: Sequence[Case], chosen: Sequence[Mutant]) -> list[list[tuple[Verdict, ...]]]:
    """Verdicts of every case under no mutant, then under each. Only ever in a spawned process: it loads the engine."""
    from monitor.engine.strata import decide
    from monitor.engine.worker import Runner

    run = Runner()
    whole = [[decide(case, run) for case in cases]]
    return whole + [[decide(case, run, mutated(mutant)) for case in cases] for mutant in chosen]
