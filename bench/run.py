"""``make bench``: how fast, as ratios measured in one run. Writes bench/results.json. Asserts nothing about seconds.

What is measured: whole evaluations a second (facts chosen, both evaluators, findings), the reference evaluator alone,
the engine alone, and durable_rules alone on the same facts; a profile of the whole evaluation; the demo's recordings
replayed at full speed; ``covenantd --help`` against a Python that does nothing. The ways take turns, so that a
machine busy with something else disturbs all of them alike.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the checkout, whether or not it is installed

import monitor
from bench.cases import Subject, plain_fact
from bench.histories import SIZES
from monitor.core.alerts import Alert
from monitor.core.evaluate import findings
from monitor.core.findings import Finding
from monitor.core.reference import verdicts
from monitor.engine.pool import Engine

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results.json"
VARIANTS, ROUNDS, SLICE = 32, 3, 0.4
LONGEST_REPLAY = 40.0
PROFILED = "hundred"
STARTS = 10


class Raw:
    """The yardstick's process: durable_rules is never imported here."""

    def __init__(self, patterns: list[dict[str, str]]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.raw"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._say(patterns)

    def per_second(self, histories: list[list[dict[str, Any]]]) -> float:
        self._say({"histories": histories, "seconds": SLICE})
        assert self.process.stdout
        return float(json.loads(self.process.stdout.readline())["per_second"])

    def _say(self, what: object) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def __enter__(self) -> Raw:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(10)


def rate(act: Callable[[int], object]) -> float:
    """How often a second ``act`` does one history (by its number), over a slice of time."""
    done, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < SLICE:
        act(done)
        done += 1
    return done / spent


def evaluations(subject: Subject) -> dict[str, Any]:
    """Per size: evaluations a second, and how many raw durable_rules sessions take the time of one of each kind."""
    with Engine() as engine, Raw(subject.single_patterns()) as raw:
        return {size: one_size(subject, size, engine, raw) for size in SIZES}


def one_size(subject: Subject, size: str, engine: Engine, raw: Raw) -> dict[str, Any]:
    histories = subject.facts(size, VARIANTS)
    kinds, many = subject.rulebook.vocabulary.kind_infos, len(histories)
    rows = [[plain_fact(f, dict(kinds[f.kind].defaults or {})) for f in history] for history in histories]
    cases = [subject.case(history) for history in histories]

    def whole(n: int) -> tuple[Finding, ...]:
        case = subject.case(histories[n % many])
        return findings(case, engine.evaluate(case))

    ways: dict[str, Callable[[], float]] = {
        "raw": lambda: raw.per_second(rows),
        "whole": lambda: rate(whole),
        "reference": lambda: rate(lambda n: verdicts(cases[n % many])),
        "engine": lambda: rate(lambda n: engine.evaluate(cases[n % many])),
    }
    shown = whole(0)
    speeds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, measure in ways.items():
            speeds[way].append(measure())
    middle = {way: statistics.median(each) for way, each in speeds.items()}
    return {
        "facts": SIZES[size], "windows": sum(1 for f in shown if f.trigger),
        "evaluators_differ": sum(1 for f in shown if f.both_answers),
        "per_second": {way: round(value, 1) for way, value in middle.items()},
        "raw_in_the_time_of_one": {
            way: round(middle["raw"] / middle[way], 1) for way in ways if way != "raw"
        } if rows[0] else {},
    }


def profile() -> dict[str, Any]:
    """The top of a profile of the whole evaluation, engine and all in one process."""
    said = subprocess.run(
        [sys.executable, "-m", "bench.profiled", PROFILED, "3"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def replay() -> dict[str, Any] | str:
    """The demo of config.yaml at full speed: every poll, evaluation and alert, in a ledger that is thrown away.

    After LONGEST_REPLAY seconds it stops where it is, and says how far it came.
    """
    from monitor.config import load_config
    from monitor.daemon.simulate import simulate
    from monitor.daemon.world import open_world

    path = ROOT / "config.yaml"
    if not path.is_file():
        return "not measured: there is no config.yaml"
    config = replace(load_config(path), channels=())
    plan = config.simulate
    if plan is None:
        return "not measured: config.yaml does not simulate"
    told: list[Alert] = []
    played = timedelta()

    def go_on(step: timedelta) -> bool:
        nonlocal played
        played += step
        return time.perf_counter() - start < LONGEST_REPLAY

    with (
        tempfile.TemporaryDirectory(prefix="covenantd-bench-") as folder,
        open_world(config, datetime.now(UTC), simulated=True, ledger=Path(folder) / "bench.sqlite") as world,
    ):
        start = time.perf_counter()
        complaints = simulate(world, plan.start, plan.end, on_alert=told.append, wait=go_on)
        spent = time.perf_counter() - start
    planned, days = (plan.end - plan.start).days + 1, played / timedelta(days=1)
    return {
        "from": plan.start.isoformat(), "to": plan.end.isoformat(), "days": planned, "days_played": round(days, 1),
        "alerts": len(told), "complaints": len(complaints), "seconds": round(spent, 2),
        "days_per_second": round(days / spent, 1),
    }


def start_up() -> dict[str, Any]:
    """``covenantd --help`` against ``python -c pass``, in turns, after one warm-up of each."""
    script = Path(sys.executable).with_name("covenantd")
    ours = [str(script), "--help"] if script.is_file() else [sys.executable, "-m", "monitor.cli", "--help"]
    bare = [sys.executable, "-c", "pass"]

    def seconds(command: list[str]) -> float:
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True, cwd=ROOT)
        return time.perf_counter() - start

    seconds(ours), seconds(bare)
    pairs = [(seconds(ours), seconds(bare)) for _ in range(STARTS)]
    help_s, pass_s = (statistics.median(each) for each in zip(*pairs, strict=True))
    return {
        "command": "covenantd --help" if script.is_file() else "python -m monitor.cli --help",
        "help_ms": round(1000 * help_s, 1), "pass_ms": round(1000 * pass_s, 1), "ratio": round(help_s / pass_s, 2),
    }


def main() -> None:
    results: dict[str, Any] = {
        "covenantd": monitor.__version__,
        "machine": {
            "python": platform.python_version(), "cores": os.cpu_count(), "system": platform.system(),
            "load_before": round(os.getloadavg()[0], 2),
        },
    }
    start = time.perf_counter()
    parts: dict[str, Callable[[], Any]] = {
        "evaluations": lambda: evaluations(Subject()), "profile": profile, "replay": replay, "start_up": start_up,
    }
    for name, measure in parts.items():
        results[name] = measure()
        show(name, results[name])
    results["bench_seconds"] = round(time.perf_counter() - start)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(f"\nwritten to {RESULTS.relative_to(ROOT)} after {results['bench_seconds']} s; "
          "seconds are this machine's, ratios travel")


def show(name: str, found: Any) -> None:
    if name == "evaluations":
        print("evaluations a second (in brackets: raw durable_rules sessions on the same facts in the time of one)")
        ways = ("whole", "reference", "engine")
        print(f"{'facts':>6} {'windows':>8} {'raw':>10}" + "".join(f"{way:>16}" for way in ways))
        for row in found.values():
            speeds, ratios = row["per_second"], row["raw_in_the_time_of_one"]
            cells = [f"{speeds[way]:.1f}" + (f" ({ratios[way]:.0f})" if ratios else "") for way in ways]
            line = "".join(f"{cell:>16}" for cell in cells)
            print(f"{row['facts']:>6} {row['windows']:>8} {speeds['raw']:>10.1f}{line}")
    elif name == "profile":
        print(f"\nwhole evaluation of {SIZES[found['size']]} facts, where the time goes")
        for part, share in found["by_part"].items():
            print(f"  {share:5.1f} %  {part}")
        for row in found["by_own_time"]:
            print(f"  {row['own_percent']:5.1f} %  own {row['with_callees_percent']:5.1f} % with callees "
                  f"{row['calls_each']:>10} calls  {row['function']}")
    elif isinstance(found, str):
        print(f"\n{name}: {found}")
    elif name == "replay":
        print(f"\nreplay of {found['from']} to {found['to']}: {found['days_per_second']} days a second "
              f"({found['days_played']:.0f} of {found['days']} days, {found['alerts']} alerts, {found['seconds']} s)")
    else:
        print(f"\n{found['command']}: {found['ratio']} times python -c pass "
              f"({found['help_ms']} against {found['pass_ms']} ms, medians of {STARTS})")


if __name__ == "__main__":
    main()
