"""The worker: the only module that imports durable_rules, and only ever inside a spawned process.

One rule set per stratum, one session at a time, no threads and no timers. Facts are asserted one by one and any
code but success is a fault; consequents only record; the session is dropped after each evaluation
(shared/design/engine.md, "Safe pattern").
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import durable_rules_engine
from durable import engine

from monitor.core.findings import Verdict
from monitor.engine.fence import FactRow, Rule, RuleSet, check, check_facts
from monitor.engine.strata import Hit, decide

SESSION = "e"
MARK = "zz"
"""The worker's own field. The session's first fact carries 1 and fires a rule, since dropping a session in which no
rule ever fired crashes (engine.md, crash 3). Every other carries 0 and waits for a partner that never comes, so that
no fact is refused as unmatched. A rule that fired for every fact would cost four times as much."""

OWN_RULES: Mapping[str, Rule] = {
    "zz_fired": Rule(({"m": {"$and": [{MARK: 1}]}},)),
    "zz_held": Rule(({"m": {"$and": [{MARK: 0}]}}, {"x": {"$and": [{MARK: 2}, {"n": {"m": "n"}}]}})),
}
ENCODER = json.JSONEncoder(ensure_ascii=False)


class EngineFault(RuntimeError):
    """durable_rules lost a fact, or swallowed an exception of its own."""


class Quiet(engine.Host):  # type: ignore[misc]
    """A host without the stock host's two timer threads, which use freed memory after ``delete_state``."""

    def _run(self) -> None:
        return None


class Stratum(engine.Ruleset):  # type: ignore[misc]
    """One rule set inside the fence, and the hits of its present session."""

    def __init__(self, ruleset: RuleSet) -> None:
        check(ruleset)
        check(RuleSet(ruleset.name, OWN_RULES, {**ruleset.fields, MARK: int}))
        self.definition = ruleset
        self.hits: list[Hit] = []
        rules = {name: self._rule(name, rule) for name, rule in {**ruleset.rules, **OWN_RULES}.items()}
        super().__init__(ruleset.name, Quiet(), rules)

    def _rule(self, name: str, rule: Rule) -> dict[str, Any]:
        aliases = [alias for condition in rule.conditions for alias in condition]

        def record(c: Any) -> None:
            if name not in OWN_RULES:
                self.hits.append((name, tuple(c._m[alias]["n"] for alias in aliases)))

        return {"all": [json.loads(json.dumps(condition)) for condition in rule.conditions], "run": record}

    def run(self, rows: Sequence[FactRow]) -> set[Hit]:
        """Which rules hold for which facts, by the facts' ``n``. Raises EngineFault if the engine lost anything."""
        check_facts(self.definition, rows)
        if not rows:
            return set()
        self.hits.clear()
        handle, faults, state = None, [], {}
        blank: dict[str, int | str] = {k: "" if kind is str else 0 for k, kind in self.definition.fields.items()}
        opening = {**blank, "n": -1, MARK: 1}
        try:
            for number, row in enumerate((opening, *rows)):
                text = ENCODER.encode({MARK: 0, **row, "id": f"f{number}", "sid": SESSION})
                code, handle = durable_rules_engine.assert_fact(self._handle, text)
                if code:
                    raise EngineFault(f"{self.definition.name}: fact {number} of {len(rows)} lost, code {code}")
        finally:
            if handle is not None:
                self.do_actions(handle, lambda error, _: faults.append(error) if error else None)
                state = self.get_state(SESSION)
                self.delete_state(SESSION)
        if faults or "exception" in state:
            raise EngineFault(f"{self.definition.name}: {faults or state['exception']}")
        return set(self.hits)


class Runner:
    """Runs rule sets by name, each built once."""

    def __init__(self) -> None:
        self._built: dict[str, Stratum] = {}

    def __call__(self, ruleset: RuleSet, rows: Sequence[FactRow]) -> set[Hit]:
        held = self._built.get(ruleset.name)
        if held is None or (held.definition is not ruleset and held.definition != ruleset):
            held = self._built[ruleset.name] = Stratum(ruleset)
        return held.run(rows)


_RUNNER = Runner()
_LOADED: dict[str, Any] = {}
MOST_LOADED = 64


def _load(digest: str, blob: bytes) -> Any:
    """An object that many cases share (a form, a calendar), unpickled once for each digest."""
    if digest not in _LOADED:
        if len(_LOADED) >= MOST_LOADED:
            _LOADED.pop(next(iter(_LOADED)))
        _LOADED[digest] = pickle.loads(blob)
    return _LOADED[digest]


def decide_all(
    jobs: Sequence[bytes], shared: Mapping[str, bytes], build: Callable[[Any, Callable[[str], Any]], Any],
) -> list[tuple[Verdict, ...] | str]:
    """Verdicts of each job, or why it could not be decided. One bad case spoils no other."""
    answers: list[tuple[Verdict, ...] | str] = []
    for job in jobs:
        try:
            case = build(pickle.loads(job), lambda digest: _load(digest, shared[digest]))
            answers.append(decide(case, _RUNNER))
        except Exception as error:  # every cause goes back by name: the caller reports it as an engine failure
            answers.append(f"{type(error).__name__}: {error}")
    return answers
