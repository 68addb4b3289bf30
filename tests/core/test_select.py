"""Which versions of which facts an evaluation sees, and which reports are of one event."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import permutations

import pytest

from monitor.core.facts import Fact, When
from monitor.core.findings import State
from monitor.core.select import Case, Event, matter_names, visible
from monitor.rulebook.rulebook import Rulebook
from tests.core.cases import LIEN, Said, case, fact, found, moment


def at(text: str) -> datetime:
    return moment(text)


def version(of: Fact, matter: str, known_at: str) -> Fact:
    return replace(of, matter=matter, known_at=at(known_at))


def only(decided: Case, kind: str) -> Event:
    events = [e for e in decided.events if e.kind == kind]
    assert len(events) == 1, events
    return events[0]


# --- versions -------------------------------------------------------------------------------------------------------


def test_each_version_holds_from_its_own_known_at_also_when_the_first_comes_back(rulebook: Rulebook) -> None:
    a = fact(rulebook, {**LIEN, "record": "1"})
    history = [version(a, "A", "2005-06-17"), version(a, "B", "2005-06-20"), version(a, "A", "2005-06-25")]
    seen = {
        text: [f.matter for f in visible(history, at(text))]
        for text in ("2005-06-16", "2005-06-17", "2005-06-19", "2005-06-20", "2005-06-24", "2005-06-25")
    }
    assert seen == {
        "2005-06-16": [], "2005-06-17": ["A"], "2005-06-19": ["A"], "2005-06-20": ["B"], "2005-06-24": ["B"],
        "2005-06-25": ["A"],
    }
    for order in permutations(history):
        assert [f.matter for f in visible(order, at("2005-06-24"))] == ["B"]


def test_the_end_of_the_day_of_known_at_is_included_and_a_microsecond_before_is_not(rulebook: Rulebook) -> None:
    lien = fact(rulebook, LIEN)
    assert visible([lien], lien.known_at) == [lien]
    assert visible([lien], lien.known_at.replace(microsecond=999998)) == []


def test_a_correction_takes_the_place_of_what_it_supersedes_from_when_it_was_known(rulebook: Rulebook) -> None:
    wrong = fact(rulebook, {**LIEN, "record": "1"})
    right = fact(rulebook, {**LIEN, "happened_on": "2005-06-18", "record": "2", "supersedes": wrong.id,
                            "known_at": "2005-06-21"})
    before = found(case(rulebook, [wrong, right], "2005-06-20"))["b.lien NY-123"]
    after = found(case(rulebook, [wrong, right], "2005-06-21"))["b.lien NY-123"]
    assert (before.opened, after.opened) == (date(2005, 6, 16), date(2005, 6, 18))
    assert found(case(rulebook, [wrong, right], "2005-06-21", "2005-06-20"))["b.lien NY-123"].opened == before.opened


def test_a_retraction_that_is_itself_withdrawn_gives_the_fact_back(rulebook: Rulebook) -> None:
    lien = fact(rulebook, {"kind": "lien_filed", "matter": "NY-123", "happened_on": "2005-06-16"})
    withdrawn = fact(rulebook, {"kind": "retraction", "supersedes": lien.id, "happened_on": "2005-06-20",
                                "reason": "x"})
    restored = fact(
        rulebook, {"kind": "retraction", "supersedes": withdrawn.id, "happened_on": "2005-06-22", "reason": "y"}
    )
    assert visible([lien, withdrawn], at("2005-06-21")) == []
    assert visible([lien, withdrawn, restored], at("2005-06-23")) == [lien]


def test_a_retraction_withdraws_the_fact_and_shows_itself_nowhere(rulebook: Rulebook) -> None:
    lien = fact(rulebook, LIEN)
    retraction: Said = {
        "kind": "retraction", "supersedes": lien.id, "happened_on": "2005-06-20", "reason": "another company",
        "known_at": "2005-06-20",
    }
    assert "b.lien NY-123" in found(case(rulebook, [lien, retraction], "2005-06-19"))
    later = case(rulebook, [lien, retraction], "2005-06-20")
    assert later.events == tuple(e for e in later.events if e.kind == "venue_ended")
    assert "b.lien" in found(later)


def test_facts_about_another_company_or_another_note_are_not_seen(rulebook: Rulebook) -> None:
    others = [
        {**LIEN, "subject": "Somebody Else, Inc."}, {**LIEN, "instrument": "another-note", "record": "x"},
    ]
    assert "b.lien" in found(case(rulebook, others, "2005-07-20"))


@pytest.mark.parametrize("subject", ["maker", "ROO Group, Inc.", "roo group, inc.", "roo-group"])
def test_the_maker_is_known_by_id_name_and_in_any_case(rulebook: Rulebook, subject: str) -> None:
    assert "b.lien NY-123" in found(case(rulebook, [{**LIEN, "subject": subject}], "2005-06-20"))


# --- one matter, several names --------------------------------------------------------------------------------------

ITEM: Said = {"kind": "voluntary_petition", "matter": "8-K of 3 October", "known_at": "2005-10-03",
              "happened_on": {"from": "2005-09-30", "to": "2005-10-03"}, "record": "8-K"}
DOCKET: Said = {"kind": "voluntary_petition", "matter": "nysb 05-99893", "known_at": "2005-10-05",
                "happened_on": "2005-10-01", "record": "docket"}
SAME: Said = {"kind": "same_matter", "matter": "nysb 05-99893", "also": "8-K of 3 October", "happened_on": "2005-10-06",
              "known_at": "2005-10-06"}


def test_the_alias_known_first_names_the_matter_and_the_narrower_date_holds(rulebook: Rulebook) -> None:
    decided = case(rulebook, [DOCKET, SAME, ITEM], "2005-10-07")
    event = only(decided, "voluntary_petition")
    assert (event.matter, event.first, event.last) == ("8-K of 3 October", date(2005, 10, 1), date(2005, 10, 1))
    assert len(event.facts) == 2
    assert "e.iii 8-K of 3 October" in found(decided)


def test_without_a_word_on_it_two_matters_are_two(rulebook: Rulebook) -> None:
    assert len([f for f in found(case(rulebook, [DOCKET, ITEM], "2005-10-07")).values() if f.trigger]) == 2


def test_before_it_was_known_that_two_matters_are_one_they_are_two(rulebook: Rulebook) -> None:
    decided = case(rulebook, [DOCKET, SAME, ITEM], "2005-10-07", "2005-10-05")
    assert {e.matter for e in decided.events if e.kind == "voluntary_petition"} == {"8-K of 3 October", "nysb 05-99893"}


def test_chains_of_aliases_have_one_name_whatever_their_order(rulebook: Rulebook) -> None:
    facts = [
        fact(rulebook, {**LIEN, "matter": "third", "record": "3", "known_at": "2005-06-19"}),
        fact(rulebook, {**LIEN, "matter": "first", "record": "1", "known_at": "2005-06-17"}),
        fact(rulebook, {**LIEN, "matter": "second", "record": "2", "known_at": "2005-06-18"}),
    ]
    pairs = [("third", "second"), ("second", "first"), ("first", "third")]
    joins = [
        fact(rulebook, {"kind": "same_matter", "matter": a, "also": b, "happened_on": "2005-06-20", "record": a})
        for a, b in pairs
    ]
    for order in permutations(joins):
        names = matter_names(sorted([*facts, *order], key=lambda f: f.known_at))
        assert set(names.values()) == {"first"}


# --- two reports of one event ---------------------------------------------------------------------------------------


def removal(first: str, last: str, record: str, **more: object) -> Said:
    return {
        "kind": "listing_removed", "happened_on": {"from": first, "to": last} if first != last else first,
        "venue": "otcbb", "record": record, **more,
    }


def test_overlapping_reports_are_one_event_with_the_narrower_dates(rulebook: Rulebook) -> None:
    wide = removal("2005-06-13", "2005-06-17", "wide", known_at="2005-06-17")
    narrow = removal("2005-06-14", "2005-06-15", "narrow", known_at="2005-06-20")
    for order in ([wide, narrow], [narrow, wide]):
        event = only(case(rulebook, order, "2005-06-21"), "listing_removed")
        assert (event.first, event.last) == (date(2005, 6, 14), date(2005, 6, 15))
        assert event.id == fact(rulebook, wide).id  # the earliest known report names it


def test_reports_whose_dates_do_not_overlap_are_two_events(rulebook: Rulebook) -> None:
    two = [removal("2005-06-13", "2005-06-14", "one"), removal("2005-06-15", "2005-06-16", "two")]
    assert len([e for e in case(rulebook, two, "2005-06-21").events if e.kind == "listing_removed"]) == 2


def test_reports_about_two_venues_are_two_events(rulebook: Rulebook) -> None:
    two = [removal("2005-06-13", "2005-06-13", "one"), removal("2005-06-13", "2005-06-13", "two", venue="amex")]
    assert len([e for e in case(rulebook, two, "2005-06-21").events if e.kind == "listing_removed"]) == 2


def test_two_equal_payments_on_one_day_are_two(rulebook: Rulebook) -> None:
    payment = {"kind": "payment_received", "happened_on": "2005-06-01", "amount": "2138.89"}
    decided = case(rulebook, [{**payment, "record": "a"}, {**payment, "record": "b"}], "2005-06-02")
    assert len([e for e in decided.events if e.kind == "payment_received"]) == 2


def test_a_hint_is_no_event(rulebook: Rulebook) -> None:
    hint: Said = {"kind": "bankruptcy_reported", "matter": "8-K", "happened_on": "2005-10-03"}
    decided = case(rulebook, [hint], "2005-10-04")
    assert [h.kind for h in decided.hints] == ["bankruptcy_reported"]
    assert not any(f.trigger for f in found(decided).values())


# --- legal dates ----------------------------------------------------------------------------------------------------


def petition(zone: str | None, instant: str) -> Said:
    return {"kind": "voluntary_petition", "matter": "case", "happened_on": instant, "known_at": "2005-10-05",
            **({"zone": zone} if zone else {})}


DATES = [
    ("a court in California, late in the evening", "America/Los_Angeles", "2005-10-03T22:30:00-07:00", "2005-10-03"),
    ("the same instant at the house's own court", "America/New_York", "2005-10-04T01:30:00-04:00", "2005-10-04"),
    ("an instant in UTC without a court's zone", None, "2005-10-04T03:30:00+00:00", "2005-10-03"),
    ("a court in Guam", "Pacific/Guam", "2005-10-04T00:30:00+10:00", "2005-10-04"),
    ("the night the clocks go back, second hour", "America/New_York", "2005-10-30T01:30:00-05:00", "2005-10-30"),
]


@pytest.mark.parametrize(("why", "zone", "instant", "legal"), DATES, ids=[d[0] for d in DATES])
def test_a_court_filing_has_the_court_s_own_date(
    rulebook: Rulebook, why: str, zone: str | None, instant: str, legal: str
) -> None:
    decided = case(rulebook, [petition(zone, instant)], "2005-11-05")
    assert found(decided)["e.iii case"].default_date == date.fromisoformat(legal), why


def test_under_the_other_reading_the_governing_law_s_clock_dates_it(rulebook: Rulebook) -> None:
    late = petition("America/Los_Angeles", "2005-10-03T22:30:00-07:00")
    governing = found(case(rulebook, [late], "2005-10-05", court_date="governing_law"))["e.iii case"]
    assert (governing.default_date, governing.earliest_arguable) == (date(2005, 10, 4), date(2005, 10, 3))


def test_a_filing_is_dated_by_the_clock_of_the_office_it_names_else_by_the_governing_one(rulebook: Rulebook) -> None:
    stamped = {**LIEN, "happened_on": "2005-06-16T05:30:00+00:00"}
    there = {**stamped, "zone": "America/Los_Angeles"}
    assert found(case(rulebook, [there], "2005-06-20"))["b.lien NY-123"].opened == date(2005, 6, 15)
    assert found(case(rulebook, [stamped], "2005-06-20"))["b.lien NY-123"].opened == date(2005, 6, 16)


def test_a_bare_as_of_is_the_end_of_its_day_in_new_york(rulebook: Rulebook) -> None:
    filed = {**LIEN, "happened_on": "2005-06-16T23:30:00-04:00", "known_at": "2005-06-16T23:31:00-04:00"}
    assert "b.lien NY-123" in found(case(rulebook, [filed], "2005-06-16"))
    assert "b.lien" in found(case(rulebook, [filed], "2005-06-16T23:29:59-04:00", "2005-06-17"))


def test_a_range_of_instants_keeps_both_ends() -> None:
    when = When(datetime(2005, 6, 1, tzinfo=UTC), datetime(2005, 6, 2, tzinfo=UTC))
    assert when.is_range
    assert not When.on(date(2005, 6, 1)).is_range


def test_a_later_report_that_leaves_a_field_out_takes_nothing_from_one_that_states_it(rulebook: Rulebook) -> None:
    released = {"kind": "released", "matter": "NY-123", "happened_on": "2005-06-20"}
    partial = {**released, "partial": True, "record": "1"}
    decided = case(rulebook, [LIEN, partial, {**released, "record": "2"}], "2005-07-10")
    assert only(decided, "released").text("partial") == "true"
    assert found(decided)["b.lien NY-123"].state is State.EVENT_OF_DEFAULT
