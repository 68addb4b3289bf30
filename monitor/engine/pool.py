"""The engine behind one narrow interface: cases in, verdicts out, durable_rules in a process of its own.

A crash of the engine costs that process and one retry, never the caller. This process never imports durable_rules.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from types import TracebackType
from typing import Any

from monitor.core.findings import Verdict
from monitor.core.select import Case

Answer = tuple[Verdict, ...] | str
CHUNK = 64
MOST_SHARED = 64


class EngineFailure(RuntimeError):
    """The engine could not decide a case: it crashed or hung twice, or refused. The text says which and why."""


def _case_of(parts: tuple[Case, dict[str, str]], load: Callable[[str], Any]) -> Case:
    case, digests = parts
    found = {name: load(digest) for name, digest in digests.items()}
    calendars = replace(case.calendars, sessions=found["sessions"], holidays=found["holidays"], venues=found["venues"])
    return replace(case, form=found["form"], catalogue=found["catalogue"], calendars=calendars)


def _start() -> None:
    """In the worker: leave Ctrl-C to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
        os._exit(0)

    threading.Thread(target=follow, name="follow-parent", daemon=True).start()


def _in_worker(jobs: Sequence[bytes], shared: Mapping[str, bytes]) -> list[Answer]:
    from monitor.engine.worker import decide_all  # only here: the parent must never import durable_rules

    return decide_all(jobs, shared, _case_of)


class Engine:
    """Evaluates cases in a spawned worker. One crash or hang is retried in a new worker; the second is a failure.

    ``timeout_seconds`` bounds one task (up to CHUNK cases). Safe to share between threads; calls run one at a time.
    """

    def __init__(self, *, timeout_seconds: float = 60.0) -> None:
        self._timeout = timeout_seconds
        self._lock = threading.RLock()
        self._pool: ProcessPoolExecutor | None = None
        self._blobs: dict[int, tuple[Any, str, bytes]] = {}
        self._closed = False

    def evaluate(self, case: Case) -> tuple[Verdict, ...]:
        """Verdicts of one case. Raises EngineFailure."""
        answer = self.evaluate_many([case])[0]
        if isinstance(answer, EngineFailure):
            raise answer
        return answer

    def evaluate_many(self, cases: Sequence[Case]) -> list[tuple[Verdict, ...] | EngineFailure]:
        """Verdicts of each case, in order, many per task. A case that fails spoils no other."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the engine is closed")
            answers: list[tuple[Verdict, ...] | EngineFailure] = []
            for start in range(0, len(cases), CHUNK):
                answers += self._chunk(cases[start:start + CHUNK])
            return answers

    def worker_pid(self) -> int:
        """Process id of the worker, started if need be."""
        with self._lock:
            return self._started().submit(os.getpid).result(self._timeout)

    def close(self) -> None:
        """End the worker. Further calls raise RuntimeError; closing twice does nothing."""
        with self._lock:
            self._closed = True
            self._drop()

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_start)
        return self._pool

    def _drop(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        workers = list((getattr(pool, "_processes", None) or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in workers:  # a worker inside C code hears nothing but a kill
            process.kill()
            process.join(5)

    def _chunk(self, cases: Sequence[Case]) -> list[tuple[Verdict, ...] | EngineFailure]:
        packed = [self._pack(case) for case in cases]
        try:
            return [_read(answer) for answer in self._task(packed)]
        except (BrokenProcessPool, TooLong) as crash:
            self._drop()
            return [self._alone(one, crash) for one in packed]

    def _alone(self, packed: tuple[bytes, dict[str, bytes]], first: Exception) -> tuple[Verdict, ...] | EngineFailure:
        """The one retry, by itself: a case that kills the worker takes no other with it."""
        try:
            return _read(self._task([packed])[0])
        except (BrokenProcessPool, TooLong) as second:
            self._drop()
            return EngineFailure(f"the engine failed twice on one case: first {_why(first)}, then {_why(second)}")

    def _task(self, packed: Sequence[tuple[bytes, dict[str, bytes]]]) -> list[Answer]:
        shared = {digest: blob for _, blobs in packed for digest, blob in blobs.items()}
        return self._started().submit(_in_worker, [job for job, _ in packed], shared).result(self._timeout)

    def _pack(self, case: Case) -> tuple[bytes, dict[str, bytes]]:
        """A case as bytes; its form, readings and calendars apart, since many cases share them."""
        parts = {
            "form": case.form, "catalogue": case.catalogue, "sessions": case.calendars.sessions,
            "holidays": case.calendars.holidays, "venues": case.calendars.venues,
        }
        digests: dict[str, str] = {}
        blobs: dict[str, bytes] = {}
        for name, part in parts.items():
            digests[name], blobs[digests[name]] = self._blob(part)
        empty: Any = None
        slim = replace(
            case, form=empty, catalogue={}, facts={}, reads=(),
            calendars=replace(case.calendars, sessions=empty, holidays=empty, venues={}),
        )
        return pickle.dumps((slim, digests)), blobs

    def _blob(self, part: Any) -> tuple[str, bytes]:
        held = self._blobs.get(id(part))
        if held is None or held[0] is not part:
            blob = pickle.dumps(part)
            if len(self._blobs) >= MOST_SHARED:
                self._blobs.pop(next(iter(self._blobs)))
            held = self._blobs[id(part)] = (part, hashlib.sha256(blob).hexdigest(), blob)
        return held[1], held[2]


def _read(answer: Answer) -> tuple[Verdict, ...] | EngineFailure:
    return EngineFailure(answer) if isinstance(answer, str) else answer


def _why(error: Exception) -> str:
    return "no answer in time" if isinstance(error, TooLong) else "its process died"
