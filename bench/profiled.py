"""One process that runs the whole evaluation, engine included, under cProfile; prints the top of it as JSON.

In the product the engine is in a worker process, where no profiler of the caller can look. Never imported by the bench.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import sys
from pathlib import Path
from typing import Any

from bench.cases import Subject
from monitor.core.evaluate import findings
from monitor.engine.strata import decide
from monitor.engine.worker import Runner

ROOT = Path(__file__).resolve().parent.parent


def place(file: str, line: int, name: str) -> str:
    """A function as ``file:line name``, the same on every machine."""
    if file.startswith("~"):
        return name
    path = Path(file)
    ours = path.is_relative_to(ROOT) and "site-packages" not in path.parts
    short = path.relative_to(ROOT) if ours else Path(*path.parts[-2:])
    return f"{short.as_posix()}:{line} {name}"


def main() -> None:
    size, rounds = sys.argv[1], int(sys.argv[2])
    subject = Subject()
    facts, runner = subject.facts(size, rounds), Runner()
    decide(subject.case(facts[0]), runner)  # compile once: the product does it once per form
    profile = cProfile.Profile()
    profile.enable()
    for history in facts:
        case = subject.case(history)
        findings(case, decide(case, runner))
    profile.disable()
    stats: Any = pstats.Stats(profile)
    total = stats.total_tt
    rows = sorted(stats.stats.items(), key=lambda item: -item[1][2])[:15]
    print(json.dumps({
        "size": size, "evaluations": len(facts),
        "by_own_time": [
            {"function": place(*where), "calls_each": round(calls / len(facts), 1),
             "own_percent": round(100 * own / total, 1), "with_callees_percent": round(100 * cumulative / total, 1)}
            for where, (_, calls, own, cumulative, _) in rows
        ],
        "by_part": {
            part: round(100 * max((row[3] for where, row in stats.stats.items() if named(where, file, name)),
                                  default=0.0) / total, 1)
            for part, (file, name) in PARTS.items()
        },
    }))


PARTS = {
    "choosing and dating facts": ("core/select.py", "build_case"),
    "engine": ("engine/strata.py", "decide"),
    "of which durable_rules sessions": ("engine/worker.py", "run"),
    "reference, findings and next change": ("core/evaluate.py", "findings"),
    "of which next_change_on": ("core/evaluate.py", "change"),
}


def named(where: tuple[str, int, str], file: str, name: str) -> bool:
    return where[0].endswith(file) and where[2] == name


if __name__ == "__main__":
    main()
