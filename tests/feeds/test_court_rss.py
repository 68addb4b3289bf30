"""A court's RSS feed: hints and wake-ups, never evidence."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from feeds import load_feed
from feeds.base import FeedChanged, FeedFailed, Parsed, Payload, Watch
from feeds.court_rss import CourtRss, _channel, _item, gap
from feeds.labels import load_labels
from monitor.core.clause import Obligor
from monitor.http import HttpClient, Limits
from tests.golden import golden

RECORDED = Path(__file__).resolve().parent.parent / "recorded" / "court_rss"
MAKER = Obligor("quill", "Quillfeather Media, Inc.")
FEED = CourtRss()
AT = datetime(2005, 6, 13, 16, 30, tzinfo=UTC)
QUICK = Limits(connect=1, read=1, total=2, retries=0, per_second=0)


def parse(body: bytes, *obligors: Obligor, settings: dict[str, object] | None = None) -> Parsed:
    return FEED.parse(Payload("court_rss", "nysb.xml", "", body, AT), Watch(obligors or (MAKER,), settings or {}))


def own(name: str = "nysb.xml") -> bytes:
    return (RECORDED / name).read_bytes()


def test_an_unknown_case_with_the_makers_name_is_one_hint_and_each_event_that_matters_another() -> None:
    parsed = parse(own())
    assert [(f.kind, f.matter, f.fields["document_type"]) for f in parsed.facts] == [
        ("docket_reported", "nysb 05-90017", None),
        ("docket_reported", "nysb 05-90017", "Order Dismissing Case"),
    ]
    assert parsed.records == 5
    assert parsed.through == datetime(2005, 6, 13, 16, 22, 8, tzinfo=UTC)
    assert parsed.jurisdiction == "nysb"
    golden("court_rss_nysb", parsed)


def test_an_entry_is_dated_on_the_courts_clock() -> None:
    assert {f.happened_on.first for f in parse(own()).facts} == {date(2005, 6, 12)}  # 03:10 GMT is the evening before


def test_an_entry_in_a_watched_case_wakes_the_docket_feed() -> None:
    known = parse(own(), Obligor("quill", "Renamed Corp.", dockets=("nysb 05-90017",)))
    assert known.wake == {"court_docket"}
    assert [f.fields["document_type"] for f in known.facts] == ["Order Dismissing Case"]  # the objection is no news
    assert parse(own(), Obligor("x", "Nobody Here")).wake == frozenset()


def test_an_adversary_proceeding_is_no_hint() -> None:
    assert not [f for f in parse(own()).facts if "04321" in f.matter]


def test_a_petitions_event_name_never_becomes_a_petition() -> None:
    facts = parse(own(), Obligor("i", "Interplanetary Quillfeather Broadcasting Corporation")).facts
    assert [(f.kind, f.fields["document_type"], f.fields["becomes"]) for f in facts] == [
        ("docket_reported", "Voluntary Petition (Chapter 11)", None)  # found although the caption is cut
    ]


def test_an_event_that_no_label_covers_is_reported() -> None:
    assert [u.label for u in parse(own()).unmapped] == ["Event Nobody Has Seen"]


def test_only_kinds_of_hints_are_named_by_the_labels() -> None:
    assert {label.kind for label in load_labels("court_rss").all()} == {None, "docket_reported"}


def test_an_empty_feed_is_a_good_one_and_an_empty_document_proves_nothing() -> None:
    good = parse(own("empty.xml"))
    assert (good.records, good.errors, good.through) == (0, (), datetime(2005, 6, 13, 16, 20, tzinfo=UTC))
    nothing = parse(b" \n")
    assert nothing.through is None
    assert "empty document" in nothing.errors[0]


def test_a_bare_ampersand_is_mended_and_a_missing_end_is_not() -> None:
    assert parse(own().replace(b"&amp;", b"&").replace(b"Sons</title>", b"Sons & Daughters</title>")).records == 5
    with pytest.raises(FeedChanged, match="not a readable RSS feed"):
        parse(own()[:-30])


@pytest.mark.parametrize(
    "body",
    [
        b"<html><head><title>Log in</title></head><body>PACER</body></html>",
        b"<rss version='2.0'></rss>",
        b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><rss><channel><title>&c;</title></channel></rss>',
        b"<rss><channel><link>https://example.com</link></channel></rss>",
        b"\xff\xfe\x00nonsense",
    ],
)
def test_what_is_no_courts_feed_is_refused_in_one_line(body: bytes) -> None:
    with pytest.raises(FeedChanged) as caught:
        parse(body)
    assert str(caught.value).startswith("nysb.xml: ")
    assert "\n" not in str(caught.value)


def test_an_item_without_number_or_date_is_reported_and_the_others_still_count() -> None:
    body = own().replace(b"<title>05-12345 ", b"<title>").replace(b"Mon, 13 Jun 2005 03:05:00 GMT", b"lately")
    parsed = parse(body)
    assert len(parsed.errors) == 2
    assert parsed.records == 5
    assert "Order Dismissing Case" in [f.fields["document_type"] for f in parsed.facts]


BUILT = datetime(2005, 6, 13, 16, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours_since_read", "oldest_hours_ago", "lost"),
    [
        (3, 5, False),      # the page reaches back further than the last poll
        (3, 3, False),
        (3, 2, True),       # entries between the last poll and the oldest item are gone
        (30, None, True),   # an empty page reaches back a day
        (20, None, False),
        (0.5, 0.1, False),  # a quiet court polled in time
    ],
)
def test_entries_lost_between_two_polls_are_noticed(
    hours_since_read: float, oldest_hours_ago: float | None, lost: bool
) -> None:
    previous = BUILT - timedelta(hours=hours_since_read)
    oldest = None if oldest_hours_ago is None else BUILT - timedelta(hours=oldest_hours_ago)
    assert (gap(previous, oldest, BUILT) is not None) is lost


def test_a_first_poll_has_no_gap() -> None:
    assert gap(None, BUILT, BUILT) is None


@pytest.mark.parametrize("previous", [
    {"nysb": "2005-06-11T12:00:00+00:00"}, {"nysb": datetime(2005, 6, 11, 12, tzinfo=UTC)}, "2005-06-11T12:00:00+00:00",
])
def test_a_gap_is_an_error_of_the_poll(previous: object) -> None:
    assert "are lost" in parse(own(), settings={"previous_through": previous}).errors[0]
    assert parse(own(), settings={"previous_through": {"deb": "2005-06-11T12:00:00+00:00"}}).errors == ()


def test_each_court_is_fetched_and_one_that_fails_does_not_stop_the_others(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/deb").respond_with_data("<html>down</html>", status=503)
    httpserver.expect_request("/nysb").respond_with_data(own())
    settings = {"courts": ["deb", "nysb"], "url": httpserver.url_for("/") + "{court}"}
    seen: list[str] = []

    def poll(http: HttpClient) -> None:
        for payload in load_feed("court_rss").fetch(http, Watch([MAKER], settings)):
            seen.append(payload.name)

    with HttpClient(limits=QUICK, failed=FeedFailed) as client, pytest.raises(FeedFailed, match=r"deb: .*HTTP 503"):
        poll(client)
    assert seen == ["nysb.xml"]


@pytest.mark.parametrize(("courts", "says"), [([], "no courts are set"), (["nysb", "xyzb"], "xyzb unknown")])
def test_courts_must_be_named(courts: list[str], says: str) -> None:
    with HttpClient(limits=QUICK) as http, pytest.raises(FeedFailed, match=says):
        list(FEED.fetch(http, Watch([MAKER], {"courts": courts})))


# --- recorded feeds of real courts (not in the repository) ----------------------------------------------------------


@pytest.mark.parametrize(("name", "items"), [("mdb_1", 2), ("mdb_2", 1), ("mdb_unnumbered", 1), ("nysb_1", 162)])
def test_a_recorded_feed_has_all_its_items_and_no_event_without_a_label(
    shared_feeds: Path, name: str, items: int
) -> None:
    parsed = parse((shared_feeds / "bankruptcy_rss" / f"{name}.xml").read_bytes())
    assert (parsed.records, parsed.unmapped, parsed.errors, parsed.facts) == (items, (), (), ())


def test_the_recorded_afternoon_of_the_southern_district_is_counted_right(shared_feeds: Path) -> None:
    channel = _channel((shared_feeds / "bankruptcy_rss" / "nysb_1.xml").read_bytes())
    items = [_item(node) for node in channel.findall("item")]
    assert Counter(i.chapter for i in items) == {"7": 60, "13": 32, "11": 28, "": 42}
    assert Counter(i.type for i in items) == {"bk": 120, "ap": 42}
    petitions = [i.event for i in items if i.event.startswith("Voluntary Petition")]
    assert Counter(petitions) == {"Voluntary Petition (Chapter 7)": 3, "Voluntary Petition (Chapter 13)": 2}
    assert all(i.number and i.at and i.caption == i.caption.strip() for i in items)


def test_a_recorded_case_of_a_watched_debtor_is_found_by_name(shared_feeds: Path) -> None:
    body = (shared_feeds / "bankruptcy_rss" / "nysb_1.xml").read_bytes()
    parsed = parse(body, Obligor("sun", "SunEdison, Inc."))
    assert [(f.kind, f.matter) for f in parsed.facts] == [("docket_reported", "nysb 16-10992")]


def test_recorded_malformed_files_are_refused_without_a_crash(shared_feeds: Path) -> None:
    paths = sorted((shared_feeds / "malformed_xml").glob("*.xml"))
    assert len(paths) == 12
    for path in paths:
        with pytest.raises(FeedChanged):
            parse(path.read_bytes())
