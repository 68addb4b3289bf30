"""What is left after a kill, a long downtime, a feed that fails, an engine that crashes."""

from __future__ import annotations

import asyncio
import email
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from monitor.core.alerts import AlertKind
from monitor.core.days import OutsideCalendar
from monitor.core.findings import State
from monitor.daemon.cycle import once
from monitor.daemon.health import feed_alerts
from monitor.daemon.world import World
from monitor.ledger import Ledger
from tests.daemon.folder import LIEN, RELEASE, ROO, Folder, utc
from tests.notify.conftest import free_port

REPO = Path(__file__).resolve().parents[2]
RECORDED = REPO / "tests" / "recorded"

# --- killed between the evaluation and the delivery -----------------------------------------------------------------


@dataclass
class Hanging:
    """An SMTP server that stops answering: at the sender's address, or after it has taken the whole message."""

    where: str = ""
    reached: threading.Event = field(default_factory=threading.Event)
    ids: list[str] = field(default_factory=list)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await self._hang("MAIL")
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.ids.append(str(email.message_from_bytes(envelope.content)["Message-ID"]))
        await self._hang("DATA")
        return "250 OK"

    async def _hang(self, where: str) -> None:
        if self.where == where:
            self.reached.set()
            await asyncio.sleep(60)


@contextmanager
def serving(folder: Folder) -> Iterator[Hanging]:
    handler = Hanging()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    folder.channels = {
        "email": {"host": "127.0.0.1", "port": controller.port, "sender": "a@example.com", "to": "b@example.com",
                  "timeout": 30},
        "file": {"folder": "outbox"},
    }
    try:
        yield handler
    finally:
        controller.stop()


def covenantd(folder: Folder, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "monitor.cli", *arguments, "--config", str(folder.write())]
    return subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(("where", "copies"), [("MAIL", 1), ("DATA", 2)])
def test_killed_while_it_delivers_the_next_run_delivers_what_is_left(
    folder: Folder, where: str, copies: int
) -> None:
    """A message that was taken but not acknowledged comes again under the same Message-ID; nothing else does."""
    folder.state("lien.yaml", LIEN, on="2005-06-17")
    with serving(folder) as server:
        server.where = where
        first = covenantd(folder, "once")
        assert server.reached.wait(30)
        first.kill()
        first.communicate(timeout=10)
        with Ledger.open(folder.path / "var" / "ledger.sqlite", mode=None, at=utc(2026, 1, 1)) as ledger:
            (alert,) = ledger.alerts()
            assert ledger.counts().pending == 2  # both channels: the evaluation was committed before any delivery
        server.where = ""
        second = covenantd(folder, "once")
        _, complaints = second.communicate(timeout=60)
        assert (second.returncode, complaints) == (0, "")
        assert server.ids == [f"<{alert.id}@example.com>"] * copies
        assert len(list((folder.path / "outbox").glob("*.eml"))) == 1
        with Ledger.open(folder.path / "var" / "ledger.sqlite", mode=None, at=utc(2026, 1, 1)) as ledger:
            assert ledger.verify().ok
            assert (len(ledger.alerts()), ledger.counts().pending, ledger.held_lease()) == (1, 0, None)


# --- downtime -------------------------------------------------------------------------------------------------------

WINDOWS: tuple[Mapping[str, Any], ...] = (
    LIEN,
    {"kind": "judgment_entered", "matter": "index 1", "happened_on": "2005-06-15"},
    {"kind": "listing_removed", "venue": "otcbb", "happened_on": "2005-06-16", "effective": "before_open"},
)


def ripened(folder: Folder, at: list[datetime]) -> tuple[Counter[str], dict[str, tuple[Any, ...]]]:
    """Alerts of default by id, and every window's dates, after cycles at these instants."""
    folder.state("closing.yaml", on="2005-05-18")
    with folder.world(at[0]) as world:
        once(world, at[0])
        folder.state("windows.yaml", *WINDOWS, on="2005-06-16")
        for instant in at:
            once(world, instant)
        told = Counter(a.id for a in world.ledger.alerts(ROO) if a.kind is AlertKind.RIPENED)
        dates = {
            f.limb: (f.state, f.opened, f.deadline, f.default_date, f.earliest_arguable)
            for f in world.ledger.latest_findings(ROO) if f.trigger
        }
    return told, dates


def test_after_forty_days_down_the_windows_ripened_on_the_same_dates_and_each_is_told_once(
    folder: Folder, tmp_path: Path
) -> None:
    start = utc(2005, 6, 16, 22)
    daily = Folder(tmp_path / "daily")
    every = [start + timedelta(days=n) for n in (0, 5, 6, 19, 20, 21, 40)]
    down, dates = ripened(folder, [start, start + timedelta(days=40)])
    up, same = ripened(daily, every)
    assert dates == same
    assert {limb: str(d[3]) for limb, d in dates.items()} == {
        "a.failure": "2005-06-22", "b.lien": "2005-07-07", "b.judgment": "2005-07-06",
    }
    assert down == up  # the same alerts, by identity, however late they were made
    assert set(down.values()) == {1}
    assert len(down) == 3


def test_a_cure_that_waited_in_a_feed_during_the_downtime_is_read_before_anything_is_announced(folder: Folder) -> None:
    folder.state("closing.yaml", on="2005-05-18")
    with folder.world(utc(2005, 6, 1)) as world:
        once(world, utc(2005, 6, 1))
        folder.state("lien.yaml", LIEN, on="2005-06-17")
        once(world, utc(2005, 6, 18))
        folder.state("release.yaml", RELEASE, on="2005-07-02")
        once(world, utc(2005, 8, 1))
        assert [a.kind for a in world.ledger.alerts(ROO)][1:] == [AlertKind.OPENED, AlertKind.CURED]


def test_only_the_latest_of_the_reminders_that_were_missed_is_sent(folder: Folder) -> None:
    folder.state("closing.yaml", on="2005-05-18")
    with folder.world(utc(2005, 6, 1)) as world:
        once(world, utc(2005, 6, 1))
        folder.state("lien.yaml", LIEN, on="2005-06-17")
        once(world, utc(2005, 6, 18))
        once(world, utc(2005, 7, 4, 12))
        reminders = [a for a in world.ledger.alerts(ROO) if a.kind is AlertKind.REMINDER]
        assert [(a.step, a.headline.rpartition(". ")[2]) for a in reminders] == [
            ("2 days", "Last cure day in 2 days; Event of Default in 3 days")
        ]


# --- a feed that fails ----------------------------------------------------------------------------------------------


@contextmanager
def indexed(folder: Folder) -> Iterator[tuple[World, Path]]:
    """A note of the invented company whose EDGAR index is among the project's own payloads; read at noon."""
    folder.note("example", "Example Maker, Inc.", "2024-01-02", ["nyse"], cik="0009990001")
    folder.instruments = ["example"]
    index = folder.feed("edgar") / "CIK0009990001.json"
    shutil.copy(RECORDED / "edgar" / "CIK0009990001.json", index)
    with folder.world(utc(2026, 6, 1, 12)) as world:
        polls, _, _ = once(world, utc(2026, 6, 1, 12))
        assert [(p.ok, p.errors) for p in polls] == [(True, ())]
        yield world, index


def listing(world: World) -> tuple[State, bool]:
    (finding,) = (f for f in world.ledger.latest_findings("example") if f.limb == "a.failure")
    return finding.state, finding.verified


def test_a_broken_payload_is_one_line_no_facts_and_nothing_verified_until_it_is_mended(folder: Folder) -> None:
    with indexed(folder) as (world, index):
        good = index.read_bytes()
        assert listing(world) == (State.CLEAR, True)
        facts = {f.id for f in world.ledger.all_facts()}
        index.write_text("<html><body>Request Rate Threshold Exceeded</body></html>")
        told: list[tuple[AlertKind, str]] = []
        for hour in (13, 16, 17, 40):
            polls, alerts, _ = once(world, utc(2026, 6, 1) + timedelta(hours=hour))
            assert [p.ok for p in polls] == [False]
            assert polls[0].error.count("CIK0009990001.json") == 1
            assert "\n" not in polls[0].error
            told += [(a.kind, a.headline) for a in alerts if a.instrument == "feeds"]
        assert told == [(AlertKind.STALE, "covenantd: feed edgar has not been read since 2026-06-01T12:00 UTC")]
        assert {f.id for f in world.ledger.all_facts()} == facts
        assert listing(world) == (State.CLEAR, False)  # read through the day before yesterday
        index.write_bytes(good)
        mended = [a for n in (41, 42) for a in once(world, utc(2026, 6, 1) + timedelta(hours=n))[1]]
        assert [(a.kind, a.headline) for a in mended if a.instrument == "feeds"] == [
            (AlertKind.RECOVERED, "covenantd: feed edgar is read again")
        ]
        assert listing(world) == (State.CLEAR, True)


def test_after_downtime_a_feed_is_not_called_silent_before_it_was_asked(folder: Folder) -> None:
    with indexed(folder) as (world, index):
        back = utc(2026, 7, 10, 12)
        assert feed_alerts(world, back, since=back) == []
        assert [a.kind for a in feed_alerts(world, back + timedelta(hours=2), since=back)] == [AlertKind.STALE]
        index.write_text("")
        once(world, back + timedelta(seconds=30))
        kinds = [a.kind for a in world.ledger.alerts("feeds")]
        assert kinds == [AlertKind.STALE]  # it was asked again, and failed


def test_one_silence_is_told_once_however_often_the_daemon_is_started_in_it(folder: Folder) -> None:
    folder.note("example", "Example Maker, Inc.", "2024-01-02", ["nyse"], cik="0009990001")
    folder.instruments = ["example"]
    (folder.feed("edgar") / "CIK0009990001.json").write_text("")
    with folder.world(utc(2026, 6, 1)) as world:
        for day in (1, 2, 3, 4):
            once(world, utc(2026, 6, day))
            with world.ledger.write() as tx:  # a daemon that was started at noon and has run for three hours
                noon = utc(2026, 6, day, 12)
                for alert in feed_alerts(world, noon + timedelta(hours=3), since=noon):
                    tx.add_alert(alert, (), noon)
        assert [a.kind for a in world.ledger.alerts("feeds")] == [AlertKind.STALE]


def test_a_mistake_in_a_parser_fails_its_own_feed_and_no_other(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.state("lien.yaml", LIEN, on="2005-06-17")
    folder.statement("june.csv", ("2005-06-01", "4277.78"))
    with folder.world(utc(2005, 6, 18)) as world:
        (payments,) = (s for s in world.sources if s.name == "payments")

        def mistaken(*_: object) -> None:
            raise KeyError("amount")

        monkeypatch.setattr(payments.feed, "parse", mistaken)
        polls, alerts, _ = once(world, utc(2005, 6, 18))
        assert {p.source: p.error for p in polls} == {
            "attested": "", "payments": "payments: a bug: KeyError: 'amount'",
        }
        assert [a.kind for a in alerts] == [AlertKind.BASELINE]
        assert [f.limb for f in world.ledger.latest_findings(ROO) if f.trigger] == ["b.lien"]


# --- an engine that crashes -----------------------------------------------------------------------------------------


@contextmanager
def killing(world: World) -> Iterator[None]:
    """Every worker of the engine dies as soon as it is seen."""
    stop = threading.Event()

    def hunt() -> None:
        while not stop.is_set():
            pool = world.engine._pool
            for process in list((getattr(pool, "_processes", None) or {}).values()):
                if process.pid:
                    try:
                        os.kill(process.pid, signal.SIGKILL)
                    except ProcessLookupError:
                        continue
            time.sleep(0.005)

    thread = threading.Thread(target=hunt)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_worker_that_is_killed_once_costs_a_retry_and_nothing_else(folder: Folder) -> None:
    folder.state("lien.yaml", LIEN, on="2005-06-17")
    with folder.world(utc(2005, 6, 18)) as world:
        os.kill(world.engine.worker_pid(), signal.SIGKILL)
        once(world, utc(2005, 6, 18))
        states = {f.limb: f.state for f in world.ledger.latest_findings(ROO)}
        assert states.pop("b.lien") is State.RUNNING
        assert set(states.values()) == {State.CLEAR}


def test_an_engine_that_crashes_twice_leaves_the_windows_undetermined_with_both_answers(folder: Folder) -> None:
    folder.state("closing.yaml", on="2005-05-18")
    with folder.world(utc(2005, 6, 1)) as world:
        once(world, utc(2005, 6, 1))
        folder.state("lien.yaml", LIEN, on="2005-06-17")
        with killing(world):
            once(world, utc(2005, 6, 18))
        (lien,) = (f for f in world.ledger.latest_findings(ROO) if f.trigger)
        assert (lien.state, lien.verified, str(lien.default_date)) == (State.UNDETERMINED, False, "2005-07-07")
        ours, theirs = lien.both_answers
        assert (ours["evaluator"], ours["verdict"]["state"]) == ("reference", "running")
        assert theirs["evaluator"] == "engine"
        assert "failed twice" in str(theirs["verdict"])
        (alert,) = (a for a in world.ledger.alerts(ROO) if a.kind is AlertKind.UNDETERMINED)
        assert alert.headline.endswith("undetermined. Act on the earlier date, 7 July 2005")
        evaluation = world.ledger.latest_evaluation(ROO)
        assert evaluation is not None
        assert not evaluation.agreed
        once(world, utc(2005, 6, 19))
        kinds = [(a.kind, a.step) for a in world.ledger.alerts(ROO)][2:]
        assert kinds == [(AlertKind.INFORMATION, "determined")]
        assert {f.state for f in world.ledger.latest_findings(ROO)} == {State.CLEAR, State.RUNNING}


# --- an instrument that cannot be evaluated -------------------------------------------------------------------------


def test_an_instrument_that_cannot_be_evaluated_is_told_once_and_keeps_no_other_from_being_watched(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.note("another", "Example Maker, Inc.", "2004-01-02")
    folder.instruments = ["another", ROO]
    folder.state("lien.yaml", {**LIEN, "subject": "roo-group"}, on="2005-06-17")
    make = World.case

    def outside(world: World, watched: Any, facts: Any, as_of: datetime, known_at: datetime) -> Any:
        if watched.instrument.id == "another" and as_of < utc(2005, 6, 20):
            raise OutsideCalendar("2105-01-01 is outside the XNYS calendar")
        return make(world, watched, facts, as_of, known_at)

    monkeypatch.setattr(World, "case", outside)
    with folder.world(utc(2005, 6, 18)) as world:
        told = [(a.instrument, a.kind.value) for n in (18, 19, 20, 21) for a in once(world, utc(2005, 6, n))[1]]
        assert told == [("another", "undetermined"), (ROO, "baseline"), ("another", "baseline")]
        (failed,) = (a for a in world.ledger.alerts("another") if a.kind is AlertKind.UNDETERMINED)
        assert failed.headline == (
            "Example Maker, Inc. note: it cannot be evaluated. Every clause is undetermined"
        )
        assert failed.body[1] == "What went wrong: OutsideCalendar: 2105-01-01 is outside the XNYS calendar"
