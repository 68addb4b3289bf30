"""Reminders: 07:00 on the recipient's clock, the last business day before a deadline, sessions for clause (a)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from monitor.core.findings import Finding, State
from monitor.core.reminders import Reminder, reminders
from monitor.core.select import Case
from monitor.rulebook.rulebook import Rulebook
from tests.core.cases import LIEN, Said, case, found

HOUSE = (10, 5, 2, 1, 0)


def of(
    decided: Case, limb: str, matter: str, zone: str = "America/New_York", days: Sequence[int] = HOUSE,
    at: time = time(7, 0),
) -> tuple[Finding, tuple[Reminder, ...]]:
    finding = found(decided)[f"{limb} {matter}"]
    rule = next(x for x in decided.form.limbs if x.id == limb)
    return finding, reminders(finding, rule, decided.calendars, zone, days, at)


def lien(filed: str) -> Said:
    return {**LIEN, "happened_on": filed, "known_at": filed}


def dates(given: tuple[Reminder, ...]) -> dict[str, str]:
    return {r.step: f"{r.due:%Y-%m-%d %H:%M}" for r in given}


def test_a_lien_of_16_june_is_mentioned_six_times_at_seven_in_new_york(rulebook: Rulebook) -> None:
    _, due = of(case(rulebook, [LIEN], "2005-06-17"), "b.lien", "NY-123", days=(5, 2, 1, 0))
    assert dates(due) == {
        "half": "2005-06-26 11:00", "5 days": "2005-07-01 11:00", "2 days": "2005-07-04 11:00",
        "1 days": "2005-07-05 11:00", "last day": "2005-07-06 11:00",
    }
    assert all(r.due.tzinfo is UTC for r in due)


def test_before_a_monday_deadline_the_friday_is_the_last_business_day(rulebook: Rulebook) -> None:
    finding, due = of(case(rulebook, [lien("2005-06-28")], "2005-06-28"), "b.lien", "NY-123")
    assert finding.deadline is not None
    assert finding.deadline.isoformat() == "2005-07-18"  # a Monday
    assert dates(due)["last business day"] == "2005-07-15 11:00"


def test_the_last_business_day_skips_a_holiday_too(rulebook: Rulebook) -> None:
    finding, due = of(case(rulebook, [lien("2005-06-15")], "2005-06-15"), "b.lien", "NY-123", days=(0,))
    assert finding.deadline is not None
    assert finding.deadline.isoformat() == "2005-07-05"  # a Tuesday after Monday 4 July
    assert dates(due) == {
        "half": "2005-06-25 11:00", "last business day": "2005-07-01 11:00", "last day": "2005-07-05 11:00",
    }


ZONES = [
    ("Europe/London", "2005-10-29 06:00", "2005-10-31 07:00"),
    ("Europe/Paris", "2005-10-29 05:00", "2005-10-31 06:00"),
    ("America/New_York", "2005-10-29 11:00", "2005-10-31 12:00"),
    ("Asia/Tokyo", "2005-10-28 22:00", "2005-10-30 22:00"),
    ("Asia/Kolkata", "2005-10-29 01:30", "2005-10-31 01:30"),
]


@pytest.mark.parametrize(("zone", "before", "after"), ZONES)
def test_it_is_seven_o_clock_on_the_recipient_s_clock_before_and_after_the_clocks_change(
    rulebook: Rulebook, zone: str, before: str, after: str
) -> None:
    """Deadline Monday 31 October 2005; London and New York put the clocks back on Sunday the 30th."""
    finding, due = of(case(rulebook, [lien("2005-10-11")], "2005-10-11"), "b.lien", "NY-123", zone)
    assert finding.deadline is not None
    assert finding.deadline.isoformat() == "2005-10-31"
    assert (dates(due)["2 days"], dates(due)["last day"]) == (before, after)


def test_in_spring_too(rulebook: Rulebook) -> None:
    """New York put the clocks forward on 2 April 2006."""
    finding, due = of(case(rulebook, [lien("2006-03-13")], "2006-03-13"), "b.lien", "NY-123", days=(1, 0))
    assert finding.deadline is not None
    assert finding.deadline.isoformat() == "2006-04-03"  # the Sunday moved on to Monday
    assert dates(due)["last day"] == "2006-04-03 11:00"
    assert dates(due)["last business day"] == "2006-03-31 12:00"


def test_another_hour_may_be_chosen(rulebook: Rulebook) -> None:
    _, due = of(case(rulebook, [LIEN], "2005-06-17"), "b.lien", "NY-123", days=(0,), at=time(18, 30))
    assert dates(due)["last day"] == "2005-07-06 22:30"


def test_for_a_listing_the_days_are_sessions(rulebook: Rulebook) -> None:
    removed: Said = {"kind": "listing_removed", "venue": "otcbb", "happened_on": "2005-06-29",
                     "effective": "before_open", "known_at": "2005-06-29"}
    finding, due = of(case(rulebook, [removed], "2005-06-29"), "a.failure", "common stock listing")
    assert finding.deadline is not None
    assert finding.deadline.isoformat() == "2005-07-06"  # over a week-end and Independence Day
    assert dates(due) == {
        "2 sessions": "2005-07-01 11:00", "1 sessions": "2005-07-05 11:00", "last session": "2005-07-06 11:00",
    }


def test_nothing_is_due_on_or_before_the_opening(rulebook: Rulebook) -> None:
    finding, due = of(case(rulebook, [LIEN], "2005-06-17"), "b.lien", "NY-123", days=(30, 20, 19))
    assert finding.opened is not None
    assert dates(due) == {"19 days": "2005-06-17 11:00", "half": "2005-06-26 11:00",
                          "last business day": "2005-07-05 11:00"}


def test_the_sixty_days_of_a_case_are_mentioned_as_well(rulebook: Rulebook) -> None:
    petition: Said = {"kind": "involuntary_petition", "matter": "case", "happened_on": "2005-06-01"}
    finding, due = of(case(rulebook, [petition], "2005-06-02"), "f.proceeding", "case", days=(10, 0))
    assert finding.deadline is not None
    assert finding.deadline.isoformat() == "2005-07-31"  # a Sunday: a state that continues does not roll
    assert dates(due) == {
        "half": "2005-07-01 11:00", "10 days": "2005-07-21 11:00", "last business day": "2005-07-29 11:00",
        "last day": "2005-07-31 11:00",
    }


@pytest.mark.parametrize("state", [s for s in State if s not in (State.RUNNING, State.UNDETERMINED)])
def test_only_a_window_that_stands_is_mentioned(rulebook: Rulebook, state: State) -> None:
    decided = case(rulebook, [LIEN], "2005-06-17")
    finding = replace(found(decided)["b.lien NY-123"], state=state)
    rule = next(x for x in decided.form.limbs if x.id == "b.lien")
    assert reminders(finding, rule, decided.calendars, "America/New_York") == ()


def test_a_window_on_which_the_evaluators_differ_is_mentioned_by_its_earlier_deadline(rulebook: Rulebook) -> None:
    decided = case(rulebook, [LIEN], "2005-06-17")
    finding = replace(found(decided)["b.lien NY-123"], state=State.UNDETERMINED)
    rule = next(x for x in decided.form.limbs if x.id == "b.lien")
    due = reminders(finding, rule, decided.calendars, "America/New_York")
    assert due[-1] == Reminder("last day", datetime(2005, 7, 6, 11, tzinfo=UTC))


def test_a_stopped_clock_is_not_mentioned(rulebook: Rulebook) -> None:
    facts: list[Said] = [
        {"kind": "involuntary_petition", "matter": "case", "happened_on": "2005-06-01"},
        {"kind": "case_stayed", "matter": "case", "happened_on": "2005-06-10"},
    ]
    finding, due = of(case(rulebook, facts, "2005-06-20", stay_effect="resume"), "f.proceeding", "case")
    assert (finding.state, finding.deadline, due) == (State.RUNNING, None, ())
