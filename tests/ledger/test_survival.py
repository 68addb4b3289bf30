"""What is left when a process is killed, a second one starts, another program writes, or the disk is full."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from monitor.ledger import Ledger, LedgerError
from tests.ledger.samples import FILE, NOTE, T0, after, alert, evaluate, finding

REPO = Path(__file__).parents[2]

HALF_WAY = """
import sys, time
from monitor.ledger import Ledger
from tests.ledger.samples import *
ledger = Ledger.open(sys.argv[1], mode="real", at=T0)
with ledger.write() as tx:
    evaluate(tx, finding())
    tx.add_alert(alert(), [FILE, MAIL], T0)
    if sys.argv[2] == "before":
        print("ready", flush=True)
        time.sleep(60)
print("ready", flush=True)
time.sleep(60)
"""

WITHOUT_END = """
import sys
from monitor.ledger import Ledger
from tests.ledger.samples import *
ledger = Ledger.open(sys.argv[1], mode="real", at=T0)
start = len(ledger.alerts())
print("ready", flush=True)
for n in range(start, start + 100_000):
    window = finding(reason=f"day {n}")
    with ledger.write() as tx:
        evaluate(tx, window, inputs=str(n))
        tx.add_alert(alert(str(n), about=window), [FILE], T0)
    print(n, flush=True)
"""

SECOND = """
import sys
from datetime import timedelta
from monitor.ledger import Ledger, LedgerError
from tests.ledger.samples import *
ledger = Ledger.open(sys.argv[1], mode="real", at=T0)
try:
    ledger.take_lease("second", 2, now=after(0), lasting=timedelta(seconds=30))
except LedgerError as error:
    print(error)
    sys.exit(1)
"""


@contextmanager
def running(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", script, *arguments]
    with subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def kill(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGKILL)
    output, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL
    return output


@pytest.mark.parametrize(("moment", "kept"), [("before", 0), ("after", 1)])
def test_a_kill_around_the_commit_leaves_finding_and_outbox_row_or_neither(path: Path, moment: str, kept: int) -> None:
    with running(HALF_WAY, str(path), moment) as process:
        kill(process)
    with Ledger.open(path, mode="real", at=T0) as ledger:
        assert len(ledger.latest_findings(NOTE)) == len(ledger.alerts()) == kept
        assert len(ledger.due_deliveries(T0)) == 2 * kept
        assert ledger.verify().ok
        with ledger.write() as tx:  # the daemon does the step again
            assert len(evaluate(tx, finding())) == 1 - kept
            assert tx.add_alert(alert(), [FILE], T0) is not bool(kept)


def test_kills_at_any_moment_lose_nothing_that_was_committed_and_leave_no_half(path: Path) -> None:
    for pause in (0.05, 0.11, 0.17):
        with running(WITHOUT_END, str(path)) as process:
            time.sleep(pause)
            said = kill(process).split()
        with Ledger.open(path, mode="real", at=T0) as ledger:
            steps = {a.step for a in ledger.alerts()}
            assert set(said) <= steps
            assert len(ledger.findings_history(NOTE)) == len(steps) == len(ledger.due_deliveries(T0, limit=10**6))
            ledger.seal(T0)
            assert ledger.verify().problems == ()
    assert len(steps) > 3


def test_a_second_process_does_not_get_the_lease(path: Path) -> None:
    with Ledger.open(path, mode="real", at=T0) as ledger:
        ledger.take_lease("first", 4711, now=T0, lasting=timedelta(seconds=30))
        second = subprocess.run(
            [sys.executable, "-c", SECOND, str(path)], cwd=REPO, capture_output=True, text=True, check=False
        )
        assert (second.returncode, second.stderr) == (1, "")
        assert "another covenantd runs on this ledger (first, process 4711" in second.stdout
        ledger.release_lease(now=T0)
        free = subprocess.run([sys.executable, "-c", SECOND, str(path)], cwd=REPO, check=False)
        assert free.returncode == 0
        held = ledger.held_lease()
        assert held is not None
        assert (held.owner, held.epoch) == ("second", 2)


def test_an_expired_lease_is_taken_over_and_the_old_holder_writes_nothing_more(path: Path) -> None:
    half_minute = timedelta(seconds=30)
    with Ledger.open(path, mode="real", at=T0) as old, Ledger.open(path, mode="real", at=T0) as new:
        old.take_lease("old", 1, now=T0, lasting=half_minute)
        old.renew_lease(now=T0 + half_minute, lasting=half_minute)
        with pytest.raises(LedgerError, match="another covenantd runs"):
            new.take_lease("new", 2, now=T0 + half_minute, lasting=half_minute)
        new.take_lease("new", 2, now=T0 + 2 * half_minute, lasting=half_minute)
        for late in (lambda: old.renew_lease(now=after(1), lasting=half_minute), lambda: old.seal(after(1)),
                     lambda: old.release_lease(now=after(1))):
            with pytest.raises(LedgerError, match=r"has lost the ledger \(now held by new, process 2\)"):
                late()
        assert new.seal(after(1)) == 1


def test_the_lease_of_a_dead_process_can_be_replaced_at_once_but_only_that_one(path: Path) -> None:
    hour = timedelta(hours=1)
    with Ledger.open(path, mode="real", at=T0) as dead, Ledger.open(path, mode="real", at=T0) as new:
        seen = dead.take_lease("dead", 1, now=T0, lasting=hour)
        dead.renew_lease(now=after(0.1), lasting=hour)
        with pytest.raises(LedgerError, match="another covenantd runs"):
            new.take_lease("new", 2, now=after(0.2), lasting=hour, replacing=seen)
        assert new.take_lease("new", 2, now=after(0.2), lasting=hour, replacing=new.held_lease()).epoch == 2


def test_a_ledger_without_a_lease_cannot_renew_one(ledger: Ledger) -> None:
    assert ledger.held_lease() is None
    with pytest.raises(LedgerError, match="holds no lease"):
        ledger.renew_lease(now=T0, lasting=timedelta(seconds=1))


def test_another_program_that_keeps_writing_is_one_line_after_the_busy_time(path: Path) -> None:
    with Ledger.open(path, mode="real", at=T0, busy_seconds=0.2) as ledger:
        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LedgerError, match="another program has been writing to it for too long"), \
                    ledger.write():
                pytest.fail("two writers at once")
            assert ledger.counts().polls == 0  # readers do not wait
        with ledger.write() as tx:
            tx.add_poll("edgar", T0, "ok")
        assert ledger.counts().polls == 1


@contextmanager
def full_disk(ledger: Ledger) -> Iterator[None]:
    """SQLite may not add one page: what it then does is what it does when a disk is full."""

    def limit(dbapi: sqlite3.Connection, _record: Any) -> None:
        pages = dbapi.execute("PRAGMA page_count").fetchone()[0]
        dbapi.execute(f"PRAGMA max_page_count = {pages}")

    ledger._engine.dispose()
    event.listen(ledger._engine, "connect", limit)
    yield
    event.remove(ledger._engine, "connect", limit)
    ledger._engine.dispose()


def test_a_full_disk_is_one_line_and_loses_nothing_that_was_committed(ledger: Ledger) -> None:
    with ledger.write() as tx:
        tx.add_poll("edgar", T0, "ok")
    before = ledger.counts()

    def step() -> None:
        with ledger.write() as tx:
            for n in range(5000):
                tx.add_poll("edgar", after(n), "ok", error="x" * 400)

    with full_disk(ledger):
        with pytest.raises(LedgerError, match=r"the disk is full\. Nothing of this step was written"):
            step()
        assert ledger.counts() == before
    with ledger.write() as tx:
        tx.add_poll("edgar", after(1), "ok")
    assert ledger.counts().polls == 2
    assert ledger.verify().ok


def test_a_caller_that_goes_on_after_a_full_disk_writes_no_half_step(ledger: Ledger) -> None:
    before = ledger.counts()

    def step() -> None:
        with ledger.write() as tx:
            for n in range(5000):
                try:
                    tx.add_poll("edgar", after(n), "ok", error="x" * 400)
                except Exception:
                    tx.set_due(NOTE, "evaluate", T0)

    with full_disk(ledger):
        with pytest.raises(LedgerError) as error:
            step()
        assert "\n" not in str(error.value)
        assert ledger.counts() == before
        assert ledger.next_due() is None


def test_a_half_written_alert_is_not_seen_by_readers(ledger: Ledger) -> None:
    with ledger.write() as tx:
        tx.add_alert(alert(), [FILE], T0)
        assert [a.id for a in tx.alerts()] == [alert().id]
        assert ledger.alerts() == []
    assert len(ledger.alerts()) == 1
