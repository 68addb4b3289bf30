"""Why a finding stands as it does, in words: cures of uncertain date, a note that was paid, days named once."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.core.findings import State
from monitor.rulebook.rulebook import Rulebook
from tests.core.cases import LIEN, Said, case, found, paid

LAST = "the last day was Wed 6 July 2005"
FILED = "Lien filed (NY-123), 16 June 2005. "


def act(kind: str, first: str, last: str | None = None, **more: Any) -> Said:
    when: Any = {"from": first, "to": last} if last else first
    return {"kind": kind, "matter": "NY-123", "happened_on": when, "known_at": "2005-07-20", **more}


def between(first: str, last: str) -> str:
    when = f"between {first} and {last} July 2005"
    return f"Released (NY-123) {when}: in time at its earliest, late at its latest; {LAST}."


# The last day is Wednesday 6 July 2005: (first, last, state, earliest arguable, what is said)
RELEASES = [
    ("2005-06-30", "2005-07-10", State.CURED, "2005-07-07", between("30 June", "10")),
    ("2005-07-01", "2005-07-07", State.CURED, "2005-07-07", between("1", "7")),
    ("2005-07-06", "2005-07-07", State.CURED, "2005-07-07", between("6", "7")),
    ("2005-07-01", "2005-07-06", State.CURED, None,
     f"Ended in time by: Released (NY-123), between 1 and 6 July 2005; {LAST}."),
    ("2005-07-05", None, State.CURED, None, f"Ended in time by: Released (NY-123), 5 July 2005; {LAST}."),
    ("2005-07-06", None, State.CURED, None, "Ended on the last day, Wed 6 July 2005, by: Released (NY-123)."),
    ("2005-06-16", None, State.CURED, None, f"Ended the same day by: Released (NY-123); {LAST}."),
    ("2005-07-07", None, State.EVENT_OF_DEFAULT, "2005-07-07",
     "Nothing on record ended the window by Wed 6 July 2005: event of default on 7 July 2005. "
     "No signed waiver on record."),
    ("2005-07-07", "2005-07-10", State.EVENT_OF_DEFAULT, "2005-07-07",
     "Nothing on record ended the window by Wed 6 July 2005: event of default on 7 July 2005. "
     "No signed waiver on record."),
]


@pytest.mark.parametrize(("first", "last", "state", "earliest", "said"), RELEASES)
def test_a_release_says_whether_it_came_in_time_whichever_day_it_was(
    rulebook: Rulebook, first: str, last: str | None, state: State, earliest: str | None, said: str
) -> None:
    finding = found(case(rulebook, [LIEN, act("released", first, last)], "2005-07-20"))["b.lien NY-123"]
    assert finding.state is state
    assert (finding.earliest_arguable and finding.earliest_arguable.isoformat()) == earliest
    assert finding.reason.startswith(FILED + said)
    assert ("late at its latest" in finding.reason) == (state is State.CURED and earliest is not None)


def test_consent_of_uncertain_date_says_so_unless_late_consent_is_accepted(rulebook: Rulebook) -> None:
    facts = [LIEN, act("lien_consented_by_payee", "2005-07-05", "2005-07-08")]
    words = "Lien consented by payee (NY-123) between 5 and 8 July 2005: in time at its earliest, late at its latest"
    house = found(case(rulebook, facts, "2005-07-20"))["b.lien NY-123"]
    assert (house.state, house.reason) == (State.EXCEPTED, f"{FILED}Excepted by: {words}; {LAST}.")
    late = found(case(rulebook, facts, "2005-07-20", late_consent_cures="on"))["b.lien NY-123"]
    assert late.reason == f"{FILED}Excepted by: Lien consented by payee (NY-123), between 5 and 8 July 2005."


CLOSE = "the last day was Thu 2 June 2005"
RELISTINGS = [  # removed before the open of Thursday 26 May; the fifth session closes on 2 June at 16:00
    ("2005-06-02T15:59:00-04:00", "2005-06-02T15:59:59-04:00", False),
    ("2005-06-02T15:59:00-04:00", "2005-06-02T16:00:00-04:00", True),
    ("2005-06-01", "2005-06-03", True),
    ("2005-05-31", "2005-06-01", False),
]


@pytest.mark.parametrize(("first", "last", "doubtful"), RELISTINGS)
def test_a_relisting_of_uncertain_time_is_measured_by_the_close(
    rulebook: Rulebook, first: str, last: str, doubtful: bool
) -> None:
    out: Said = {"kind": "listing_removed", "venue": "otcbb", "effective": "before_open", "happened_on": "2005-05-26"}
    back: Said = {"kind": "listing_added", "venue": "otcbb", "happened_on": {"from": first, "to": last}}
    finding = found(case(rulebook, [out, back], "2005-06-20"))["a.failure common stock listing"]
    assert finding.state is State.CURED
    assert ("late at its latest" in finding.reason) == doubtful
    assert finding.reason.startswith("Listing removed (common stock listing), 26 May 2005. ")


def test_a_release_that_counts_from_its_recording_says_when_it_was_recorded(rulebook: Rulebook) -> None:
    facts = [LIEN, act("released", "2005-06-20", recorded_on="2005-07-01")]
    by_recording = found(case(rulebook, facts, "2005-07-20", release_effective="recorded"))["b.lien NY-123"]
    assert by_recording.reason == (
        f"{FILED}Ended in time by: Released (NY-123), 20 June 2005, recorded on 1 July 2005; {LAST}."
    )


def test_a_trigger_of_uncertain_date_says_which_day_counts(rulebook: Rulebook) -> None:
    lien = {**LIEN, "happened_on": {"from": "2005-06-14", "to": "2005-06-16"}}
    finding = found(case(rulebook, [lien], "2005-06-20"))["b.lien NY-123"]
    assert finding.reason.startswith(
        "Lien filed (NY-123), between 14 and 16 June 2005, counted from the later day. Day 4 of 20; "
    )
    when = {"from": "2005-10-01", "to": "2005-10-03"}
    petition: Said = {"kind": "voluntary_petition", "matter": "05-1", "happened_on": when}
    at_once = found(case(rulebook, [petition], "2005-10-10"))["e.iii 05-1"]
    assert "counted from the later day. Event of default at once, on 3 October 2005." in at_once.reason


def test_a_default_at_once_says_its_day_once(rulebook: Rulebook) -> None:
    petition: Said = {"kind": "voluntary_petition", "matter": "05-1", "happened_on": "2005-10-03"}
    finding = found(case(rulebook, [petition], "2005-10-10"))["e.iii 05-1"]
    assert finding.reason == (
        "Voluntary petition (05-1), 3 October 2005. Event of default at once. No signed waiver on record."
    )


# --- a note that was paid -------------------------------------------------------------------------------------------

# 196 days from 18 May to 30 November 2005 at 10% on a 360-day year: $59,888.89.
IN_FULL = paid("2005-11-30", "1159888.89")
BY_PAYMENT = "The note was paid in full on 30 November 2005, by the payments on record"
BY_HOLDER = "The holder acknowledged on 15 November 2005 that the note is discharged"
NOT_DUE = "Not due before 31 December 2005."
PREPAID: list[tuple[str, list[Said], str, str]] = [
    ("the day before", [IN_FULL], "2005-11-29", NOT_DUE),
    ("the day itself", [IN_FULL], "2005-11-30", f"{BY_PAYMENT}: nothing is left to fall due at maturity."),
    ("at maturity", [IN_FULL], "2005-12-31", f"{BY_PAYMENT}: nothing is left to fall due at maturity."),
    ("after maturity", [IN_FULL], "2006-01-04", f"{BY_PAYMENT}: nothing is left to fall due at maturity."),
    ("a cent short", [paid("2005-11-30", "1159888.88")], "2005-12-30", NOT_DUE),
    ("principal alone", [paid("2005-11-30", "1100000.00", principal="1100000.00")], "2005-12-30", NOT_DUE),
    ("acknowledged", [{"kind": "note_discharged", "happened_on": "2005-11-15"}], "2005-12-30",
     f"{BY_HOLDER}: nothing is left to fall due at maturity."),
    ("paid, acknowledged later", [IN_FULL, {"kind": "note_discharged", "happened_on": "2005-12-05"}], "2005-12-30",
     f"{BY_PAYMENT}: nothing is left to fall due at maturity."),
    ("acknowledged, paid later", [IN_FULL, {"kind": "note_discharged", "happened_on": "2005-11-15"}], "2005-12-30",
     f"{BY_HOLDER}: nothing is left to fall due at maturity."),
    ("nothing paid", [], "2005-12-30", NOT_DUE),
]


@pytest.mark.parametrize(("why", "facts", "as_of", "said"), PREPAID, ids=[row[0] for row in PREPAID])
def test_maturity_says_that_the_note_was_paid_before_it(
    rulebook: Rulebook, why: str, facts: list[Said], as_of: str, said: str
) -> None:
    finding = found(case(rulebook, facts, as_of))["c.maturity"]
    assert (finding.state, finding.reason) == (State.CLEAR, said), why


def test_a_lien_after_payment_in_full_opens_nothing_and_says_why(rulebook: Rulebook) -> None:
    late = {**LIEN, "happened_on": "2005-12-01", "known_at": "2005-12-01"}
    finding = found(case(rulebook, [IN_FULL, late], "2005-12-30"))["b.lien"]
    assert (finding.state, finding.trigger) == (State.CLEAR, None)
    assert finding.reason.startswith(f"{BY_PAYMENT}: nothing later is a default. Unverified:")
    before = found(case(rulebook, [], "2005-12-30"))["b.lien"]
    assert before.reason.startswith("Nothing on record opens a window. Unverified:")


def test_a_window_that_payment_ended_says_when(rulebook: Rulebook) -> None:
    lien = {**LIEN, "happened_on": "2005-11-20", "known_at": "2005-11-21"}
    finding = found(case(rulebook, [IN_FULL, lien], "2005-12-30"))["b.lien NY-123"]
    assert finding.state is State.CLEAR
    assert finding.reason.startswith(f"Lien filed (NY-123), 20 November 2005. {BY_PAYMENT}.")
