"""A client that sends every request to a loopback server, as /<host>/<path>: real sockets, no real source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlparse

import requests

from feeds.base import Feed, FeedFailed, Http, Payload, Watch
from monitor.http import HttpResponse

RECORDED = Path(__file__).resolve().parent.parent / "recorded"
FETCHED = datetime(2021, 5, 20, 12, 0, tzinfo=UTC)


class LoopbackHttp:
    """An Http (feeds/base.py) over requests; ``asked`` lists (url, headers) in order."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.asked: list[tuple[str, Mapping[str, str]]] = []

    def get(
        self, url: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        at = urlparse(url)
        answer = requests.get(f"{self.server}/{at.netloc}{at.path}", params=params, headers=headers, timeout=10)
        self.asked.append((url, dict(answer.request.headers)))
        return HttpResponse(answer.status_code, dict(answer.headers), answer.content, url, FETCHED)


def recorded(feed: str, name: str, at: datetime, folder: str | None = None) -> Payload:
    """A hand-written payload of tests/recorded, as captured at ``at``."""
    path = RECORDED / (folder or feed) / name
    return Payload(feed, name, path.as_uri(), path.read_bytes(), at)


def fetched(feed: Feed, http: Http, watch: Watch) -> tuple[list[str], str]:
    """Names of the payloads that came before the feed failed, and how it failed (empty: it did not)."""
    names: list[str] = []
    try:
        for payload in feed.fetch(http, watch):
            names.append(payload.name)
    except FeedFailed as error:
        return names, str(error)
    return names, ""
