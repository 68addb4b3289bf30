"""durable_rules alone, in a process of its own: the bench's yardstick. Never imported by the bench.

It is asked on standard input, one JSON line at a time: first the patterns, then histories with a time to fill; it
answers how many histories a second it took in. One rule set holds one rule for each single-fact pattern of the form's
limbs; a history is asserted fact by fact into a session of its own, which is dropped afterwards. No join, no
negation, no date: what durable_rules needs for its own part of the work and nothing else.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from durable import engine

NOT_MATCHED = 1


class Quiet(engine.Host):  # type: ignore[misc]
    """Without the two timer threads, which use freed memory after ``delete_state`` (docs/evaluators.md)."""

    def _run(self) -> None:
        return None


class Counting:
    """The rule set, and how many rules fired: work that nobody looks at might as well not be done."""

    def __init__(self, patterns: list[dict[str, str]]) -> None:
        self.fired = 0
        self.sessions = 0
        rules = {
            f"r{n}": {"all": [{"m": {"$and": [{k: v} for k, v in sorted(p.items())]}}], "run": self._count}
            for n, p in enumerate([*patterns, {"kind": "opening"}])
        }
        self.host = Quiet()
        self.host.register_rulesets({"raw": rules})
        self.rules = self.host.get_ruleset("raw")

    def _count(self, _context: Any) -> None:
        self.fired += 1

    def take_in(self, history: list[dict[str, Any]]) -> None:
        """An opening fact first: dropping a session in which no rule fired crashes durable_rules."""
        self.sessions += 1
        sid = f"s{self.sessions}"
        for n, fact in enumerate([{"kind": "opening"}, *history]):
            try:
                self.host.assert_fact("raw", {**fact, "id": n, "sid": sid})
            except engine.MessageNotHandledException:
                continue  # a fact that no pattern names (a payment, a source read): durable_rules says so by raising
        self.rules.delete_state(sid)


def main() -> None:
    counting = Counting(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        ask = json.loads(line)
        histories, seconds = ask["histories"], ask["seconds"]
        counting.fired, done, start = 0, 0, time.perf_counter()
        while (spent := time.perf_counter() - start) < seconds:
            counting.take_in(histories[done % len(histories)])
            done += 1
        print(json.dumps({"per_second": done / spent, "fired_each": counting.fired / done}), flush=True)


if __name__ == "__main__":
    main()
