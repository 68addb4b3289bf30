"""The daemon on the real clock: APScheduler wakes it, its own ledger says what is due.

Three jobs (engine.md, part 2): ``tick`` polls what is due and evaluates, ``deliver`` empties the outbox, ``heartbeat``
renews the lease. The scheduler runs in UTC, forgets no misfire, and its loop is guarded: a stock scheduler thread that
dies leaves ``running`` true, so a watchdog on the heartbeat decides, never the scheduler's own word.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler

from monitor.clock import now as clock
from monitor.core.alerts import Alert
from monitor.daemon.cycle import affected, due_sources, evaluate_all, tell_of_feeds
from monitor.daemon.delivering import deliver
from monitor.daemon.polling import Batch, Polled, fetch, keep
from monitor.daemon.world import Source, World
from monitor.ledger.errors import LedgerError
from monitor.ledger.lease import Lease

log = logging.getLogger("covenantd")

TICK, DELIVER, HEARTBEAT = 5, 5, 10
SILENT = timedelta(seconds=60)
LEASE = timedelta(seconds=60)
DRAIN = 20.0


class GuardedScheduler(BackgroundScheduler):  # type: ignore[misc]  # APScheduler ships no types
    """A failing pass is logged and tried again in a second; a stock scheduler's thread would die for good."""

    def _process_jobs(self) -> Any:
        try:
            return super()._process_jobs()
        except Exception:
            log.exception("scheduler pass failed; the next one comes in a second")
            return 1.0


class Service:
    """One running daemon on one ledger. ``run`` blocks until ``stop`` is set or the watchdog gives up."""

    def __init__(self, world: World, *, on_alert: Callable[[Alert], None], tick_seconds: float = TICK) -> None:
        self.world = world
        self.on_alert = on_alert
        self.tick_seconds = tick_seconds
        self.stop = threading.Event()
        self.failure = ""
        self._started = clock()
        self._beat = time.monotonic()  # no clock that is set back, no machine that slept, deceives the watchdog
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="poll")
        self._polling: dict[str, tuple[Source, Future[Batch]]] = {}
        self._unread = self._after_downtime()
        self._caught_up = False
        self._held = False
        self._idle = threading.Condition()
        self._working = 0

    def hold(self) -> None:
        """Becomes the one instance on this ledger. Raises LedgerError, one line, while another one runs."""
        self.world.ledger.take_lease(
            socket.gethostname(), os.getpid(), now=clock(), lasting=LEASE, replacing=abandoned(self.world)
        )
        self._held = True

    def run(self) -> int:
        """0 after an orderly stop, 1 when something stopped it. Holds the ledger if ``hold`` was not called before."""
        scheduler = GuardedScheduler(timezone=UTC)
        options = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        for name, job, seconds in (
            ("tick", self.tick, self.tick_seconds), ("deliver", self.deliver, DELIVER),
            ("heartbeat", self.heartbeat, HEARTBEAT),
        ):
            scheduler.add_job(self._safe(job), "interval", seconds=seconds, id=name, next_run_time=clock(), **options)
        if not self._held:
            self.hold()
        scheduler.start()
        try:
            while not self.stop.wait(1.0):
                if time.monotonic() - self._beat > SILENT.total_seconds():
                    self.failure = "the scheduler has been silent for a minute"
                    break
        finally:
            self._shut_down(scheduler)
        if self.failure:
            log.error("stopped: %s", self.failure)
        return 1 if self.failure else 0

    def _safe(self, job: Callable[[datetime], None]) -> Callable[[], None]:
        """One job's failure never ends the daemon, except a ledger that cannot be written: then nothing is safe."""
        def run() -> None:
            with self._idle:
                if self.stop.is_set():
                    return
                self._working += 1
            try:
                job(clock())
            except LedgerError as error:
                self.failure = str(error)
                self.stop.set()
            except Exception:
                log.exception("%s failed; it runs again at its next turn", job.__name__)
            finally:
                with self._idle:
                    self._working -= 1
                    self._idle.notify_all()

        return run

    def _after_downtime(self) -> set[str]:
        """Feeds to read before anything overdue is announced: all of them, unless a daemon ran here a moment ago and
        watched the same instruments (a new one is enrolled with all that its sources know)."""
        last = self.world.ledger.heartbeats().get("daemon")
        new = set(self.world.watched) - set(self.world.ledger.enrolled())
        if last is not None and self._started - last <= SILENT and not new:
            return {s.name for s in due_sources(self.world, self._started)}
        return {s.name for s in self.world.sources}

    def tick(self, now: datetime) -> None:
        """Poll what is due; evaluate what changed or has come due. Overdue windows are announced only after every feed
        was polled, or failed, once: after downtime a cure may be waiting in a feed."""
        finished = self._collect(now)
        due = {s.name for s in due_sources(self.world, now)} | self._unread
        for source in self.world.sources:
            if source.name in due:
                self._submit(source, now)
        for polled in finished:
            for source in self.world.sources:
                if source.feed.name in polled.wake:
                    self._submit(source, now)
        if not self._caught_up:
            if self._unread:
                return
            self._caught_up = True
            self._say(evaluate_all(self.world, clock()))
        names = affected(self.world, finished) | {d.instrument for d in self.world.ledger.due(now)}
        if names:
            self._say(evaluate_all(self.world, clock(), sorted(names & set(self.world.watched))))

    def _submit(self, source: Source, now: datetime) -> None:
        if source.name not in self._polling:
            self._polling[source.name] = source, self._pool.submit(fetch, self.world, source, now)

    def _collect(self, now: datetime) -> list[Polled]:
        """Polls that have ended. They are kept here, one after the other and before the next evaluation: a slow feed's
        facts are known from now, not from when it was asked."""
        done = [name for name, (_, future) in self._polling.items() if future.done()]
        polls = []
        for name in done:
            source, future = self._polling.pop(name)
            self._unread.discard(name)
            try:
                polled = keep(self.world, source, future.result(), now)
            except LedgerError:
                raise
            except Exception as error:
                log.exception("feed %s: what it brought could not be kept", name)
                failed = Batch(error=f"{name}: a bug: {type(error).__name__}: {error}", outcome="failed")
                polled = keep(self.world, source, failed, now)
            polls.append(polled)
            if polled.error:
                log.warning("%s", polled.error)
            for line in polled.errors:
                log.warning("%s: %s", name, line)
        return polls

    def deliver(self, now: datetime) -> None:
        for complaint in deliver(self.world, now, lambda: not self.stop.is_set())[1]:
            log.warning("not delivered, will be tried again: %s", complaint)

    def heartbeat(self, now: datetime) -> None:
        self.world.ledger.renew_lease(now=now, lasting=LEASE)
        with self.world.ledger.write() as tx:
            tx.beat("daemon", now)
        new = tell_of_feeds(self.world, now, self._started)
        self.world.ledger.seal(now)
        self._say(new)
        self._beat = time.monotonic()

    def _say(self, alerts: list[Alert]) -> None:
        for alert in alerts:
            self.on_alert(alert)

    def _shut_down(self, scheduler: GuardedScheduler) -> None:
        """Claim nothing new, let what runs end for a while, hand back the lease. Polls under way keep nothing; what
        was not delivered is due at the next start."""
        self.stop.set()
        scheduler.shutdown(wait=False)
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._idle:
            if not self._idle.wait_for(lambda: self._working == 0, timeout=DRAIN):
                log.warning("stopped while a delivery was still under way; it may be repeated with the same id")
                return  # the lease runs out by itself: whoever still writes here holds it until then
        try:
            self.world.ledger.seal(clock())
            self.world.ledger.release_lease(now=clock())
        except LedgerError as error:
            self.failure = self.failure or str(error)


def abandoned(world: World) -> Lease | None:
    """The lease of a process of this machine that is dead (SIGKILL releases nothing): it may be taken over at once."""
    held = world.ledger.held_lease()
    if held is None or held.owner != socket.gethostname():
        return None
    try:
        os.kill(held.pid, 0)
    except ProcessLookupError:
        return held
    except PermissionError:
        return None
    return None


