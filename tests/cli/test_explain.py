"""``explain``: the days counted one by one, what other readings would give, the sources, the money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.core.evaluate import findings
from monitor.core.explain import CountedDay, counted_days, easter, rule_words, waiver_words
from monitor.core.facts import Fact, end_of_day
from monitor.core.findings import Finding
from monitor.core.select import Case
from monitor.daemon.world import make_case
from monitor.rulebook.calendars import exchange_sessions
from monitor.rulebook.facts_file import parse_fact
from monitor.rulebook.rulebook import Rulebook, load_instrument
from tests.cli.conftest import Cli, Ran

ZONE = "America/New_York"


def case_of(
    rulebook: Rulebook, on: str, facts: list[dict[str, Any]], readings: Mapping[str, str] | None = None
) -> Case:
    instrument, form = load_instrument("roo-petty-2005", rulebook)
    read: list[Fact] = [parse_fact(f, rulebook, instrument, form) for f in facts]
    at = end_of_day(date.fromisoformat(on), ZONE)
    return make_case(rulebook, instrument, form, read, at, at, readings)


def window(case: Case, limb: str) -> Finding:
    return next(f for f in findings(case) if f.limb == limb and f.trigger)


def days_of(case: Case, limb: str) -> tuple[CountedDay, ...]:
    return counted_days(next(x for x in case.form.limbs if x.id == limb), window(case, limb), case)


def fact(kind: str, on: str, matter: str = "NY 1/2005", **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "happened_on": on, "matter": matter, **fields}


# --- counting ---------------------------------------------------------------------------------------------------


def test_a_cure_period_leaves_out_the_day_of_the_event_and_rolls_off_labor_day(rulebook: Rulebook) -> None:
    days = days_of(case_of(rulebook, "2005-09-10", [fact("judgment_entered", "2005-08-15")]), "b.judgment")
    assert [d.number for d in days] == [None, *range(1, 21), None, None, None]
    assert days[0].note == "the day of the event is not counted; judgment entered"
    assert [(str(d.day), d.what) for d in days[20:]] == [
        ("2005-09-04", "Sunday"), ("2005-09-05", "Labor Day"), ("2005-09-06", "business day"),
        ("2005-09-07", "business day"),
    ]
    assert days[22].note.endswith("last day")
    assert days[23].note == "Event of Default from here"


def test_sessions_are_numbered_and_closed_days_named(rulebook: Rulebook) -> None:
    listing = {"venue": "otcbb"}
    facts = [fact("listing_removed", "2005-05-25", "common stock listing", effective="after_close", **listing)]
    days = days_of(case_of(rulebook, "2005-06-02", facts), "a.failure")
    assert [(str(d.day), d.number, d.what) for d in days] == [
        ("2005-05-25", None, "session"), ("2005-05-26", 1, "session"), ("2005-05-27", 2, "session"),
        ("2005-05-28", None, "Saturday"), ("2005-05-29", None, "Sunday"),
        ("2005-05-30", None, "no session: Memorial Day"),
        ("2005-05-31", 3, "session"), ("2005-06-01", 4, "session"), ("2005-06-02", 5, "session"),
    ]
    assert days[0].note == "listing removed; not wholly unlisted: not counted"
    assert days[-1].note == "today; ripens at its close"


def test_half_days_and_unscheduled_closures_are_named(rulebook: Rulebook) -> None:
    facts = [
        fact("listing_removed", "2005-11-23T09:00:00-05:00", "common stock listing", venue="otcbb"),
        {"kind": "market_closed", "subject": "*", "happened_on": "2005-11-28"},
    ]
    days = {str(d.day): d for d in days_of(case_of(rulebook, "2005-12-05", facts), "a.failure")}
    assert (days["2005-11-23"].number, days["2005-11-23"].what) == (1, "session")
    assert days["2005-11-24"].what == "no session: Thanksgiving Day"
    assert (days["2005-11-25"].number, days["2005-11-25"].what) == (2, "half-day session")
    assert (days["2005-11-28"].number, days["2005-11-28"].what) == (None, "no session: unscheduled closure")
    assert days["2005-12-01"].number == 5


def test_the_days_of_a_stay_are_not_counted_where_the_reading_stops_the_clock(rulebook: Rulebook) -> None:
    facts = [fact("involuntary_petition", "2005-07-01"), fact("case_stayed", "2005-07-11"),
             fact("stay_lifted", "2005-07-21")]
    case = case_of(rulebook, "2005-08-01", facts, {"stay_effect": "resume"})
    days = {str(d.day): d for d in days_of(case, "f.proceeding")}
    assert days["2005-07-11"].number == 10
    assert {days[f"2005-07-{n}"].number for n in range(12, 22)} == {None}
    assert days["2005-07-12"].note == "clock stopped by a stay"
    assert days["2005-07-22"].number == 11
    numbered = [d for d in days.values() if d.number]
    assert [d.number for d in numbered] == list(range(1, 61))
    assert window(case, "f.proceeding").deadline == numbered[-1].day


@pytest.mark.parametrize(("kind", "limb"), [
    ("judgment_entered", "b.judgment"), ("lien_filed", "b.lien"), ("involuntary_petition", "f.proceeding"),
])
def test_the_last_numbered_day_and_the_deadline_agree_whatever_the_day_of_the_week(
    rulebook: Rulebook, kind: str, limb: str
) -> None:
    for n in range(14):
        start = date(2005, 6, 8) + timedelta(days=n)
        case = case_of(rulebook, "2005-12-01", [fact(kind, start.isoformat())])
        days, found = days_of(case, limb), window(case, limb)
        numbers = [d.number for d in days if d.number]
        assert numbers == list(range(1, len(numbers) + 1))
        assert days[numbers[-1]].day == start + timedelta(days=numbers[-1])
        (last,) = [d for d in days if "last day" in d.note]
        assert last.day == found.deadline
        assert days[-1].day == found.default_date


def test_maturity_rolls_over_new_year(rulebook: Rulebook) -> None:
    days = days_of(case_of(rulebook, "2006-01-03", []), "c.maturity")
    assert [(str(d.day), d.what) for d in days] == [
        ("2005-12-31", "Saturday"), ("2006-01-01", "Sunday"), ("2006-01-02", "New Year's Day (observed)"),
        ("2006-01-03", "business day"), ("2006-01-04", "business day"),
    ]
    assert days[0].note == "maturity date"


def test_nothing_is_counted_for_an_act_that_is_a_default_at_once(rulebook: Rulebook) -> None:
    assert days_of(case_of(rulebook, "2005-08-01", [fact("voluntary_petition", "2005-07-01")]), "e.iii") == ()


def test_good_friday_is_no_session_in_any_year() -> None:
    sessions = exchange_sessions()
    assert easter(2005) == date(2005, 3, 27)
    for year in range(1991, 2041):
        assert easter(year).weekday() == 6
        assert not sessions.is_session(easter(year) - timedelta(days=2))
        assert sessions.is_session(easter(year) - timedelta(days=3))


# --- words ------------------------------------------------------------------------------------------------------


def test_only_a_signed_waiver_counts(rulebook: Rulebook) -> None:
    judgment = fact("judgment_entered", "2005-06-01")

    def said(*more: dict[str, Any]) -> str:
        case = case_of(rulebook, "2005-09-10", [judgment, *more])
        return waiver_words(window(case, "b.judgment"), case)

    assert said() == "No signed waiver on record."
    assert said(fact("default_waived", "2005-08-01")) == (
        "An unsigned waiver of 1 August 2005 is on file; it has no effect. No signed waiver on record.")
    assert said(fact("default_waived", "2005-08-01", signed=True)) == "A signed waiver of 1 August 2005 is on record."


def test_every_limb_says_its_rule(rulebook: Rulebook) -> None:
    words = {limb.id: rule_words(limb) for limb in case_of(rulebook, "2005-06-01", []).form.limbs}
    assert "20 calendar days" in words["b.judgment"]
    assert "5 consecutive sessions" in words["a.failure"]
    assert "60 calendar days" in words["f.proceeding"]
    assert words["e.iii"].startswith("Default at once")


# --- the command ------------------------------------------------------------------------------------------------


@pytest.fixture
def explained(cli: Cli, tmp_path: Path) -> Ran:
    facts = tmp_path / "facts.yaml"
    facts.write_text("- {kind: judgment_entered, matter: NY 1/2005, happened_on: 2005-08-15}\n")
    return cli("explain", "--instrument", "roo-petty-2005", "--facts", facts, "--as-of", "2005-09-10", "--json")


def test_explain_gives_quote_rule_facts_days_readings_sources_terms_and_money(explained: Ran) -> None:
    assert explained.code == 0
    (finding,) = explained.json["findings"]
    assert (finding["limb"], finding["state"], finding["verified"]) == ("b.judgment", "event_of_default", False)
    assert finding["rule_at"].startswith("rules/forms/roo-petty-2005.yaml:")
    assert [(f["kind"], f["decides"]) for f in finding["facts"]] == [("judgment_entered", True)]
    assert len(finding["days"]) == 24
    roll = next(r for r in finding["readings"] if r["reading"] == "cure_roll")
    assert roll["authority"] == "N.Y. General Construction Law 25(1)"
    assert roll["others"] == [{
        "value": "off", "weight": "arguable", "state": "event_of_default", "default_date": "2005-09-05",
        "changes": True,
    }]
    assert finding["sources"] == [
        {"area": "judgments", "source": "judgment_search", "jurisdiction": "NY", "through": None}]
    assert {"subordination", "security", "expenses", "prepayment", "usury"} <= set(explained.json["terms"])
    owed = explained.json["payoff"]
    assert (owed["principal"], owed["interest"], owed["per_diem"]) == ("1100000.00", "35138.89", "305.56")
    assert [m["due"] for m in explained.json["missed_interest"]] == [
        "2005-06-01", "2005-07-01", "2005-08-01", "2005-09-01"]
    assert {m["known"] for m in explained.json["missed_interest"]} == {False}


def test_explain_as_text_reads_like_a_memo(cli: Cli, tmp_path: Path) -> None:
    facts = tmp_path / "facts.yaml"
    facts.write_text("- {kind: judgment_entered, matter: NY 1/2005, happened_on: 2005-08-15}\n")
    args = ("explain", "--instrument", "roo-petty-2005", "--facts", facts, "--as-of", "2005-09-10")
    text = cli(*args).out
    assert "b.judgment Entry of judgment: window has run, cure not ruled out  NY 1/2005" in text
    assert '"the entry of judgment on or against Maker or any of Maker\'s property"' in text
    assert "No signed waiver on record." in text
    assert "      off: event of default, default 2005-09-05" in text
    assert "Missing: judgment_search (NY): never read, needed through 2005-09-06" in text
    assert "Owed on 2005-09-10: 1,100,000.00 principal + 35,138.89 interest" in text
    assert "Labor Day" not in text
    assert "Labor Day" in cli(*args, "--days").out
    assert "b.lien Filing of a lien: clear" in cli(*args, "--limb", "b").out
    tried = cli(*args, "--reading", "cure_roll=off")
    assert "Readings other than the house's: cure_roll off." in tried.out


def test_after_a_petition_it_shows_the_claim_and_no_per_diem(cli: Cli, tmp_path: Path) -> None:
    facts = tmp_path / "facts.yaml"
    facts.write_text("- {kind: voluntary_petition, matter: nysb 05-1, happened_on: 2005-08-15}\n")
    text = cli("explain", "--instrument", "roo-petty-2005", "--facts", facts, "--as-of", "2005-09-10").out
    assert text.startswith("A bankruptcy petition is on file. The automatic stay (11 U.S.C. 362) may bar collection;")
    assert "Claim at the petition date 2005-08-15: 1,100,000.00 principal" in text
    assert "a day" not in text.split("Claim at")[1]


def test_explain_from_the_ledger_names_what_was_stated_and_by_whom(own: Cli, letter: Path) -> None:
    own("attest", "judgment_entered", "--matter", "NY 1/2021", "--on", "2021-12-10", "--stated-by", "Jane Roe",
        "--evidence", letter)
    shown = own("explain", "--limb", "b.judgment", "--json").json
    ((stated,),) = [f["facts"] for f in shown["findings"]]
    assert stated["text"].startswith("Stated by Jane Roe on 2021-12-15; evidence letter.txt")
    assert len(stated["sha256"]) == 64
    assert stated["known_at"].startswith("2021-12-15T10:00:00-05:00")
    assert "known 2021-12-15 15:00 UTC" in own("explain", "--limb", "b").out
    before = own("explain", "--as-of", "2021-12-20", "--known-at", "2021-12-09").out
    assert "No window on any clause." in before


def test_both_ends_of_a_range_are_marked_in_the_count(rulebook: Rulebook) -> None:
    release = {"kind": "released", "matter": "NY 1/2005", "happened_on": {"from": "2005-06-30", "to": "2005-07-10"}}
    days = days_of(case_of(rulebook, "2005-07-20", [fact("lien_filed", "2005-06-16"), release]), "b.lien")
    assert {str(d.day): d.note for d in days if "released" in d.note} == {"2005-06-30": "released at its earliest"}
    early = {**release, "happened_on": {"from": "2005-06-30", "to": "2005-07-06"}}
    days = days_of(case_of(rulebook, "2005-07-20", [fact("lien_filed", "2005-06-16"), early]), "b.lien")
    assert {str(d.day): d.note for d in days if "released" in d.note} == {
        "2005-06-30": "released at its earliest", "2005-07-06": "released at its latest; last day",
    }


def test_wrong_arguments_are_answered_in_one_line(own: Cli, cli: Cli, tmp_path: Path) -> None:
    assert own("explain", "--limb", "b.judgement").complaints == [
        "covenantd: --limb: roo-petty-2005 has no limb `b.judgement`. Did you mean `b.judgment`?"]
    assert own("explain", "--instrument", "other").code == 2
    assert cli("explain", "--facts", tmp_path / "x").complaints == [
        "covenantd: --facts needs --instrument and --as-of."]


def test_the_evaluators_disagreement_on_record_is_shown(rulebook: Rulebook) -> None:
    from monitor.cli.explain import Stand, gather

    case = case_of(rulebook, "2005-09-10", [fact("judgment_entered", "2005-08-15")])
    answers = ({"evaluator": "reference", "verdict": "running"}, {"evaluator": "engine", "verdict": "it crashed"})
    recorded = replace(window(case, "b.judgment"), both_answers=answers)
    stand = Stand(
        rulebook, case.instrument, case.form, tuple(case.facts.values()), case.as_of, case.known_at, {}, {}, (recorded,)
    )
    (shown,) = gather(stand, [x for x in case.form.limbs if x.id == "b.judgment"], whole=False)["findings"]
    assert shown["evaluators_differ"] == list(answers)
