"""What a feed cannot read is one line that ends with what to do; and every setting a feed reads is declared."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feeds import FEEDS, load_feed
from feeds.base import FeedChanged, Payload, Watch
from monitor.core.clause import Obligor

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2022, 3, 1, 12, tzinfo=UTC)
VERBS = "Add Ask Begin Check Close Export Fetch Give Keep Look Name Report Save Set Wait Write"
DO = re.compile(rf"(?:^|[.:!?;] )(?:If this is it|{VERBS.replace(' ', '|')})\b[^\n]*[.?]$")
"""The last words of a refusal: a sentence that begins with what to do."""

FOREIGN = {
    "an error page": b"<!DOCTYPE html><html><head><title>503</title></head><body><p>Service Unavailable",
    "broken HTML": b"<html><body><table><tr><td>x</tr></p></table",
    "JSON of something else": b'{"a": [1, 2, {"b": null}]}',
    "a JSON list": b"[1, 2, 3]",
    "JSON that is cut off": b'{"filings": {"recent": {"form": ["8-K"',
    "JSON without end": b"[" * 100_000,
    "a bundle of numbers": b'{"master": [1], "parties": []}',
    "columns that are no lists": b'{"cik": "1", "filings": {"recent": {"form": 3}}}',
    "other XML": b"<?xml version='1.0'?><feed><entry/></feed>",
    "an RSS channel of somebody else": b"<rss><channel><title>News</title><link>https://example.com/</link></channel></rss>",
    "a picture": bytes(range(256)) * 40,
    "a table": b"a,b\n1,2\n",
    "text": b"Dear counsel, please find attached the judgment.\n",
    "nothing": b"",
    "a form 25 without header": b"<SEC-DOCUMENT>x</SEC-HEADER>",
}


@pytest.mark.parametrize("what", FOREIGN)
@pytest.mark.parametrize("name", FEEDS)
def test_what_is_foreign_is_refused_in_one_line_that_ends_with_what_to_do(name: str, what: str) -> None:
    feed = load_feed(name)
    suffix = next((s for s in feed.suffixes if s), ".html")
    payload = Payload(name, f"saved{suffix}", "", FOREIGN[what], AT)
    try:
        parsed = feed.parse(payload, Watch([Obligor("maker", "Invented, Inc.", cik="1", tickers=("INVN",))]))
    except FeedChanged as refused:
        line = str(refused)
        assert "\n" not in line
        assert DO.search(line), line
    else:
        assert (parsed.through, parsed.facts) == (None, ()), "nothing can be proved by it"


def refusals() -> list[tuple[str, str]]:
    """Every ``raise FeedChanged(...)`` of feeds/ with a text of its own: (place, the text with names for values)."""
    found = []
    for path in sorted((ROOT / "feeds").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and \
                    getattr(node.exc.func, "id", "") == "FeedChanged" and isinstance(node.exc.args[0], ast.JoinedStr):
                text = "".join(
                    str(v.value) if isinstance(v, ast.Constant) else "{" + ast.unparse(getattr(v, "value", v)) + "}"
                    for v in node.exc.args[0].values
                )
                found.append((f"{path.name}:{node.lineno}", text))
    return found


@pytest.mark.parametrize(("place", "text"), refusals(), ids=lambda v: v if v.startswith(tuple("abcdefgh")) else "")
def test_every_refusal_in_the_code_ends_with_what_to_do(place: str, text: str) -> None:
    passed_on = text.endswith("{error}")  # another refusal, with the name of the file before it
    assert passed_on or text.rstrip().endswith(("{GIVE}", "{CHANGED}", "{ADVICE}")) or DO.search(text), (place, text)


def test_every_setting_that_a_feed_reads_is_declared() -> None:
    """A setting that is read but not declared could never be set; one declared and not read would do nothing."""
    read: dict[str, set[str]] = {}
    for path in (ROOT / "feeds").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        read[path.stem] = set(re.findall(r"settings\.get\(\"(\w+)\"", text)) - {"previous_through"}
    read["edgar"] |= read.pop("form25")
    declared = {name: set(load_feed(name).settings) for name in FEEDS}
    assert {name: keys for name, keys in read.items() if keys} == {n: k for n, k in declared.items() if k}
