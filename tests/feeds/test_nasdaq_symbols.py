"""Nasdaq's symbol files: hints, and refusals. Payloads are hand-written in the real format, of invented companies."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pytest_httpserver import HTTPServer

from feeds.base import FeedChanged, Parsed, Payload, Watch
from feeds.nasdaq_symbols import NasdaqSymbolsFeed
from monitor.core.clause import Obligor
from monitor.core.facts import When
from tests.feeds.loopback import RECORDED, LoopbackHttp, fetched, recorded
from tests.golden import golden

CREATED = datetime(2021, 5, 3, 21, 31, tzinfo=ZoneInfo("America/New_York"))
AT = CREATED + timedelta(hours=1)
HARBOR = Obligor(id="harbor", name="Harbor Lantern Corp.", tickers=("HLNT",))
GONE = Obligor(id="gone", name="Gone Corp.", tickers=("GONE",))
FEED = NasdaqSymbolsFeed()


def parse(
    *obligors: Obligor, name: str = "nasdaqlisted.txt", at: datetime = AT, change: tuple[bytes, bytes] = (b"", b""),
    **settings: object,
) -> Parsed:
    payload = recorded("nasdaq_symbols", name, at)
    assert change[0] in payload.body
    return FEED.parse(replace(payload, body=payload.body.replace(*change) if change[0] else payload.body),
                      Watch(obligors, settings))


def test_the_file_gives_what_the_golden_says() -> None:
    golden("nasdaq_symbols/nasdaqlisted", parse(HARBOR, GONE, tickers={"GONE": "nasdaqlisted"}))


def test_a_deficient_symbol_is_a_hint_dated_by_the_list() -> None:
    fact = parse(HARBOR).facts[0]
    assert (fact.kind, fact.fields["form"], fact.matter) == ("symbol_status_changed", "D", "common stock listing")
    assert fact.happened_on == When.on(date(2021, 5, 3))
    assert fact.published_at == CREATED


def test_the_status_of_a_warrant_is_not_that_of_the_common_stock() -> None:
    assert [f.fields["form"] for f in parse(HARBOR).facts] == ["D"]


def test_a_normal_symbol_gives_nothing_and_the_list_is_read_through_its_creation() -> None:
    parsed = parse(Obligor(id="quiet", name="Quiet Harbor, Inc.", tickers=("QUIE",)))
    assert (parsed.facts, parsed.through, parsed.records) == ((), CREATED, 4)


@pytest.mark.parametrize("letter", list("DEQGHJK"))
def test_every_letter_but_n_is_a_hint(letter: str) -> None:
    fact = parse(HARBOR, change=(b"|N|D|100", f"|N|{letter}|100".encode())).facts[0]
    assert (fact.kind, fact.fields["form"]) == ("symbol_status_changed", letter)


def test_a_letter_that_no_label_covers_is_reported_even_on_an_unwatched_symbol() -> None:
    parsed = parse(HARBOR, change=(b"|Q|N|N|100", b"|Q|N|Z|100"))
    assert [(u.label, u.where) for u in parsed.unmapped] == [("status: Z", "nasdaqlisted.txt QUIE")]


def test_absence_is_a_hint_only_for_a_symbol_that_was_there() -> None:
    missing = parse(GONE, tickers={"GONE": "nasdaqlisted"}).facts
    assert [(f.kind, f.record) for f in missing] == [("symbol_missing", "nasdaqlisted GONE missing 2021-05-03")]
    assert parse(GONE).facts == ()
    assert parse(GONE, tickers={"GONE": "otherlisted"}).facts == ()


@pytest.mark.parametrize("venue", ["otherlisted", "nyse", "nyse_american", "amex"])
def test_a_venue_says_in_which_file_a_symbol_was(venue: str) -> None:
    assert [f.kind for f in parse(GONE, name="otherlisted.txt", tickers={"GONE": venue}).facts] == ["symbol_missing"]


@pytest.mark.parametrize("spelling", ["ABC.A", "ABC-A", "abc/a"])
def test_class_symbols_are_found_in_every_spelling(spelling: str) -> None:
    watched = Obligor(id="abc", name="Invented Wharf Company", tickers=(spelling,))
    assert parse(watched, name="otherlisted.txt", tickers={spelling: "nyse"}).facts == ()


def test_a_test_symbol_is_nobodys() -> None:
    watched = Obligor(id="test", name="Test", tickers=("ZVZZT",))
    assert [f.kind for f in parse(watched, tickers={"ZVZZT": "nasdaqlisted"}).facts] == ["symbol_missing"]


def test_the_six_column_form_is_read_but_without_a_trailer_proves_no_absence() -> None:
    parsed = parse(HARBOR, GONE, name="nasdaqlisted_six_columns.txt", tickers={"GONE": "nasdaqlisted"})
    assert [(f.kind, f.fields["form"]) for f in parsed.facts] == [("symbol_status_changed", "E")]
    assert parsed.through is None
    assert "no File Creation Time" in parsed.errors[0]


@pytest.mark.parametrize(
    ("age", "stale"), [(timedelta(days=3), False), (timedelta(days=3, seconds=1), True), (timedelta(days=-2), True)]
)
def test_a_list_more_than_three_days_old_or_from_the_future_is_not_read(age: timedelta, stale: bool) -> None:
    parsed = parse(HARBOR, at=CREATED + age)
    assert (parsed.through is None) is stale
    assert (parsed.facts == ()) is stale
    assert any("stale" in e for e in parsed.errors) is stale


def test_a_damaged_row_is_one_line_and_no_absence_is_proved() -> None:
    parsed = parse(HARBOR, GONE, change=(b"|Q|N|N|100|N|N", b"|Q|N|N"), tickers={"GONE": "nasdaqlisted"})
    assert parsed.errors == ("nasdaqlisted.txt:4:1: 5 fields, not 8. Fetch the file again.",)
    assert [f.kind for f in parsed.facts] == ["symbol_status_changed"]
    assert parsed.through is None


def test_fewer_rows_than_expected_are_refused() -> None:
    with pytest.raises(FeedChanged, match="at least 1000 expected"):
        parse(HARBOR, min_rows=1000)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"\r\n<!DOCTYPE html><html><title>Page Not Available</title>", "HTML page was saved as the symbol list"),
        (b"\xef\xbb\xbf<html>", "HTML page"),
        (b"Symbol|Name\nA|B\n", r"columns are Symbol\|Name, not those"),
        (b"", "columns are missing"),
        (b"\x00\xff", "not those of nasdaqlisted"),
    ],
)
def test_what_is_not_the_list_is_refused_in_one_line(body: bytes, says: str) -> None:
    with pytest.raises(FeedChanged, match=says) as refused:
        FEED.parse(replace(recorded("nasdaq_symbols", "nasdaqlisted.txt", AT), body=body), Watch([HARBOR]))
    assert "\n" not in str(refused.value)


def test_the_list_says_when_it_was_made() -> None:
    assert FEED.captured_at(recorded("nasdaq_symbols", "nasdaqlisted.txt", AT).body, "") == CREATED
    assert FEED.captured_at(recorded("nasdaq_symbols", "nasdaqlisted_six_columns.txt", AT).body, "") is None
    assert FEED.captured_at(b"File Creation Time: 9999999999:99|", "") is None


def test_fetch_reads_both_files_and_tells_which_failed(httpserver: HTTPServer) -> None:
    body = (RECORDED / "nasdaq_symbols" / "nasdaqlisted.txt").read_bytes()
    httpserver.expect_request("/www.nasdaqtrader.com/dynamic/SymDir/nasdaqlisted.txt").respond_with_data(body)
    httpserver.expect_request("/www.nasdaqtrader.com/dynamic/SymDir/otherlisted.txt").respond_with_data("", status=503)
    seen = fetched(FEED, LoopbackHttp(httpserver.url_for("")), Watch([HARBOR]))
    assert seen == (["nasdaqlisted.txt"], "otherlisted.txt: Nasdaq Trader answered HTTP 503.")


# --- real recordings ---


def shared(folder: Path, name: str, at: datetime | None = None) -> Parsed:
    body = (folder / "nasdaq" / name).read_bytes()
    captured = at or FEED.captured_at(body, name) or datetime(2015, 10, 20, 12, tzinfo=UTC)
    watched = Obligor(id="above", name="Above Food Ingredients Inc.", tickers=("ABVE",))
    return FEED.parse(Payload("nasdaq_symbols", name, "", body, captured), Watch([watched]))


@pytest.mark.parametrize(
    ("name", "records"),
    [
        ("20151020_nasdaqlisted_oldformat.txt", 3089), ("20151020_otherlisted_oldformat.txt", 5281),
        ("20241010_nasdaqlisted.txt", 4832), ("20250721_nasdaqlisted.txt", 4973), ("20250721_otherlisted.txt", 6606),
    ],
)
def test_recorded_lists_are_read_whole(shared_feeds: Path, name: str, records: int) -> None:
    parsed = shared(shared_feeds, f"symboldirectory/{name}")
    assert (parsed.records, parsed.unmapped) == (records, ())
    assert (parsed.through is None) is ("oldformat" in name)


def test_a_delinquent_company_is_seen_in_the_recorded_list(shared_feeds: Path) -> None:
    parsed = shared(shared_feeds, "symboldirectory/20250721_nasdaqlisted.txt")
    assert [(f.kind, f.fields["form"]) for f in parsed.facts] == [("symbol_status_changed", "E")]


def test_the_list_saved_three_years_late_is_stale(shared_feeds: Path) -> None:
    at = datetime(2024, 10, 11, tzinfo=UTC)
    parsed = shared(shared_feeds, "symboldirectory/20241010_otherlisted.txt", at)
    assert "the list is of 2021-09-17" in parsed.errors[0]
    assert parsed.through is None


@pytest.mark.parametrize("name", ["handmade_wrong_columns.txt", "page_not_available_saved_as_nasdaqlisted.txt"])
def test_recorded_false_lists_are_refused(shared_feeds: Path, name: str) -> None:
    with pytest.raises(FeedChanged, match=name.replace(".", r"\.")):
        shared(shared_feeds, f"errors/{name}")
