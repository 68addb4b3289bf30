"""Real recorded feeds through the whole pipeline. The notes are invented: nobody named here owes on this form."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from monitor.core.findings import State
from tests.daemon.folder import Folder, Replay, utc

CARBO = {"cik": "0001009672"}
SUSPENDED = {
    "kind": "listing_suspended", "venue": "nyse", "happened_on": "2020-01-13", "effective": "before_open",
}
"""Attested for the test; the exchange's real notice is not among the recordings."""
PETITION = {
    "kind": "voluntary_petition", "matter": "txsb petition", "happened_on": {"from": "2020-03-28", "to": "2020-03-30"},
}
NOTICE = "Notice of Delisting or Failure to Satisfy a Continued Listing Rule or Standard; Transfer of Listing"
BY_EXCHANGE = "Removal from listing, filed by the exchange (17 CFR 240.12d2-2)"
BY_ISSUER = "Removal from listing, filed by the issuer (17 CFR 240.12d2-2)"


def indexed(folder: Folder, shared: Path, cik: str, texts: Sequence[str] = ()) -> Folder:
    """Every recorded page of the SEC's index of one company, and texts of form 25."""
    into = folder.feed("edgar")
    pages = sorted((shared / "edgar" / "submissions").glob(f"CIK{cik}*.json"))
    assert pages
    for page in pages:
        if not page.name.endswith(".headers.json"):
            shutil.copy(page, into / page.name)
    for text in texts:
        shutil.copy(shared / "edgar" / "form25" / text, into / text)
    return folder


def told(replay: Replay) -> list[tuple[str, str]]:
    """(New York day, kind and headline after the note's title) of everything but the baseline."""
    return [
        (f"{a.at:%Y-%m-%d}", f"{a.kind.value}: {a.headline.partition(' note')[2].lstrip(':, ')}")
        for a in replay.alerts if a.kind.value != "baseline"
    ]


# --- CARBO Ceramics: the whole decline ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def delisting(shared_feeds: Path, tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """From the first notice to the fifth session; the suspension is attested on the morning of 13 January 2020."""
    folder = indexed(Folder(tmp_path_factory.mktemp("delisting")), shared_feeds, "0001009672")
    folder.note("carbo", "CARBO Ceramics Inc.", "2019-10-01", ["nyse"], **CARBO)
    folder.instruments = ["carbo"]
    folder.state("suspension.yaml", SUSPENDED, on="2020-01-13T08:00:00-05:00")
    return folder.replay("2019-12-12", "2020-01-17")


@pytest.fixture(scope="module")
def bankruptcy(shared_feeds: Path, tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """Around the two reports of item 1.03; the petition is attested on 6 April 2020."""
    folder = indexed(Folder(tmp_path_factory.mktemp("bankruptcy")), shared_feeds, "0001009672")
    folder.note("carbo", "CARBO Ceramics Inc.", "2019-10-01", ["nyse"], **CARBO)
    folder.instruments = ["carbo"]
    folder.state("petition.yaml", PETITION, on="2020-04-06T10:00:00-04:00")
    return folder.replay("2020-03-27", "2020-04-08")


def test_notices_and_the_form_25_of_an_index_open_review_items_and_never_a_default(delisting: Replay) -> None:
    before = [line for line in told(delisting) if line[0] < "2020-01-13"]
    assert before == [
        ("2019-12-14", f"review: please review: {NOTICE}"),
        ("2019-12-21", f"review: please review: {NOTICE}"),
        ("2020-01-11", f"review: please review: {BY_EXCHANGE}"),
    ]
    assert sorted(i for i in delisting.items) == sorted([(NOTICE, 1, "open"), (NOTICE, 1, "open"),
                                                         (BY_EXCHANGE, 1, "open")])


def test_an_attested_suspension_gives_clause_a_its_five_sessions(delisting: Replay) -> None:
    after = [a for a in delisting.alerts if a.at > utc(2020, 1, 13, 12)]
    assert [(a.kind.value, a.step, f"{a.at:%Y-%m-%d %H:%M}") for a in after] == [
        ("opened", "", "2020-01-13 13:00"),
        ("reminder", "2 sessions", "2020-01-15 12:00"),
        ("reminder", "1 sessions", "2020-01-16 12:00"),
        ("reminder", "last session", "2020-01-17 12:00"),
        ("ripened", "", "2020-01-17 21:00"),
    ]
    (window,) = delisting.windows("carbo").values()
    assert (window.limb, window.state, window.verified) == ("a.suspension", State.EVENT_OF_DEFAULT, True)
    assert window.opened == date(2020, 1, 13)
    assert window.deadline == window.default_date == window.earliest_arguable == date(2020, 1, 17)


def test_two_reports_of_item_1_03_open_one_review_item(bankruptcy: Replay) -> None:
    reviews = [a for a in bankruptcy.of("review") if "Bankruptcy" in a.headline]
    assert [f"{a.at:%Y-%m-%d}" for a in reviews] == ["2020-03-31"]
    assert [i for i in bankruptcy.items if i[0].startswith("Bankruptcy")] == [("Bankruptcy or Receivership", 2, "open")]


def test_an_attested_petition_is_one_default_dated_between_28_and_30_march(bankruptcy: Replay) -> None:
    (default,) = bankruptcy.of("ripened")
    assert f"{default.at:%Y-%m-%d %H:%M}" == "2020-04-06 14:00"
    assert default.finding is not None
    assert (default.finding.limb, default.finding.matter) == ("e.iii", "txsb petition")
    assert (default.finding.earliest_arguable, default.finding.default_date) == (date(2020, 3, 28), date(2020, 3, 30))
    assert {limb: f.state for limb, f in bankruptcy.windows("carbo").items()} == {"e.iii": State.EVENT_OF_DEFAULT}


def test_before_the_petition_was_attested_there_was_no_default(bankruptcy: Replay) -> None:
    assert [a.kind.value for a in bankruptcy.alerts if a.at < utc(2020, 4, 6, 13)].count("ripened") == 0
    assert {a.kind.value for a in bankruptcy.alerts} == {"baseline", "review", "ripened"}


def test_from_the_first_hint_every_message_carries_the_stay_warning(bankruptcy: Replay) -> None:
    known = [(f"{a.at:%m-%d}", a.kind.value, a.petition) for a in bankruptcy.alerts]
    assert known[0][2] == ""
    assert {p for day, _, p in known if "03-31" <= day < "04-06"} == {"reported"}
    assert {p for day, _, p in known if day >= "04-06"} == {"on file"}
    assert not any("a day." in line for a in bankruptcy.alerts if a.petition for line in a.body)


# --- false alarms ---------------------------------------------------------------------------------------------------

# company, cik, date of an invented note, listed at issue, texts recorded, a span around a filing, what is told in it
SILENT = [
    ("Apple Inc.", "0000320193", "2019-01-02", "nasdaq_gs", ["aapl_25_notes_issuer_filed.abridged.txt"],
     ("2019-03-13", "2019-03-16"), []),
    ("MICROSOFT CORP", "0000789019", "2019-01-02", "nasdaq_gs", [], ("2019-11-08", "2019-11-09"), [BY_ISSUER]),
    ("MICROSOFT CORP", "0000789019", "2019-01-02", "nasdaq_gs", [], ("2021-09-03", "2021-09-04"), [BY_EXCHANGE]),
    ("Expedia Group, Inc.", "0001324424", "2018-01-02", "nasdaq_gs", [], ("2018-06-22", "2018-06-23"), [NOTICE]),
    ("Expedia Group, Inc.", "0001324424", "2018-01-02", "nasdaq_gs", [], ("2022-03-03", "2022-03-04"), [BY_EXCHANGE]),
]


@pytest.mark.parametrize(("company", "cik", "dated", "listed", "texts", "span", "expected"), SILENT)
def test_notes_vacancies_and_moves_are_at_most_a_review_item(
    folder: Folder, shared_feeds: Path, company: str, cik: str, dated: str, listed: str, texts: list[str],
    span: tuple[str, str], expected: list[str],
) -> None:
    indexed(folder, shared_feeds, cik, texts)
    folder.note("note", company, dated, [listed], cik=cik)
    folder.instruments = ["note"]
    replay = folder.replay(*span)
    assert [line for _, line in told(replay)] == [f"review: please review: {title}" for title in expected]
    assert {f.state for f in replay.findings["note"]} == {State.CLEAR}


HINDSIGHT = [
    ("Apple Inc.", "0000320193", "2019-01-02", ["aapl_25_notes_issuer_filed.abridged.txt"], {BY_EXCHANGE: 4}),
    ("MICROSOFT CORP", "0000789019", "2019-01-02", [], {BY_EXCHANGE: 1, BY_ISSUER: 1}),
    ("Expedia Group, Inc.", "0001324424", "2018-01-02", [], {BY_EXCHANGE: 1, NOTICE: 7}),
]


@pytest.mark.parametrize(("company", "cik", "dated", "texts", "items"), HINDSIGHT)
def test_years_of_filings_are_one_baseline_without_a_window(
    folder: Folder, shared_feeds: Path, company: str, cik: str, dated: str, texts: list[str], items: dict[str, int]
) -> None:
    indexed(folder, shared_feeds, cik, texts)
    folder.note("note", company, dated, ["nasdaq_gs"], cik=cik)
    folder.instruments = ["note"]
    replay = folder.replay("2026-01-15", "2026-01-15")
    assert [a.kind.value for a in replay.alerts] == ["baseline"]
    assert {f.state for f in replay.findings["note"]} == {State.CLEAR}
    assert sorted(i[0] for i in replay.items) == sorted(t for t, n in items.items() for _ in range(n))
    assert {state for _, _, state in replay.items} == {"open"}


# --- dockets --------------------------------------------------------------------------------------------------------


@pytest.fixture
def docket(folder: Folder) -> Folder:
    folder.instruments = ["note"]
    folder.feed("court_docket")
    return folder


def saved(folder: Folder, shared: Path, name: str) -> None:
    shutil.copy(shared / "bankruptcy_dockets" / name, folder.path / "court_docket" / name)


VOLUNTARY = [
    ("nysb_2.html", "Lehman Brothers Holdings Inc.", "nysb 08-13555", date(2008, 9, 15)),
    ("deb_3.html", "Washington Mutual, Inc.", "deb 08-12229", date(2008, 9, 26)),
]


@pytest.mark.parametrize(("page", "maker", "matter", "filed"), VOLUNTARY)
def test_a_voluntary_docket_is_limb_e_iii_on_its_filing_date(
    docket: Folder, shared_feeds: Path, page: str, maker: str, matter: str, filed: date
) -> None:
    """The page was saved in February 2010: in a replay it is known from then."""
    saved(docket, shared_feeds, page)
    docket.note("note", maker, "2008-01-02", ["nyse"])
    replay = docket.replay("2010-02-16", "2010-02-17")
    assert replay.complaints == []
    (default,) = replay.of("ripened")
    assert default.petition == "on file"
    assert default.finding is not None
    assert (default.finding.limb, default.finding.matter) == ("e.iii", matter)
    assert default.finding.default_date == default.finding.earliest_arguable == filed
    assert {limb: f.state for limb, f in replay.windows("note").items()} == {"e.iii": State.EVENT_OF_DEFAULT}


def test_an_involuntary_docket_is_a_running_window_and_the_order_for_relief_a_default(
    docket: Folder, shared_feeds: Path
) -> None:
    saved(docket, shared_feeds, "flsb_4.html")
    docket.note("note", "Biscayne Bay Lofts LLC", "2009-06-01")
    replay = docket.replay("2010-02-16", "2010-02-17")
    assert replay.complaints == []
    windows = {limb: f for limb, f in replay.windows("note").items() if limb[0] in "ef"}
    proceeding, relief = windows.pop("f.proceeding"), windows.pop("f.relief")
    assert windows == {}
    assert (proceeding.state, proceeding.opened) == (State.RUNNING, date(2010, 2, 9))
    assert (proceeding.deadline, proceeding.default_date) == (date(2010, 4, 10), date(2010, 4, 11))
    assert (relief.state, relief.default_date) == (State.EVENT_OF_DEFAULT, date(2010, 2, 10))
    assert sorted((a.kind.value, a.finding.limb) for a in replay.alerts if a.finding and a.finding.limb[0] == "f") == [
        ("opened", "f.proceeding"), ("ripened", "f.relief"),
    ]
    assert {a.petition for a in replay.alerts if a.finding and a.finding.limb[0] == "f"} == {"on file"}


def test_a_note_made_after_the_petition_has_no_default_by_it(docket: Folder, shared_feeds: Path) -> None:
    saved(docket, shared_feeds, "nysb_2.html")
    docket.note("note", "Lehman Brothers Holdings Inc.", "2008-12-01", ["nyse"])
    replay = docket.replay("2010-02-16", "2010-02-17")
    assert replay.windows("note") == {}
    assert {a.petition for a in replay.alerts} == {""}
