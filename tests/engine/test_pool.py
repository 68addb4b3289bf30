"""The cage: a worker that dies or hangs costs one retry, and the process that owns it never loads durable_rules."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.engine.pool import Engine, EngineFailure
from tests.engine.conftest import CaseOf
from tests.engine.tables import LIEN


@contextmanager
def assassin() -> Iterator[list[int]]:
    """Kills every worker that is started meanwhile, as soon as it is seen; the pids of the dead."""
    spared = {p.pid for p in multiprocessing.active_children()}
    done, dead = threading.Event(), []

    def hunt() -> None:
        while not done.wait(0.005):
            for process in multiprocessing.active_children():
                if process.pid and process.pid not in spared and process.pid not in dead:
                    dead.append(process.pid)
                    os.kill(process.pid, signal.SIGKILL)

    hunter = threading.Thread(target=hunt)
    hunter.start()
    try:
        yield dead
    finally:
        done.set()
        hunter.join()


def test_a_worker_killed_between_two_evaluations_is_replaced(case_of: CaseOf) -> None:
    case = case_of([LIEN], "2005-08-22")
    with Engine() as engine:
        before, first = engine.evaluate(case), engine.worker_pid()
        os.kill(first, signal.SIGKILL)
        assert engine.evaluate(case) == before != ()
        assert engine.worker_pid() != first


def test_a_worker_killed_during_an_evaluation_is_retried_once(case_of: CaseOf) -> None:
    case = case_of([LIEN], "2005-08-22")
    with Engine() as engine:
        expected, victim = engine.evaluate(case), engine.worker_pid()
        os.kill(victim, signal.SIGSTOP)  # so that it is surely inside the evaluation when it dies
        killer = threading.Timer(0.3, os.kill, (victim, signal.SIGKILL))
        killer.start()
        assert engine.evaluate_many([case, case]) == [expected, expected]
        assert engine.worker_pid() != victim


def test_an_engine_killed_twice_is_a_failure_and_its_owner_lives(case_of: CaseOf) -> None:
    case = case_of([LIEN], "2005-08-22")
    with Engine() as engine:
        with assassin() as dead, pytest.raises(EngineFailure, match="failed twice on one case: first its process died"):
            engine.evaluate(case)
        assert len(dead) == 2
        assert engine.evaluate(case) != ()


def test_a_worker_that_hangs_is_ended_and_retried(case_of: CaseOf) -> None:
    case = case_of([LIEN], "2005-08-22")
    with Engine(timeout_seconds=6) as engine:
        expected, stuck = engine.evaluate(case), engine.worker_pid()
        os.kill(stuck, signal.SIGSTOP)
        assert engine.evaluate(case) == expected
        with pytest.raises(ProcessLookupError):
            os.kill(stuck, 0)


def test_a_closed_engine_refuses_and_leaves_no_worker(case_of: CaseOf) -> None:
    engine = Engine()
    worker = engine.worker_pid()
    engine.close()
    engine.close()
    with pytest.raises(RuntimeError, match="closed"):
        engine.evaluate(case_of([LIEN], "2005-08-22"))
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


OWNER = """
import sys
from monitor.engine.pool import Engine

if __name__ == "__main__":
    engine = Engine()
    print(engine.worker_pid(), flush=True)
    sys.stdin.readline()
"""


def test_a_worker_does_not_outlive_an_owner_that_was_killed(tmp_path: Path, repo: Path) -> None:
    script = tmp_path / "owner.py"
    script.write_text(OWNER)
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(repo)},
    ) as owner:
        assert owner.stdout is not None
        worker = int(owner.stdout.readline())
        owner.kill()
    for _ in range(200):
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{worker}/stat").exists() and Path(f"/proc/{worker}/stat").read_text().split()[2] == "Z":
            return
        time.sleep(0.05)
    os.kill(worker, signal.SIGKILL)
    pytest.fail("the worker outlived its owner by ten seconds")


EVALUATES = """
import sys
from datetime import date
from monitor.core.facts import end_of_day
from monitor.core.select import build_case
from monitor.engine.pool import Engine
from monitor.rulebook.rulebook import load_instrument, load_rulebook, parse_fact

if __name__ == "__main__":
    rulebook = load_rulebook()
    instrument, form = load_instrument("roo-petty-2005", rulebook)
    lien = parse_fact({"kind": "lien_filed", "matter": "L", "happened_on": "2005-08-01"}, rulebook, instrument, form)
    at = end_of_day(date(2005, 8, 22), form.zone)
    case = build_case(
        [lien], instrument=instrument, form=form, catalogue=rulebook.readings, kinds=rulebook.vocabulary.kind_infos,
        calendars=rulebook.calendars, as_of=at, known_at=at,
    )
    with Engine() as engine:
        print([v.state.value for v in engine.evaluate(case)])
    print([name for name in sys.modules if name.startswith("durable")])
"""


def test_the_owner_never_imports_durable_rules(tmp_path: Path, repo: Path) -> None:
    script = tmp_path / "evaluates.py"
    script.write_text(EVALUATES)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": str(repo)},
    )
    assert done.stdout.splitlines() == ["['running']", "[]"], done.stderr
