"""The HTTP client that feeds are handed: GET only, polite, bounded in time and size, one line for every failure.

An answer with any status is an answer (the feed knows what a 403 of its source means). ``HttpFailed`` is for everything
else: no connection, no valid certificate, too slow, too large, cut off. Retries follow ``Retry-After`` up to a limit.
Caching is the caller's: it passes ``If-None-Match`` and ``If-Modified-Since`` and may get a 304.
"""

from __future__ import annotations

import logging
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    import requests
    from urllib3 import Retry
    from urllib3.response import BaseHTTPResponse

    Sessions = dict[str, "Host"]

MAX_BYTES = 50_000_000
CHUNK = 65_536
REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEPT_ACROSS_HOSTS = frozenset({"user-agent", "accept", "accept-encoding", "accept-language"})


class HttpFailed(Exception):
    """No usable answer. One line for a person; it names the host and path, never the query (which may hold a key)."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One answer: ``body`` decompressed, ``url`` after redirects, ``fetched_at`` when its last byte came."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds unless said otherwise. ``total`` bounds one answer, body included; ``longest_wait`` a ``Retry-After``.

    ``per_second``: requests to one host; ``rates`` names hosts with another rate (the SEC allows ten).
    """

    connect: float = 10.0
    read: float = 30.0
    total: float = 180.0
    max_bytes: int = MAX_BYTES
    retries: int = 3
    backoff: float = 0.5
    longest_wait: float = 60.0
    redirects: int = 5
    per_second: float = 2.0
    rates: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Host:
    """What is kept for one host: a session with its connections, and when the next request may go."""

    session: requests.Session
    lock: threading.Lock
    next_at: float = 0.0


def utc_now() -> datetime:
    return datetime.now(UTC)  # an answer comes in at this process edge; monitor.clock is a sibling, not below


class HttpClient:
    """One client for a process. Requests to one host go one at a time; different hosts do not wait for each other.

    ``failed`` is the class of error raised, so that a feed sees its own ``FeedFailed`` although this is below it.
    """

    def __init__(
        self, *, user_agent: str = "covenantd", limits: Limits | None = None, failed: type[Exception] = HttpFailed,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        if not user_agent.strip():
            raise ValueError("user_agent is empty: a source must be able to tell who asks")
        self._agent = user_agent
        self._limits = limits or Limits()
        self._failed = failed
        self._now = now
        self._hosts: Sessions = {}
        self._lock = threading.Lock()

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            for host in self._hosts.values():
                host.session.close()
            self._hosts.clear()

    def get(
        self, url: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """One GET, redirects followed. Raises ``failed`` with one line."""
        sent = {"User-Agent": self._agent, "Accept-Encoding": "gzip, deflate", **(headers or {})}
        if not sent["User-Agent"].strip():
            raise self._failed(f"{_place(url)}: no User-Agent. Name your company and an e-mail address.")
        for _ in range(self._limits.redirects + 1):
            answer = self._once(url, params, sent)
            target = answer.headers.get("location")
            if answer.status not in REDIRECTS or not target:
                return answer
            url, params, sent = self._redirected(answer.url, target, sent)
        raise self._failed(f"{_place(url)}: more than {self._limits.redirects} redirects.")

    def _redirected(
        self, at: str, target: str, sent: Mapping[str, str]
    ) -> tuple[str, Mapping[str, str] | None, dict[str, str]]:
        """Where a redirect leads. Keys and tokens stay with the host they were meant for; never from https to http."""
        new, old = urljoin(at, target), urlsplit(at)
        there = urlsplit(new)
        if old.scheme == "https" and there.scheme != "https":
            raise self._failed(f"{_place(at)}: redirects to {_place(new)} without encryption; not followed.")
        same = there.netloc == old.netloc
        return new, None, {k: v for k, v in sent.items() if same or k.casefold() in KEPT_ACROSS_HOSTS}

    def _once(self, url: str, params: Mapping[str, str] | None, headers: Mapping[str, str]) -> HttpResponse:
        import requests
        import urllib3.exceptions as low

        place, limits = _place(url), self._limits
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise self._failed(f"{url[:80]}: no web address. Write https://...")
        host = self._host(parts.netloc)
        with host.lock:
            self._wait(host, parts.hostname)
            deadline = time.monotonic() + limits.total
            try:
                raw = host.session.get(
                    url, params=params, headers=dict(headers), timeout=(limits.connect, limits.read), stream=True,
                    allow_redirects=False,
                )
                with raw:
                    body = self._body(raw.raw, raw.headers, place, deadline)
                    return HttpResponse(
                        raw.status_code, {k.casefold(): v for k, v in raw.headers.items()}, body, raw.url, self._now()
                    )
            except (requests.RequestException, low.HTTPError, OSError) as error:
                raise self._failed(f"{place}: {_cause(error, limits)}") from error

    def _host(self, netloc: str) -> Host:
        with self._lock:
            if netloc not in self._hosts:
                self._hosts[netloc] = Host(_session(self._limits), threading.Lock())
            return self._hosts[netloc]

    def _wait(self, host: Host, name: str) -> None:
        pause = host.next_at - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        rate = self._limits.rates.get(name, self._limits.per_second)
        host.next_at = time.monotonic() + (1.0 / rate if rate > 0 else 0.0)

    def _body(self, raw: BaseHTTPResponse, headers: Mapping[str, str], place: str, deadline: float) -> bytes:
        """The decompressed body. Both what comes over the wire and what it unpacks to are bounded."""
        limit, encoding = self._limits.max_bytes, headers.get("content-encoding", "identity").strip().casefold()
        unpack = _Unpacker(encoding, limit) if encoding not in ("", "identity") else None
        if unpack and encoding not in ("gzip", "x-gzip", "deflate"):
            raise self._failed(f"{place}: the answer is packed as {encoding[:40]!r}, which was not asked for.")
        parts: list[bytes] = []
        seen = size = 0
        while chunk := raw.read1(CHUNK, decode_content=False):
            seen += len(chunk)
            try:
                part = unpack(chunk) if unpack else chunk
            except zlib.error as error:
                raise self._failed(f"{place}: the answer is not valid {encoding}.") from error
            size += len(part)
            if size > limit or seen > limit:
                raise self._failed(f"{place}: the answer is larger than {limit:,} bytes; not read.")
            if time.monotonic() > deadline:
                raise self._failed(f"{place}: the answer took longer than {self._limits.total:g} s; not read.")
            parts.append(part)
        length = headers.get("content-length", "")
        if (length.isdigit() and seen < int(length)) or (unpack and seen and not unpack.whole):
            raise self._failed(f"{place}: the answer was cut off after {seen:,} bytes.")
        return b"".join(parts)


class _Unpacker:
    """gzip and deflate (with or without the zlib header), never giving more than ``limit`` bytes beyond the last."""

    def __init__(self, encoding: str, limit: int) -> None:
        self._deflate = encoding == "deflate"
        self._limit = limit
        self._z = zlib.decompressobj(15 if self._deflate else 47)
        self._first = True

    @property
    def whole(self) -> bool:
        return self._z.eof

    def __call__(self, chunk: bytes) -> bytes:
        try:
            out = self._z.decompress(chunk, self._limit + 1)
        except zlib.error:
            if not (self._deflate and self._first):
                raise
            self._z = zlib.decompressobj(-15)  # servers that call raw deflate "deflate"
            out = self._z.decompress(chunk, self._limit + 1)
        self._first = False
        while self._z.eof and self._z.unused_data and not self._deflate and len(out) <= self._limit:
            rest, self._z = self._z.unused_data, zlib.decompressobj(47)  # gzip files may have several members
            out += self._z.decompress(rest, self._limit + 1)
        return out


def _session(limits: Limits) -> requests.Session:
    import requests
    from requests.adapters import HTTPAdapter

    # Its warning about a retry prints the whole address, and a query may hold a key; the failure itself is reported.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    session = requests.Session()
    adapter = HTTPAdapter(max_retries=_retry(limits), pool_connections=1, pool_maxsize=2)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _retry(limits: Limits) -> Retry:
    from urllib3 import Retry
    from urllib3.exceptions import MaxRetryError, ResponseError

    class Patient(Retry):
        """Gives up at once when the server asks for more patience than a poll has: the next poll comes anyway."""

        def increment(self, method: str | None = None, url: str | None = None, response: Any = None,
                      error: Exception | None = None, _pool: Any = None, _stacktrace: Any = None) -> Patient:
            if response is not None and (self.get_retry_after(response) or 0) > limits.longest_wait:
                raise MaxRetryError(_pool, str(url), ResponseError("Retry-After is too long"))
            return super().increment(method, url, response, error, _pool, _stacktrace)

    return Patient(
        total=limits.retries, read=1, redirect=False, status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=frozenset({"GET"}), backoff_factor=limits.backoff, backoff_max=limits.longest_wait,
        respect_retry_after_header=True, raise_on_status=False,
    )


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname or url[:60]}{parts.path}"


def _cause(error: BaseException, limits: Limits) -> str:
    """The reason in one line, without the address (its query may hold a key)."""
    import requests
    import urllib3.exceptions as low

    chain: list[BaseException] = [error]
    for seen in chain:  # grows while it is read: libraries wrap the reason several times
        first = seen.args[0] if seen.args else None
        chain += [e for e in (getattr(seen, "reason", None), first, seen.__cause__)
                  if isinstance(e, BaseException) and e not in chain]
    if any(isinstance(e, low.IncompleteRead) for e in chain):
        return "the answer was cut off."
    if any(isinstance(e, low.SSLError | requests.exceptions.SSLError) for e in chain):
        return f"its certificate could not be verified: {_said(chain[-1])}."
    refused = any(isinstance(e, low.NewConnectionError) for e in chain)  # urllib3 counts it among time-outs
    if not refused and any(isinstance(e, low.TimeoutError | requests.Timeout | TimeoutError) for e in chain):
        return f"no answer in time (connect {limits.connect:g} s, read {limits.read:g} s)."
    return f"no connection: {_said(chain[-1])}."


def _said(error: BaseException) -> str:
    text = " ".join(str(error).split()).rsplit(": ", 1)[-1]
    return (text or type(error).__name__)[:120].rstrip(".")
