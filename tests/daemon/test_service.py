"""``covenantd run`` on the real clock: a subprocess that is stopped, killed and doubled; a loop that does not die."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from monitor.clock import now
from monitor.core.alerts import AlertKind
from monitor.daemon import service as module
from monitor.daemon.cycle import once
from monitor.daemon.service import DELIVER, Service
from monitor.daemon.world import World
from monitor.ledger import Ledger
from monitor.ledger.lease import Lease
from tests.daemon.folder import LIEN, ROO, Folder

REPO = Path(__file__).resolve().parents[2]


def until(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


# --- the process ----------------------------------------------------------------------------------------------------


def run(folder: Folder) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "monitor.cli", "run", "--config", str(folder.write())]
    return subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def held(folder: Folder) -> Lease | None:
    path = folder.path / "var" / "ledger.sqlite"
    if not path.exists():
        return None
    with Ledger.open(path, mode=None, at=now()) as ledger:
        return ledger.held_lease()


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=40)
    return process.returncode, out, err


def test_it_starts_in_seconds_refuses_a_second_one_survives_a_kill_and_stops_on_sigterm(folder: Folder) -> None:
    folder.state("lien.yaml", LIEN, on="2005-06-17")
    outbox = folder.path / "outbox"
    first = run(folder)
    try:
        assert until(lambda: len(list(outbox.glob("*.eml"))) == 1)
        lease = held(folder)
        assert lease is not None
        assert lease.pid == first.pid

        code, out, err = ended(run(folder))
        assert (code, out) == (1, "")  # it is refused before it says that it watches
        assert err.startswith("covenantd: another covenantd runs on this ledger (")
        assert f", process {first.pid}, until " in err
        assert err.count("\n") == 1
    finally:
        first.kill()
    assert ended(first)[0] == -signal.SIGKILL
    kept = held(folder)
    assert kept is not None  # a killed process hands nothing back
    assert kept.pid == first.pid

    second = run(folder)
    try:
        assert until(lambda: (lease := held(folder)) is not None and lease.pid == second.pid)
        with Ledger.open(folder.path / "var" / "ledger.sqlite", mode=None, at=now()) as ledger:
            assert until(lambda: "daemon" in ledger.heartbeats())
        second.send_signal(signal.SIGTERM)
        code, out, err = ended(second)
    finally:
        second.kill()
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "covenantd stopped."
    assert held(folder) is None
    assert len(list(outbox.glob("*.eml"))) == 1  # the same alert is not told again
    with Ledger.open(folder.path / "var" / "ledger.sqlite", mode=None, at=now()) as ledger:
        assert (ledger.counts().unsealed, ledger.verify().ok) == (0, True)


def test_a_reader_that_goes_away_silences_the_terminal_and_nothing_else(folder: Folder) -> None:
    """``covenantd run | head -1``: the file channel goes on, nothing is dead, and another run prints what waits."""
    folder.state("lien.yaml", LIEN, on="2005-06-17")
    folder.channels = {"terminal": {}, "file": {"folder": "outbox"}}
    process = run(folder)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("covenantd watches roo-petty-2005")
        process.stdout.close()
        assert until(lambda: len(list((folder.path / "outbox").glob("*.eml"))) == 1)
        with Ledger.open(folder.path / "var" / "ledger.sqlite", mode=None, at=now()) as ledger:
            assert until(lambda: ledger.counts().pending == 1)
            time.sleep(DELIVER + 1)  # one more turn: it stays as it is, untried
            (waiting,) = ledger.due_deliveries(now())
            assert (waiting.channel, waiting.attempts, ledger.dead_letters()) == ("terminal", 0, [])
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait(40) == 0
    finally:
        process.kill()
    assert said.count("channel terminal: nobody reads it any more (Broken pipe).") == 1
    assert said.count("\n") == 1

    with Ledger.open(folder.path / "var" / "ledger.sqlite", mode=None, at=now()) as ledger:
        again = run(folder)
        try:
            assert until(lambda: ledger.counts().pending == 0)
            again.send_signal(signal.SIGTERM)
            code, out, _ = ended(again)
        finally:
            again.kill()
    assert code == 0
    assert "now watched" in out


# --- the loop, in this process --------------------------------------------------------------------------------------


@contextmanager
def serving(world: World) -> Iterator[tuple[Service, list[str]]]:
    """A service that ticks ten times a second; the test says when it stops. Yields what it told."""
    told: list[str] = []
    service = Service(world, on_alert=lambda a: told.append(a.kind.value), tick_seconds=0.1)
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(service.run()))
    thread.start()
    try:
        yield service, told
    finally:
        service.stop.set()
        thread.join(40)
    assert codes == ([1] if service.failure else [0])
    assert world.ledger.held_lease() is None


def test_a_job_that_fails_is_logged_and_runs_again(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder.state("lien.yaml", LIEN, on="2005-06-17")
    tick, failures = Service.tick, iter([ValueError("once"), KeyError("twice")])

    def fails_first(self: Service, at: Any) -> None:
        for failure in failures:
            raise failure
        tick(self, at)

    monkeypatch.setattr(Service, "tick", fails_first)
    with folder.world(now()) as world, serving(world) as (_, told):
        assert until(lambda: told == ["baseline"])
    said = [r.getMessage() for r in caplog.records if r.name == "covenantd"]
    assert said.count("fails_first failed; it runs again at its next turn") == 2


def test_a_pass_of_the_scheduler_that_fails_does_not_end_its_thread(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder.state("lien.yaml", LIEN, on="2005-06-17")
    stock, failures = BackgroundScheduler._process_jobs, iter([RuntimeError("the job store is locked")])

    def fails_first(self: BackgroundScheduler) -> Any:
        for failure in failures:
            raise failure
        return stock(self)

    monkeypatch.setattr(BackgroundScheduler, "_process_jobs", fails_first)
    with folder.world(now()) as world, serving(world) as (_, told):
        assert until(lambda: told == ["baseline"])
    assert "scheduler pass failed; the next one comes in a second" in caplog.messages


def test_a_heart_that_stops_beating_ends_the_daemon(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.state("lien.yaml", LIEN, on="2005-06-17")

    def silent(*_: object) -> None:
        raise ValueError("no beat")

    monkeypatch.setattr(Service, "heartbeat", silent)
    monkeypatch.setattr(module, "SILENT", timedelta(seconds=1))
    with folder.world(now()) as world, serving(world) as (service, _):
        assert until(lambda: bool(service.failure), 10)
    assert service.failure == "the scheduler has been silent for a minute"


def test_a_lease_that_was_lost_ends_the_daemon_with_one_line(folder: Folder) -> None:
    folder.state("lien.yaml", LIEN, on="2005-06-17")
    with folder.world(now()) as world:
        service = Service(world, on_alert=lambda _: None, tick_seconds=0.1)
        thread = threading.Thread(target=service.run)
        thread.start()
        assert until(lambda: world.ledger.latest_evaluation(ROO) is not None)
        with Ledger.open(world.ledger.path, mode="real", at=now()) as other:
            mine = other.held_lease()
            other.take_lease("another machine", 1, now=now(), lasting=timedelta(minutes=1), replacing=mine)
        thread.join(30)
        assert not thread.is_alive()
        assert "this covenantd has lost the ledger (now held by another machine, process 1)" in service.failure


def test_after_downtime_nothing_overdue_is_announced_before_every_feed_was_read(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lien's window ran out while nobody looked; its release lies in the slow feed's folder."""
    start = now() - timedelta(days=40)
    filed, released = (f"{start + timedelta(days=n):%Y-%m-%d}" for n in (-1, 10))
    folder.state("closing.yaml", on="2005-05-18")
    folder.statement("any.csv", ("2005-06-01", "4277.78"))
    with folder.world(start) as world:
        once(world, start - timedelta(days=2))
        folder.state("lien.yaml", {**LIEN, "happened_on": filed}, on=filed)
        once(world, start)
    folder.state("release.yaml", {"kind": "released", "matter": "NY-123", "happened_on": released}, on=released)
    with folder.world(now()) as world:
        (slow,) = (s for s in world.sources if s.name == "attested")
        parse, go = slow.feed.parse, threading.Event()

        def waits(*given: Any) -> Any:
            assert go.wait(30)
            return parse(*given)

        monkeypatch.setattr(slow.feed, "parse", waits)
        with serving(world) as (_, told):
            assert until(lambda: world.ledger.last_polls()["payments"].started_at > now() - timedelta(days=1))
            time.sleep(0.5)
            assert told == []
            go.set()
            assert until(lambda: bool(told))
        assert [a.kind for a in world.ledger.alerts(ROO)][1:] == [AlertKind.OPENED, AlertKind.CURED]


def test_a_feed_whose_parser_fails_does_not_keep_the_others_from_being_heard(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.state("lien.yaml", LIEN, on="2005-06-17")
    folder.statement("any.csv", ("2005-06-01", "4277.78"))
    with folder.world(now()) as world:
        (broken,) = (s for s in world.sources if s.name == "payments")

        def mistaken(*_: object) -> None:
            raise KeyError("amount")

        monkeypatch.setattr(broken.feed, "parse", mistaken)
        with serving(world) as (_, told):
            assert until(lambda: told == ["baseline"])
        assert world.ledger.last_polls()["payments"].error == "payments: a bug: KeyError: 'amount'"


def test_a_statement_that_comes_while_it_runs_is_heard_at_the_next_poll(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.state("closing.yaml", on="2005-05-18")
    with folder.world(now()) as world:
        monkeypatch.setattr(module, "due_sources", lambda world, _: list(world.sources))  # every feed at every tick
        with serving(world) as (_, told):
            assert until(lambda: told == ["baseline"])
            folder.state("lien.yaml", LIEN, on="2005-06-17")
            assert until(lambda: told[1:] == ["ripened"])
        facts = [f for f in world.ledger.all_facts() if f.kind == "lien_filed"]
        evaluation = world.ledger.latest_evaluation(ROO)
        assert evaluation is not None
        assert [f.known_at <= evaluation.known_at for f in facts] == [True]
