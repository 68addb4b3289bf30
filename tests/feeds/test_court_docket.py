"""Docket reports: what each entry proves, and above all what it does not."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from feeds import load_feed
from feeds.base import FeedChanged, FeedFailed, Parsed, Payload, Watch
from feeds.court_docket import CourtDocket
from feeds.courts import case_number, court_of, courts, matches
from feeds.docket_page import read_docket
from feeds.names import is_like, is_named, same_name
from monitor.core.clause import Obligor
from monitor.core.facts import Fact, fact_id
from monitor.http import HttpClient
from tests.golden import golden

RECORDED = Path(__file__).resolve().parent.parent / "recorded" / "court_docket"
MAKER = Obligor("quill", "Quillfeather Media, Inc.")
FEED = CourtDocket()
AT = datetime(2010, 3, 1, tzinfo=UTC)
RECEIPT = datetime(2005, 9, 7, 14, 15, 30, tzinfo=UTC)


def parse(body: bytes, *obligors: Obligor, name: str = "page.html") -> Parsed:
    return FEED.parse(Payload("court_docket", name, "file:page", body, AT), Watch(obligors or (MAKER,)))


def own(name: str) -> bytes:
    return (RECORDED / name).read_bytes()


def dated(facts: tuple[Fact, ...]) -> list[tuple[str, date]]:
    return [(f.kind, f.happened_on.first) for f in facts]


# --- one docket's life ----------------------------------------------------------------------------------------------


def test_an_involuntary_case_is_dismissed_reinstated_stayed_and_ends_in_an_order_for_relief() -> None:
    parsed = parse(own("involuntary_stormy.html"))
    assert dated(parsed.facts) == [
        ("involuntary_petition", date(2005, 6, 10)),
        ("case_dismissed", date(2005, 7, 1)),
        ("case_reinstated", date(2005, 7, 20)),
        ("case_stayed", date(2005, 7, 25)),
        ("stay_lifted", date(2005, 8, 15)),
        ("order_for_relief", date(2005, 9, 1)),
        ("case_converted", date(2005, 9, 5)),
        ("retraction", date(2005, 9, 2)),
    ]
    assert {f.matter for f in parsed.facts if f.kind != "retraction"} == {"nysb 05-90017"}
    assert {f.zone for f in parsed.facts} == {"America/New_York"}
    assert parsed.facts[0].fields == {"court": "nysb", "chapter": "7"}  # the chapter it was filed under, not today's
    assert parsed.texts["nysb 05-90017 #8"].startswith("Order Vacating Order Dismissing Case and Reinstating")
    assert parsed.records == 18
    assert [u.where for u in parsed.unmapped] == ["nysb 05-90017 #17"]
    golden("court_docket_involuntary_stormy", parsed)


def test_an_entry_marked_as_made_in_error_withdraws_what_an_earlier_copy_said() -> None:
    before = parse(own("involuntary_before_correction.html")).facts
    wrong = next(f for f in before if f.record.endswith("#15"))
    after = parse(own("involuntary_stormy.html")).facts
    taken_back = next(f for f in after if f.kind == "retraction")
    assert wrong.kind == "case_dismissed"
    assert taken_back.supersedes == wrong.id == fact_id("court_docket", "nysb 05-90017 #15", "case_dismissed", "quill")
    assert not [f for f in after if f.kind == "case_dismissed" and f.record.endswith("#15")]


def test_a_page_seen_again_gives_the_same_facts() -> None:
    first = {f.id: f.version for f in parse(own("involuntary_before_correction.html")).facts}
    again = {f.id: f.version for f in parse(own("involuntary_stormy.html")).facts}
    same = first.keys() & again.keys()
    assert len(same) == 2
    assert all(first[i] == again[i] for i in same)


def test_an_adversary_proceeding_carries_the_debtors_name_and_gives_nothing() -> None:
    parsed = parse(own("adversary.html"))
    assert (parsed.facts, parsed.errors, parsed.records, parsed.through) == ((), (), 2, None)


def test_a_docket_without_entries_still_gives_what_its_header_says() -> None:
    parsed = parse(own("header_only_dismissed.html"))
    assert sorted(dated(parsed.facts)) == [
        ("case_closed", date(2006, 5, 30)), ("case_dismissed", date(2006, 5, 2)),
        ("voluntary_petition", date(2006, 1, 3)),
    ]
    assert parsed.through is None  # only June was asked for
    assert [u.label for u in parsed.unmapped] == ["header date of a thing unheard of"]


def test_the_receipt_is_read_on_the_clock_of_the_seat() -> None:
    el_paso = FEED.captured_at(own("header_only_dismissed.html"), "x")
    assert el_paso == datetime(2006, 7, 1, 5, 30, tzinfo=UTC)
    assert FEED.captured_at(own("involuntary_stormy.html"), "x") == RECEIPT
    assert FEED.captured_at(b"<html>no docket</html>", "x") is None


def test_a_page_that_breaks_off_proves_no_absence() -> None:
    parsed = parse(own("cut_off.html"))
    assert dated(parsed.facts) == [("involuntary_petition", date(2005, 6, 10)), ("case_dismissed", date(2005, 7, 1))]
    assert parsed.through is None
    assert "breaks off" in parsed.errors[0]


@pytest.mark.parametrize(
    ("criteria", "through"),
    [
        ("Fil or Ent: filed Doc From: 0 Doc To: 99999999", RECEIPT),
        ("Fil or Ent: filed From: 6/10/2005 Doc From: 0 Doc To: 99999999", RECEIPT),
        ("Fil or Ent: filed From: 6/11/2005 Doc From: 0 Doc To: 99999999", None),
        ("Fil or Ent: filed From: 1/1/2005 To: 8/1/2005 Doc From: 0 Doc To: 99999999", date(2005, 8, 1)),
        ("Fil or Ent: filed Doc From: 1 Doc To: 20", None),
        ("Fil or Ent: filed Doc From: 5 Doc To: 99999999", None),
    ],
)
def test_a_docket_is_read_only_as_far_as_it_was_asked_for(criteria: str, through: object) -> None:
    body = own("involuntary_stormy.html").replace(b"Fil or Ent: filed Doc From: 0 Doc To: 99999999", criteria.encode())
    assert parse(body).through == through


# --- who it is about ------------------------------------------------------------------------------------------------


def test_a_listed_docket_number_is_evidence_whatever_the_name() -> None:
    for listed in ("nysb 05-90017", "nysb 05-90017-abc", "nysb 1:05-bk-90017"):
        facts = parse(own("involuntary_stormy.html"), Obligor("x", "Another Name", dockets=(listed,))).facts
        assert facts[0].kind == "involuntary_petition"


def test_a_number_of_another_court_or_without_a_court_proves_nothing() -> None:
    for listed in ("deb 05-90017", "05-90017", "nysb 06-90017", ""):
        parsed = parse(own("involuntary_stormy.html"), Obligor("x", "Another Name", dockets=(listed,)))
        assert parsed.facts == ()
        assert "not watched" in parsed.errors[0]
        assert parsed.through is None


def test_a_like_name_is_one_hint_for_a_person() -> None:
    for maker in (Obligor("x", "Quillfeather Media Holdings LLC"), Obligor("x", "Quill and Feather Co")):
        parsed = parse(own("involuntary_stormy.html"), maker)
        assert [(f.kind, f.fields["becomes"]) for f in parsed.facts] == [("docket_reported", "involuntary_petition")]
        assert parsed.through is None


def test_one_name_with_two_tax_numbers_is_two_companies() -> None:
    same = parse(own("involuntary_stormy.html"), Obligor("x", "Quillfeather Media Inc", ein="130000017"))
    other = parse(own("involuntary_stormy.html"), Obligor("x", "Quillfeather Media Inc", ein="99-9999999"))
    renamed = parse(own("involuntary_stormy.html"), Obligor("x", "Renamed Corp.", ein="13-0000017"))
    assert same.facts[0].kind == renamed.facts[0].kind == "involuntary_petition"
    assert [f.kind for f in other.facts] == ["docket_reported"]


def test_a_petitioning_creditor_is_not_the_debtor() -> None:
    assert parse(own("involuntary_stormy.html"), Obligor("x", "Paper Mill Holdings LLC")).facts == ()


def test_names_are_folded_but_never_shortened() -> None:
    assert same_name("ROO Group, Inc.", "Roo  group INC")
    assert same_name("Smith & Sons L.L.C.", "SMITH AND SONS LLC")
    assert not same_name("ROO Group, Inc.", "ROOT Group, Inc.")
    assert not same_name("ROO Group, Inc.", "ROO Group LLC")
    assert is_named(Obligor("x", "New Name", also=("ROO Group, Inc.",)), "ROO GROUP INC")
    assert is_like(Obligor("x", "ROO Group, Inc."), "ROO Group Holdings LLC")
    assert not is_like(Obligor("x", "ROO Group, Inc."), "ROOT Group Inc")
    assert not is_like(Obligor("x", "ROO Group, Inc."), "Group LLC")


def test_chapter_15_is_a_hint_and_not_a_petition_of_the_debtor() -> None:
    body = own("involuntary_stormy.html").replace(b"Original chapter 7", b"Original chapter 15")
    petition = parse(body).facts[0]
    assert (petition.kind, petition.fields["becomes"]) == ("docket_reported", "analogous_proceeding")


def test_the_flag_dismissed_without_a_date_is_a_hint() -> None:
    body = own("header_only_dismissed.html").replace(b"Debtor dismissed", b"Deadline for nothing")
    hint = next(f for f in parse(body).facts if f.kind == "docket_reported")
    assert (hint.fields["becomes"], hint.fields["document_type"]) == ("case_dismissed", "flag")


# --- courts and case numbers ----------------------------------------------------------------------------------------


def test_courts_are_known_by_the_district_a_docket_prints() -> None:
    court = court_of("Central District Of California")
    assert court is not None
    assert (court.id, court.zone) == ("cacb", "America/Los_Angeles")
    assert court_of("District of Atlantis") is None
    assert len(courts()) == 94
    assert courts()["flnb"].zone_at("Pensacola") == "America/Chicago"
    assert courts()["flnb"].zone_at("Tallahassee") == "America/New_York"


@pytest.mark.parametrize(
    ("printed", "text"),
    [("10-13020-AJC", "10-13020"), ("2:09-bk-19166-RJH", "2:09-bk-19166"), ("8-09-78584-ast", "8-09-78584"),
     ("09-37010-sgj11", "09-37010"), ("09-16656", "09-16656")],
)
def test_a_case_number_is_kept_without_its_judge(printed: str, text: str) -> None:
    number = case_number(printed)
    assert number is not None
    assert number.text == text
    assert matches(f"nysb {text}", "nysb", number)


def test_two_offices_of_one_court_may_use_one_serial() -> None:
    three, six = case_number("3:09-bk-07047-JAF"), case_number("6:09-bk-07047-KSJ")
    bare = case_number("09-07047")
    assert three
    assert six
    assert bare
    assert not three.same_as(six)
    assert three.same_as(bare)


# --- pages that are no dockets, and the folder counsel saves into ---------------------------------------------------


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"<html><head><title>408</title></head><body><h1>Request Time-out</h1></body></html>", "Request Time-out"),
        (b"\x00\xff\xfe garbage <<<<", "no docket"),
        (b"<html>Bankruptcy Petition #: 10-1 <br>", "no entries"),
    ],
)
def test_a_page_that_is_no_docket_is_refused_in_one_line(body: bytes, says: str) -> None:
    with pytest.raises(FeedChanged) as caught:
        parse(body)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_court_is_refused_by_name() -> None:
    body = own("involuntary_stormy.html").replace(b"Southern District of New York", b"District of Atlantis")
    with pytest.raises(FeedChanged, match="'District of Atlantis' is not in rules/courts"):
        parse(body)


def test_saved_pages_are_read_from_the_folder(tmp_path: Path) -> None:
    (tmp_path / "2005").mkdir()
    (tmp_path / "2005" / "docket.HTML").write_bytes(own("involuntary_stormy.html"))
    (tmp_path / "no_receipt.htm").write_bytes(own("cut_off.html"))
    os.utime(tmp_path / "no_receipt.htm", (1_120_000_000, 1_120_000_000))
    (tmp_path / "notes.txt").write_text("not read")
    with HttpClient() as http:
        pages = list(load_feed("court_docket").fetch(http, Watch([MAKER], {"saved_pages": str(tmp_path)})))
    assert [(p.name, p.captured_at) for p in pages] == [
        ("2005/docket.HTML", datetime(2005, 9, 7, 14, 15, 30, tzinfo=UTC)),
        ("no_receipt.htm", datetime.fromtimestamp(1_120_000_000, UTC)),
    ]


@pytest.mark.parametrize(
    ("settings", "says"), [({}, "no folder is set"), ({"saved_pages": "/nowhere"}, "is no folder")]
)
def test_a_missing_folder_is_one_line(settings: dict[str, str], says: str) -> None:
    with HttpClient() as http, pytest.raises(FeedFailed, match=says):
        list(FEED.fetch(http, Watch([MAKER], settings)))


# --- recorded dockets of real courts (not in the repository) --------------------------------------------------------

VOLUNTARY = {
    "almb_2": "2009-08-25", "azb_35": "2009-08-11", "cacb_29": "2010-02-10", "ctb": "2008-08-17",
    "deb_14": "2009-07-08", "deb_19": "2009-12-21", "deb_21": "2010-01-11", "deb_3": "2008-09-26",
    "deb_7": "2009-01-26", "flmb": "2009-08-24", "flmb_10": "2010-02-12", "flmb_14": "2010-02-16",
    "ganb": "2010-02-02", "mab_3": "2009-07-15", "mdb_2": "2008-09-05", "mieb_2": "2008-05-29",
    "ncwb_2": "2010-02-08", "njb_16": "2010-02-12", "njb_17": "2010-02-16", "nvb_15": "2009-07-28",
    "nvb_38": "2010-01-29", "nyeb": "2009-11-10", "nyeb_1": "2009-11-10", "nyeb_2": "2010-02-12",
    "nysb": "2008-01-21", "nysb_2": "2008-09-15", "nysb_28": "2009-10-26", "nysb_29": "2010-01-05",
    "nysb_31": "2010-02-11", "nysb_35": "2010-02-17", "nysb_mega": "2009-06-01", "txnb": "2009-10-19",
    "txnb_3": "2008-05-05", "txsb_2": "2010-02-02", "txwb": "2009-05-17",
}
AFTERWARDS = {
    "deb_14": [("case_closed", "2012-04-03"), ("plan_confirmed", "2010-03-31")],
    "deb_7": [("plan_confirmed", "2010-06-30")],
    "flmb": [("plan_confirmed", "2011-07-21")],
    "flmb_14": [("case_closed", "2010-10-14"), ("case_dismissed", "2010-09-17")],
    "mab_3": [("case_dismissed", "2009-09-01"), ("case_reinstated", "2009-09-14")],
    "mieb_2": [("case_closed", "2009-02-06"), ("case_closed", "2009-02-06"), ("plan_confirmed", "2008-12-01"),
               ("retraction", "2009-01-09")],
    "njb_17": [("case_closed", "2010-04-30"), ("case_dismissed", "2010-04-13")],
    "nysb_28": [("case_closed", "2014-01-24"), ("plan_confirmed", "2011-01-13")],
    "txnb": [("plan_confirmed", "2010-04-22")],
}


def recorded(shared_feeds: Path, name: str) -> tuple[Parsed, Obligor]:
    body = (shared_feeds / "bankruptcy_dockets" / f"{name}.html").read_bytes()
    page = read_docket(body)
    maker = Obligor("maker", (page.debtors or page.parties)[0].name)
    return parse(body, maker, name=f"{name}.html"), maker


@pytest.mark.parametrize("name", VOLUNTARY)
def test_a_recorded_voluntary_docket_gives_its_petition_and_nothing_false(shared_feeds: Path, name: str) -> None:
    parsed, _ = recorded(shared_feeds, name)
    seen = sorted((f.kind, str(f.happened_on.first)) for f in parsed.facts)
    assert seen == sorted([("voluntary_petition", VOLUNTARY[name]), *AFTERWARDS.get(name, [])])
    assert not parsed.unmapped
    assert not parsed.errors


@pytest.mark.parametrize("name", [*VOLUNTARY, "flsb_4", "nysb_30", "nysb_34"])
def test_a_recorded_docket_has_every_entry_the_other_reader_found(shared_feeds: Path, name: str) -> None:
    folder = shared_feeds / "bankruptcy_dockets"
    theirs = json.loads((folder / f"{name}.expected.json").read_text())
    page = read_docket((folder / f"{name}.html").read_bytes())
    court = court_of(page.district)
    assert court is not None
    assert court.id == theirs["court_id"]
    assert str(page.dates["date filed"]) == theirs["date_filed"]
    assert [(e.number, str(e.filed)) for e in page.entries] == [
        (e["document_number"] or "", e["date_filed"]) for e in theirs["docket_entries"]
    ]


def test_the_recorded_involuntary_docket_gives_its_order_for_relief(shared_feeds: Path) -> None:
    parsed, _ = recorded(shared_feeds, "flsb_4")
    assert [(f.kind, str(f.happened_on.first), f.matter) for f in parsed.facts] == [
        ("involuntary_petition", "2010-02-09", "flsb 10-13020"), ("order_for_relief", "2010-02-10", "flsb 10-13020"),
    ]


@pytest.mark.parametrize("name", ["nysb_30", "nysb_34"])
def test_a_recorded_chapter_15_docket_is_one_hint(shared_feeds: Path, name: str) -> None:
    parsed, _ = recorded(shared_feeds, name)
    assert [(f.kind, f.fields["becomes"]) for f in parsed.facts] == [("docket_reported", "analogous_proceeding")]


def test_recorded_pages_that_are_no_dockets_are_refused_in_one_line(shared_feeds: Path) -> None:
    pages = sorted((shared_feeds / "pacer_pages").rglob("*.html"))
    messages: Counter[str] = Counter()
    for path in pages:
        with pytest.raises(FeedChanged) as caught:
            parse(path.read_bytes(), name=path.name)
        assert "\n" not in str(caught.value)
        messages[str(caught.value)] += 1
    assert len(pages) == 11
    assert any("page ID does not exist" in m for m in messages)
    assert any("log in page" in m for m in messages)
