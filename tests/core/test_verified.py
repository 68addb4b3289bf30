"""Absence of data is unknown: ``verified`` rests on what was read, through the date concerned."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from monitor.core.alerts import AlertKind
from monitor.core.clause import SourceNeed
from monitor.core.findings import Finding, State
from monitor.core.message import headline
from monitor.core.verify import read_to
from monitor.rulebook.rulebook import Rulebook
from tests.core.cases import LIEN, Said, case, fact, found, moment, read

NOW = "2005-12-01"
"""When everything below became known, so that only ``through`` decides."""
RELEASED: Said = {"kind": "released", "matter": "NY-123", "happened_on": "2005-07-06", "known_at": "2005-07-06"}


def searched(through: str) -> list[Said]:
    """Both sources of area liens of the ROO note, read through one date."""
    return [read("acris", through, NOW, jurisdiction="NY"), read("ucc_search", through, NOW, jurisdiction="DE")]


def lien(rulebook: Rulebook, as_of: str, *facts: Said) -> Finding:
    return found(case(rulebook, [LIEN, *facts], as_of, NOW))["b.lien NY-123"]


# (state, as of, read through, verified)
TABLE = [
    (State.RUNNING, "2005-07-06", "2005-07-05", False), (State.RUNNING, "2005-07-06", "2005-07-06", True),
    (State.RUNNING, "2005-07-06", "2005-07-07", True),
    (State.EVENT_OF_DEFAULT, "2005-07-20", "2005-07-05", False),
    (State.EVENT_OF_DEFAULT, "2005-07-20", "2005-07-06", True),
    (State.EVENT_OF_DEFAULT, "2005-07-20", "2005-07-07", True),
    (State.RUNNING, "2005-07-06", "2005-07-06T00:00:00-04:00", True),
    (State.RUNNING, "2005-07-06", "2005-07-05T23:59:59-04:00", False),
    (State.EVENT_OF_DEFAULT, "2005-07-20", "2005-07-06T23:59:00-04:00", False),
    (State.EVENT_OF_DEFAULT, "2005-07-20", "2005-07-07T00:00:00-04:00", True),
]


@pytest.mark.parametrize(("state", "as_of", "through", "verified"), TABLE)
def test_a_lien_is_verified_by_searches_through_the_date_concerned(
    rulebook: Rulebook, state: State, as_of: str, through: str, verified: bool
) -> None:
    finding = lien(rulebook, as_of, *searched(through))
    assert (finding.state, finding.verified) == (state, verified)
    assert bool(finding.missing) != verified


CLEAR = [("2005-06-29", False), ("2005-06-30", True), ("2005-07-01", True)]


@pytest.mark.parametrize(("through", "verified"), CLEAR)
def test_a_clear_limb_is_verified_by_its_trigger_sources_through_the_day_asked(
    rulebook: Rulebook, through: str, verified: bool
) -> None:
    finding = found(case(rulebook, searched(through), "2005-06-30", NOW))["b.lien"]
    assert (finding.state, finding.verified) == (State.CLEAR, verified)


def test_never_read_and_read_too_short_are_said_in_words(rulebook: Rulebook) -> None:
    finding = lien(rulebook, "2005-06-30", read("acris", "2005-06-29", NOW, jurisdiction="NY"))
    assert finding.missing == (
        "acris (NY): read through 2005-06-29, needed through 2005-06-30",
        "ucc_search (DE): never read, needed through 2005-06-30",
    )


@pytest.mark.parametrize("jurisdiction", ["NJ", "DE", ""])
def test_a_search_elsewhere_does_not_count(rulebook: Rulebook, jurisdiction: str) -> None:
    where = {"jurisdiction": jurisdiction} if jurisdiction else {}
    other = [read("acris", "2005-07-01", NOW, **where), read("ucc_search", "2005-07-01", NOW, jurisdiction="DE")]
    finding = found(case(rulebook, other, "2005-06-30", NOW))["b.lien"]
    assert finding.missing == ("acris (NY): never read, needed through 2005-06-30",)


def test_a_search_of_the_whole_area_under_its_own_name_counts_for_all_of_its_sources(rulebook: Rulebook) -> None:
    assert lien(rulebook, "2005-06-30", read("liens", "2005-06-30", NOW)).verified
    assert not lien(rulebook, "2005-06-30", read("judgments", "2005-06-30", NOW)).verified


def test_an_area_without_named_sources_needs_a_search_under_its_own_name(rulebook: Rulebook) -> None:
    decided = case(rulebook, [read("attested", "2005-06-30", NOW)], "2005-06-30", NOW)
    assert found(decided)["d.A"].verified
    assert not found(decided)["a.failure"].verified


def test_a_reading_about_another_company_counts_for_nothing(rulebook: Rulebook) -> None:
    other = read("liens", "2005-06-30", NOW, subject="Somebody Else, Inc.")
    assert not lien(rulebook, "2005-06-30", other).verified


def test_a_reading_learned_later_does_not_verify_what_was_said_before(rulebook: Rulebook) -> None:
    later = read("liens", "2005-06-30", "2005-07-01")
    assert not found(case(rulebook, [LIEN, later], "2005-06-30", "2005-06-30"))["b.lien NY-123"].verified
    assert found(case(rulebook, [LIEN, later], "2005-06-30", "2005-07-01"))["b.lien NY-123"].verified


# --- gaps -----------------------------------------------------------------------------------------------------------


def gap(through: str, known_at: str, source: str = "liens") -> Said:
    return {**read(source, through, known_at), "kind": "source_gap", "record": f"gap {through} {known_at}"}


def test_a_gap_takes_back_what_was_read_after_it_until_a_later_read_covers_it(rulebook: Rulebook) -> None:
    seen = [read("liens", "2005-06-30", "2005-07-01"), gap("2005-06-20", "2005-07-02"),
            read("liens", "2005-06-30", "2005-07-03")]
    verified = {
        known: found(case(rulebook, seen, "2005-06-30", known))["b.lien"].verified
        for known in ("2005-07-01", "2005-07-02", "2005-07-03")
    }
    assert verified == {"2005-07-01": True, "2005-07-02": False, "2005-07-03": True}


def test_a_gap_after_what_was_read_takes_nothing_back(rulebook: Rulebook) -> None:
    seen = [read("liens", "2005-06-30", "2005-07-01"), gap("2005-08-01", "2005-08-02")]
    assert found(case(rulebook, seen, "2005-06-30", NOW))["b.lien"].verified


def test_a_gap_alone_reads_nothing(rulebook: Rulebook) -> None:
    decided = case(rulebook, [gap("2005-06-30", "2005-07-01")], "2005-06-30", NOW)
    assert read_to(SourceNeed("liens"), decided) is None
    assert not found(decided)["b.lien"].verified


def test_a_gap_in_another_source_takes_nothing_back(rulebook: Rulebook) -> None:
    seen = [read("liens", "2005-06-30", "2005-07-01"), gap("2005-06-01", "2005-07-02", "judgments")]
    assert found(case(rulebook, seen, "2005-06-30", NOW))["b.lien"].verified


# --- nobody reads the future ----------------------------------------------------------------------------------------

# (known at, verified): searched "through" 1 December, stated in a ledger by somebody who knew it at these times
KNOWN = [
    ("2005-07-06T12:00:00-04:00", False), ("2005-07-06T23:59:59-04:00", False), ("2005-07-06", True),
    ("2005-07-07T00:00:00-04:00", True),
]


@pytest.mark.parametrize(("known_at", "verified"), KNOWN)
def test_a_read_proves_nothing_after_it_was_known(rulebook: Rulebook, known_at: str, verified: bool) -> None:
    facts = [
        replace(fact(rulebook, read("liens", "2005-07-06", NOW)), known_at=moment(known_at),
                fields={"source": "liens", "through": date(2005, 12, 1)}),
        fact(rulebook, LIEN),
    ]
    finding = found(case(rulebook, facts, "2005-07-20", NOW))["b.lien NY-123"]
    assert (finding.state, finding.verified) == (State.EVENT_OF_DEFAULT, verified)


def test_a_later_read_counts_to_its_own_time(rulebook: Rulebook) -> None:
    ahead = replace(fact(rulebook, read("liens", "2005-06-20", "2005-06-20")),
                    fields={"source": "liens", "through": date(2005, 12, 1)})
    decided = case(rulebook, [ahead, read("liens", "2005-07-06", "2005-07-08")], "2005-07-20", NOW)
    assert read_to(SourceNeed("liens"), decided) == moment("2005-07-06")


# --- each kind of finding -------------------------------------------------------------------------------------------


def test_a_window_that_ran_unread_is_not_called_a_bare_event_of_default(rulebook: Rulebook) -> None:
    decided = case(rulebook, [LIEN, *searched("2005-07-05")], "2005-07-07", NOW)
    finding = found(decided)["b.lien NY-123"]
    assert finding.state is State.EVENT_OF_DEFAULT
    assert finding.reason.endswith(
        "Window has run, cure not ruled out: acris (NY), ucc_search (DE): read through 5 July 2005; both needed "
        "through 6 July 2005."
    )
    assert headline(AlertKind.RIPENED, "", finding, decided) == (
        "ROO Group, Inc. note of 18 May 2005, clause (b): window has run, cure not ruled out; Event of Default from "
        "7 July 2005"
    )
    read_now = case(rulebook, [LIEN, *searched("2005-07-06")], "2005-07-07", NOW)
    finding = found(read_now)["b.lien NY-123"]
    said = headline(AlertKind.RIPENED, "", finding, read_now)
    assert said == "ROO Group, Inc. note of 18 May 2005, clause (b): Event of Default from 7 July 2005"


def test_cured_excepted_and_waived_stand_on_their_own_evidence(rulebook: Rulebook) -> None:
    waived: Said = {"kind": "default_waived", "matter": "NY-123", "happened_on": "2005-06-20", "signed": True}
    consent: Said = {"kind": "lien_consented_by_payee", "matter": "NY-123", "happened_on": "2005-06-20"}
    assert [
        (f.state, f.verified)
        for f in (lien(rulebook, "2005-07-20", fact) for fact in (RELEASED, consent, waived))
    ] == [(State.CURED, True), (State.EXCEPTED, True), (State.WAIVED, True)]


def test_an_act_is_verified_by_itself(rulebook: Rulebook) -> None:
    petition: Said = {"kind": "voluntary_petition", "matter": "case", "happened_on": "2005-06-20"}
    finding = found(case(rulebook, [petition], "2005-06-20"))["e.iii case"]
    assert (finding.state, finding.verified) == (State.EVENT_OF_DEFAULT, True)


def test_maturity_is_verified_by_itself_before_and_by_the_statement_after(rulebook: Rulebook) -> None:
    assert found(case(rulebook, [], "2005-12-30"))["c.maturity"].verified
    for through, verified in (("2006-01-02", False), ("2006-01-03", True)):
        finding = found(case(rulebook, [read("payments", through, "2006-01-05")], "2006-01-05"))["c.maturity maturity"]
        assert (finding.state, finding.verified) == (State.EVENT_OF_DEFAULT, verified)
        assert finding.default_date == date(2006, 1, 4)


def test_a_listing_window_needs_its_source_through_the_close_only(rulebook: Rulebook) -> None:
    removed: Said = {"kind": "listing_removed", "venue": "otcbb", "happened_on": "2005-06-13",
                     "effective": "before_open", "known_at": "2005-06-13"}
    for through, verified in (
        ("2005-06-17T15:59:59-04:00", False), ("2005-06-17T16:00:00-04:00", True), ("2005-06-17", True),
    ):
        decided = case(rulebook, [removed, read("edgar", through, NOW)], "2005-06-20", NOW)
        finding = found(decided)["a.failure common stock listing"]
        assert (finding.deadline, finding.verified) == (date(2005, 6, 17), verified)


def test_amounts_do_not_depend_on_what_was_read(rulebook: Rulebook) -> None:
    from monitor.core.payoff import payoff

    assert payoff(case(rulebook, [], "2005-06-01"), date(2005, 6, 1)).balance.interest == Decimal("4277.78")
