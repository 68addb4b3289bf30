"""Trade halts: hints only. The payload is hand-written in the real format, of invented companies."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from feeds.base import FeedChanged, FeedFailed, Parsed, Payload, Watch
from feeds.nasdaq_halts import NasdaqHaltsFeed
from monitor.core.clause import Obligor
from tests.feeds.loopback import RECORDED, LoopbackHttp, recorded
from tests.golden import golden

MADE = datetime(2021, 5, 3, 20, 5, 10, tzinfo=UTC)
HARBOR = Obligor(id="harbor", name="Harbor Lantern Corp.", tickers=("HLNT",))
QUIET = Obligor(id="quiet", name="Quiet Harbor, Inc.", tickers=("QUIE",))
FEED = NasdaqHaltsFeed()


def parse(*obligors: Obligor, at: datetime = MADE, change: tuple[bytes, bytes] | None = None) -> Parsed:
    payload = recorded("nasdaq_halts", "tradehalts.rss", at)
    if change:
        assert change[0] in payload.body
        payload = replace(payload, body=payload.body.replace(*change))
    return FEED.parse(payload, Watch(obligors or [HARBOR]))


def test_the_page_gives_what_the_golden_says() -> None:
    golden("nasdaq_halts/tradehalts", parse(HARBOR, QUIET))


def test_a_halt_is_a_hint_at_its_eastern_instant() -> None:
    halt = parse().facts[0]
    assert (halt.kind, halt.fields["form"]) == ("halt_reported", "T12")
    assert halt.happened_on.first == datetime(2021, 5, 3, 13, 15, tzinfo=UTC)
    assert halt.zone == "America/New_York"


def test_a_volatility_pause_is_noise() -> None:
    assert [f.fields["form"] for f in parse().facts] == ["T12", "H10"]


def test_a_suspension_by_the_sec_is_named_as_such_and_stays_a_hint() -> None:
    halt = parse().facts[1]
    assert halt.kind == "halt_reported"
    assert "SEC trading suspension" in str(halt.fields["title"])


def test_a_new_code_or_a_resumption_is_a_new_version_of_the_same_halt() -> None:
    before, after = parse().facts[0], parse(change=(b"<ndaq:ReasonCode>T12<", b"<ndaq:ReasonCode>T2<")).facts[0]
    assert (before.id, before.matter) == (after.id, after.matter)
    assert before.version != after.version
    assert "trading resumes 05/03/2021 11:30:00 Eastern" in str(parse(QUIET).facts[0].fields["title"])


def test_an_unknown_code_is_reported_whoever_it_is_about() -> None:
    assert [u.label for u in parse().unmapped] == ["Z9"]


def test_the_page_is_read_through_the_instant_it_was_made() -> None:
    assert (parse().through, parse().records) == (MADE, 5)


def test_a_halt_wakes_edgar() -> None:
    assert parse().wake == {"edgar"}
    assert parse(Obligor(id="other", name="Other", tickers=("OTHR",))).wake == frozenset()


@pytest.mark.parametrize(
    ("change", "at", "says"),
    [
        ((b"numItems>5<", b"numItems>6<"), MADE, "5 items, the channel says 6"),
        (None, MADE + timedelta(hours=1, seconds=1), "stale"),
        ((b">05/03/2021</ndaq:HaltDate>", b">13/03/2021</ndaq:HaltDate>"), MADE, r"item 1 \(HLNT\)"),
    ],
)
def test_a_doubtful_page_is_told_and_proves_no_absence(
    change: tuple[bytes, bytes] | None, at: datetime, says: str
) -> None:
    parsed = parse(change=change, at=at)
    assert parsed.through is None
    assert re.search(says, parsed.errors[0])


def test_an_entity_bomb_is_refused() -> None:
    bomb = b'<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><rss><channel>&b;</channel></rss>'
    with pytest.raises(FeedChanged, match="DTDForbidden"):
        FEED.parse(replace(recorded("nasdaq_halts", "tradehalts.rss", MADE), body=bomb), Watch([HARBOR]))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ((b"ndaq:ReasonCode", b"ndaq:Code"), "item 1 has no ReasonCode"),
        ((b"<pubDate>Mon, 03 May 2021 20:05:10 GMT</pubDate>", b""), "no readable pubDate"),
        ((b"</channel>", b""), "not readable"),
        ((b"<rss ", b"<html "), "not readable"),
    ],
)
def test_a_changed_format_is_refused_in_one_line(change: tuple[bytes, bytes], says: str) -> None:
    with pytest.raises(FeedChanged, match=says) as refused:
        parse(change=change)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("body", [b"", b"<html><body>Page</body></html>", b"<feed/>", b"\x00", b"not xml"])
def test_what_is_no_rss_is_refused(body: bytes) -> None:
    with pytest.raises(FeedChanged, match=r"tradehalts\.rss"):
        FEED.parse(replace(recorded("nasdaq_halts", "tradehalts.rss", MADE), body=body), Watch([HARBOR]))
    assert FEED.captured_at(body, "") is None


def test_fetch_reads_the_page_of_today_and_of_days_missed(httpserver: HTTPServer) -> None:
    body = (RECORDED / "nasdaq_halts" / "tradehalts.rss").read_bytes()
    path = "/www.nasdaqtrader.com/rss.aspx"
    missed = {"feed": "tradehalts", "haltdate": "05032021"}
    httpserver.expect_request(path, query_string={"feed": "tradehalts"}).respond_with_data(body)
    httpserver.expect_request(path, query_string=missed).respond_with_data(body)
    http = LoopbackHttp(httpserver.url_for(""))
    names = [p.name for p in FEED.fetch(http, Watch([HARBOR], {"haltdates": ["2021-05-03"]}))]
    assert names == ["tradehalts.rss", "tradehalts-2021-05-03.rss"]


def test_a_refusal_is_one_line(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/www.nasdaqtrader.com/rss.aspx").respond_with_data("", status=500)
    with pytest.raises(FeedFailed, match="answered HTTP 500"):
        list(FEED.fetch(LoopbackHttp(httpserver.url_for("")), Watch([HARBOR])))


def test_a_day_that_is_no_date_is_refused() -> None:
    with pytest.raises(FeedFailed, match="Write dates such as"):
        list(FEED.fetch(LoopbackHttp("http://127.0.0.1:9"), Watch([HARBOR], {"haltdates": ["05/03/2021"]})))


@pytest.mark.parametrize(
    ("name", "records", "halted"),
    [("20230619_tradehalts.rss", 14, ["SVA"]), ("20260611_tradehalts.rss", 25, ["GMM", "SVA"])],
)
def test_recorded_pages_are_read_whole(shared_feeds: Path, name: str, records: int, halted: list[str]) -> None:
    body = (shared_feeds / "nasdaq" / "halts" / name).read_bytes()
    made = FEED.captured_at(body, name)
    assert made is not None
    watched = Obligor(id="maker", name="Maker", tickers=("SVA", "GMM"))
    parsed = FEED.parse(Payload("nasdaq_halts", name, "", body, made), Watch([watched]))
    assert (parsed.records, parsed.unmapped, parsed.errors) == (records, (), ())
    assert [f.record.split()[0] for f in parsed.facts] == halted
