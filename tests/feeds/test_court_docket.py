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
from feeds.docket_entries import entry_rules, lead_of, meanings, title_of
from feeds.docket_page import Entry, read_docket
from feeds.names import is_like, is_named, same_name
from monitor.core.clause import Obligor
from monitor.core.facts import Fact, fact_id
from monitor.http import HttpClient
from tests.golden import golden

RECORDED = Path(__file__).resolve().parent.parent / "recorded" / "court_docket"
MAKER = Obligor("quill", "Quillfeather Media, Inc.")
FEED = CourtDocket()
AT = datetime(2010, 3, 1, tzinfo=UTC)


def parse(body: bytes, *obligors: Obligor, name: str = "page.html") -> Parsed:
    return FEED.parse(Payload("court_docket", name, "file:page", body, AT), Watch(obligors or (MAKER,)))


def own(name: str) -> bytes:
    return (RECORDED / name).read_bytes()


def dated(facts: tuple[Fact, ...]) -> list[tuple[str, date]]:
    return [(f.kind, f.happened_on.first) for f in facts]  # type: ignore[misc]


def kind_of(text: str, *, involuntary: bool = True) -> str:
    meaning = meanings([Entry(date(2010, 1, 1), None, "1", text)], involuntary)[0]
    if meaning.void:
        return "void"
    if meaning.label is None:
        return "unmapped"
    return meaning.label.kind or "noise"


# --- one docket's life ---------------------------------------------------------------------------------------------


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
    assert FEED.captured_at(own("header_only_dismissed.html"), "x") == datetime(2006, 7, 1, 5, 30, tzinfo=UTC)  # El Paso
    assert FEED.captured_at(own("involuntary_stormy.html"), "x") == datetime(2005, 9, 7, 14, 15, 30, tzinfo=UTC)
    assert FEED.captured_at(b"<html>no docket</html>", "x") is None


def test_a_page_that_breaks_off_proves_no_absence() -> None:
    parsed = parse(own("cut_off.html"))
    assert dated(parsed.facts) == [("involuntary_petition", date(2005, 6, 10)), ("case_dismissed", date(2005, 7, 1))]
    assert parsed.through is None
    assert "breaks off" in parsed.errors[0]


@pytest.mark.parametrize(
    ("criteria", "through"),
    [
        ("Fil or Ent: filed Doc From: 0 Doc To: 99999999", datetime(2005, 9, 7, 14, 15, 30, tzinfo=UTC)),
        ("Fil or Ent: filed From: 6/10/2005 Doc From: 0 Doc To: 99999999", datetime(2005, 9, 7, 14, 15, 30, tzinfo=UTC)),
        ("Fil or Ent: filed From: 6/11/2005 Doc From: 0 Doc To: 99999999", None),
        ("Fil or Ent: filed From: 1/1/2005 To: 8/1/2005 Doc From: 0 Doc To: 99999999", date(2005, 8, 1)),
        ("Fil or Ent: filed Doc From: 1 Doc To: 20", None),
        ("Fil or Ent: filed Doc From: 5 Doc To: 99999999", None),
    ],
)
def test_a_docket_is_read_only_as_far_as_it_was_asked_for(criteria: str, through: object) -> None:
    body = own("involuntary_stormy.html").replace(b"Fil or Ent: filed Doc From: 0 Doc To: 99999999", criteria.encode())
    assert parse(body).through == through


# --- who it is about -----------------------------------------------------------------------------------------------


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


# --- entries -------------------------------------------------------------------------------------------------------

ENDS = [
    "Order Dismissing Case (Related Doc # 12)",
    "Order Granting Motion to Dismiss Case (Related Doc # 12). (Smith, J)",
    "Order Granting Alleged Debtor's Motion to Dismiss Involuntary Petition",
    "Order Dismissing Involuntary Petition Pursuant to 11 U.S.C. 303(j)",
    "Agreed Order Dismissing Involuntary Chapter 7 Case Without Prejudice",
    "Order Dismissing Chapter 11 Case",
    "Order Dismissing Case with Notice of Dismissal",
    "Order of Dismissal. (RE: related document(s) 3 Motion to Dismiss Case)",
    "Stipulation and Order Dismissing Involuntary Petition",
    "Order Granting Trustee's Motion to Dismiss Chapter 7 Case (Related Doc 40)",
    "Consent Order Granting Joint Motion For Voluntary Dismissal of Case",
    "Case Dismissed (admin)",
    "Involuntary Petition Dismissed",
    "Order Approving Stipulation to Dismiss Involuntary Petition",
    "Order (I) Dismissing the Debtors' Chapter 11 Cases and (II) Granting Related Relief",
    "Order Dated 3/1/2010 Re: 40 Motion to Dismiss Case. MOTION ALLOWED. CASE DISMISSED",
]
TRAPS = [
    "Order Denying Motion to Dismiss Case (Related Doc # 12)",
    "Order Denying Motion for Order Dismissing Case",
    "Order Denying Alleged Debtor's Motion to Dismiss Involuntary Petition",
    "Order Denying Motion to Convert and Dismissing Case",
    "Order to Show Cause Why Case Should Not Be Dismissed",
    "Order Setting Hearing on Motion to Dismiss Case",
    "Order Continuing Hearing on Motion to Dismiss Case",
    "Order Granting Motion to Continue Hearing on Motion to Dismiss Case",
    "Order Granting Motion to Extend Time to Respond to Motion to Dismiss Case",
    "Order Granting Debtor's Motion to Strike Motion to Dismiss Case",
    "Order Granting Leave to File Motion to Dismiss Case",
    "Order Granting Application to Employ Counsel to Prosecute Motion to Dismiss Case",
    "Order Granting Motion to Compel and Denying Motion to Dismiss Case",
    "Order Granting in Part Motion to Dismiss Case",
    "Order Granting Motion to Withdraw Motion to Dismiss Case",
    "Order Withdrawing Motion to Dismiss Case",
    "Order Reserving Ruling on Motion to Dismiss Case",
    "Order Dismissing Adversary Proceeding 10-01234",
    "Order of Dismissal of Adversary Proceeding",
    "Order Granting Motion to Dismiss Adversary Case",
    "Order Dismissing Complaint",
    "Order for Dismissal of Counterclaim",
    "Order Dismissing Motion for Relief From Stay as Moot",
    "Order Dismissing as Moot (related document(s): 430 Motion to Reject Executory Contract filed by X (Order entered)",
    "Order Dismissing Debtor's Objection to Claim 4",
    "Order Dismissing Petitioning Creditor ABC Corp. from Involuntary Petition",
    "Order Dismissing Case of Co-Debtor Subsidiary LLC",
    "Order Granting Motion to Dismiss Joint Debtor",
    "Order Dismissing Appeal",
    "Order of the Court to Adjourn (related documents Motion to Dismiss Case) So Ordered",
    "Order Dated 3/1/2010 Re: 40 Motion to Dismiss Case. MOTION DENIED",
    "Order Confirming Plan of Reorganization; case to be dismissed unless sale closes",
    "Motion to Dismiss Case filed by U.S. Trustee",
    "Motion to Reconsider Order Dismissing Case",
    "Notice of Hearing on Motion to Dismiss Case",
    "Notice of Dismissal For Failure to File Other Documents",
    "Notice of Appeal of Order Dismissing Case",
    "Proposed Order Dismissing Case",
    "(Not Processed - Court's Own Order) Proposed Order Dismissing Case",
    "BNC Certificate of Mailing - PDF Document. (RE: 23 Order Dismissing Case)",
    "BNC Certificate of Notice - Order Dismissing Case",
    "Affidavit in Support of Order Dismissing Case",
    "Response to Order Dismissing Case",
    "Minute Entry. Motion Denied. (RE: related document(s) 37 Motion to Dismiss Case filed by X)",
]


@pytest.mark.parametrize("text", ENDS)
def test_an_order_that_dismisses_the_case_is_a_dismissal(text: str) -> None:
    assert kind_of(text) == "case_dismissed"


@pytest.mark.parametrize("text", TRAPS)
def test_what_only_speaks_of_dismissal_is_no_dismissal(text: str) -> None:
    assert kind_of(text) in ("noise", "unmapped", "plan_confirmed")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Order Vacating Order Dismissing Case", "case_reinstated"),
        ("Order Granting Motion to Vacate Dismissal (Related Doc 33)", "case_reinstated"),
        ("Order Reinstating Case", "case_reinstated"),
        ("Order Granting Motion to Reinstate Case", "case_reinstated"),
        ("Order Setting Aside Order of Dismissal and Reinstating Involuntary Petition", "case_reinstated"),
        ("Endorsed Order Dated 9/14/2009 Re: 26 Debtor's Motion To Reinstate Case. MOTION ALLOWED.", "case_reinstated"),
        ("Endorsed Order Dated 9/14/2009 Re: 26 Debtor's Motion To Reinstate Case. MOTION DENIED.", "noise"),
        ("Order Setting Hearing on Motion to Vacate Dismissal", "noise"),
        ("Order Denying Motion to Vacate Order Dismissing Case", "noise"),
        ("Order Denying Motion to Reinstate Case", "noise"),
        ("Motion to Vacate Order Dismissing Case", "noise"),
        ("Order Reopening Case", "noise"),
        ("Order Converting Case to Chapter 7", "case_converted"),
        ("Order Granting Motion to Convert Case from Chapter 7 to Chapter 11", "case_converted"),
        ("Order Denying Motion to Convert Case", "noise"),
        ("Order Setting Hearing on Motion to Convert", "noise"),
        ("Motion to Convert Case to Chapter 7", "noise"),
        ("Order Staying Case", "case_stayed"),
        ("Order Granting Motion to Stay Involuntary Case", "case_stayed"),
        ("Order Suspending All Proceedings in the Case Pursuant to 11 U.S.C. 305(a)", "case_stayed"),
        ("Order Lifting Stay of the Case", "stay_lifted"),
        ("Order Granting Motion for Relief From Stay", "noise"),
        ("Order Lifting Automatic Stay", "noise"),
        ("Order Staying Discovery", "noise"),
        ("Order Granting Stay Pending Appeal", "noise"),
        ("Order Denying Motion to Stay Case", "noise"),
        ("Findings of Fact, Conclusions of Law, and Order Confirming Plan of Reorganization", "plan_confirmed"),
        ("Order Denying Confirmation of Plan", "noise"),
        ("Order Granting Motion for Final Decree Closing Case", "case_closed"),
        ("Motion for Final Decree", "noise"),
        ("Adversary Case 8:09-ap-8602 Closed", "noise"),
        ("Order Transferring Venue to the District of Delaware", "venue_transferred"),
        ("Order Granting Motion to Convert Case to Chapter 7 or, in the Alternative, Dismiss Case", "docket_reported"),
        ("Conditional Order Dismissing Case", "docket_reported"),
        ("Order Granting Motion (RE: related document(s) 37 Motion to Dismiss Case)", "docket_reported"),
        ("Minute Entry. Motion Granted. (RE: related document(s) 37 Motion to Dismiss Case filed by X)",
         "docket_reported"),
        ("Order Vacating Order for Relief", "docket_reported"),
        ("ENTERED IN ERROR. Order Dismissing Case", "void"),
        ("Order Dismissing Case. Modified on 3/1/2010 (docketed in error)", "void"),
        ("Something Never Seen Before filed by Somebody", "unmapped"),
    ],
)
def test_each_entry_means_what_its_own_words_say(text: str, kind: str) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    ("text", "involuntary", "kind"),
    [
        ("Order for Relief Under Chapter 7", True, "order_for_relief"),
        ("Order for Relief Under Chapter 7", False, "noise"),
        ("Order for Relief in Involuntary Case and Order Setting Deadline for Filing Schedules", True, "order_for_relief"),
        ("Order Granting Involuntary Petition and Entering Order for Relief", True, "order_for_relief"),
        ("Voluntary Petition (Chapter 11). Order for Relief Entered.", False, "noise"),
        ("Voluntary Petition (Chapter 11). Order for Relief Entered.", True, "noise"),
        ("Order for Relief from Stay", True, "noise"),
        ("Motion for Entry of Order for Relief", True, "noise"),
        ("BNC Certificate of Mailing - PDF Document (Re: 7 Order for Relief in Involuntary Case", True, "noise"),
        ("Alleged Debtor's Consent to Entry of Order for Relief Filed by Alleged Debtor X", True, "involuntary_acquiesced"),
        ("Consent to Order for Relief filed by Creditor Y", True, "noise"),
    ],
)
def test_relief_is_ordered_only_in_an_involuntary_case(text: str, involuntary: bool, kind: str) -> None:
    assert kind_of(text, involuntary=involuntary) == kind


def test_a_corrective_entry_strikes_the_entry_it_names() -> None:
    day = date(2010, 1, 1)
    found = meanings([
        Entry(day, None, "23", "Order Dismissing Case (clk) (Entered: 01/01/2010)"),
        Entry(day, None, "24", "CORRECTIVE ENTRY: ENTERED IN ERROR. (RE: related document(s) 23 Order Dismissing Case) (Doe, J)"),
        Entry(day, None, "25", "ENTERED IN ERROR: Hearing Held (RE: related document(s) 26 Order Dismissing Case)"),
        Entry(day, None, "26", "Order Dismissing Case (clk)"),
    ], True)
    assert [m.void for m in found] == [True, True, True, False]


def test_an_amended_order_restates_the_first_one() -> None:
    found = meanings([
        Entry(date(2010, 1, 1), None, "5", "Order Confirming Chapter 11 Plan"),
        Entry(date(2010, 1, 9), None, "6", "Amended Order Confirming Plan"),
    ], False)
    assert [m.label.kind for m in found if m.label] == ["plan_confirmed", None]


def test_a_label_reported_as_unmapped_is_the_entrys_leading_words() -> None:
    assert lead_of("Something New Filed by Creditor X (RE: related document(s) 7)") == "Something New"
    assert title_of("Agreed Order (Related Doc # 5) Staying Case (Entered: 1/1/2010)") == "order Staying Case"


def test_every_label_names_a_kind_of_the_vocabulary(rulebook: object) -> None:
    kinds = set(rulebook.vocabulary.kind_infos)  # type: ignore[attr-defined]
    named = {r.label.kind for r in entry_rules() if r.label.kind} | {r.label.get("becomes") for r in entry_rules()} - {""}
    assert named <= kinds, named - kinds


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
    assert three and six and bare
    assert not three.same_as(six)
    assert three.same_as(bare)


# --- pages that are no dockets, and the folder counsel saves into ------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"<html><head><title>408 Request Time-out</title></head><body><h1>Request Time-out</h1></body></html>", "Request Time-out"),
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


@pytest.mark.parametrize(("settings", "says"), [({}, "no folder is set"), ({"saved_pages": "/nowhere"}, "is no folder")])
def test_a_missing_folder_is_one_line(settings: dict[str, str], says: str) -> None:
    with HttpClient() as http, pytest.raises(FeedFailed, match=says):
        list(FEED.fetch(http, Watch([MAKER], settings)))


# --- recorded dockets of real courts (not in the repository) ------------------------------------------------------------

VOLUNTARY = {
    "almb_2": "2009-08-25", "azb_35": "2009-08-11", "cacb_29": "2010-02-10", "ctb": "2008-08-17", "deb_14": "2009-07-08",
    "deb_19": "2009-12-21", "deb_21": "2010-01-11", "deb_3": "2008-09-26", "deb_7": "2009-01-26", "flmb": "2009-08-24",
    "flmb_10": "2010-02-12", "flmb_14": "2010-02-16", "ganb": "2010-02-02", "mab_3": "2009-07-15", "mdb_2": "2008-09-05",
    "mieb_2": "2008-05-29", "ncwb_2": "2010-02-08", "njb_16": "2010-02-12", "njb_17": "2010-02-16",
    "nvb_15": "2009-07-28", "nvb_38": "2010-01-29", "nyeb": "2009-11-10", "nyeb_1": "2009-11-10", "nyeb_2": "2010-02-12",
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
