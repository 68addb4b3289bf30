"""The feeds there are: one row each. A new feed is one module, one row here, one labels file, one recorded payload."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feeds.base import Feed

FEEDS: Mapping[str, str] = {
    "edgar": "feeds.edgar:EdgarFeed",
    "nasdaq_symbols": "feeds.nasdaq_symbols:NasdaqSymbolsFeed",
    "nasdaq_halts": "feeds.nasdaq_halts:NasdaqHaltsFeed",
    "court_docket": "feeds.court_docket:CourtDocket",
    "court_rss": "feeds.court_rss:CourtRss",
    "acris": "feeds.acris:AcrisFeed",
    "payments": "feeds.payments:PaymentsFeed",
    "attested": "feeds.attested:AttestedFeed",
}
"""name -> module:class. Modules are imported when asked for, so that a command that needs none stays fast."""


def load_feed(name: str) -> Feed:
    """The feed of that name. Raises KeyError when there is no such row."""
    module, _, cls = FEEDS[name].partition(":")
    feed: Feed = getattr(import_module(module), cls)()
    return feed
