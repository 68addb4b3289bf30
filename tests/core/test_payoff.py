"""What the note comes to, and monthly interest that was missed: a breach, never an event of default here."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from monitor.core.alerts import AlertKind
from monitor.core.findings import State
from monitor.core.message import body
from monitor.core.payoff import missed_interest, payoff
from monitor.rulebook.rulebook import Rulebook
from tests.core.cases import LIEN, Said, case, found, paid, read

TO_JULY = [paid("2005-06-01", "4277.78"), paid("2005-07-01", "9166.67")]


def test_the_sample_of_architecture_is_what_the_money_line_says(rulebook: Rulebook) -> None:
    seen = [*TO_JULY, LIEN, read("payments", "2005-07-06", "2005-07-06")]
    decided = case(rulebook, seen, "2005-07-06")
    lien = found(decided)["b.lien NY-123"]
    assert (lien.state, lien.deadline, lien.default_date) == (State.RUNNING, date(2005, 7, 6), date(2005, 7, 7))
    assert body(AlertKind.REMINDER, lien, None, decided)[-1] == (
        "Assumes automatic acceleration: $1,100,000.00 + $1,833.33 interest on the default date, then $305.56 a day. "
        "Payments read through the last day."
    )


def test_payments_that_were_never_read_are_said_to_be(rulebook: Rulebook) -> None:
    assert payoff(case(rulebook, TO_JULY, "2005-07-06"), date(2005, 7, 7)).read_through is None


def test_a_statement_fetched_at_noon_does_not_cover_its_day(rulebook: Rulebook) -> None:
    noon = read("payments", "2005-07-06T12:00:00-04:00", "2005-07-06T12:00:00-04:00")
    assert payoff(case(rulebook, [noon], "2005-07-07"), date(2005, 7, 7)).read_through == date(2005, 7, 5)


def test_a_tender_stops_no_interest_but_is_no_missed_payment(rulebook: Rulebook) -> None:
    tender: Said = {"kind": "payment_tendered", "happened_on": "2005-06-01", "amount": "4277.78", "record": "t1"}
    decided = case(rulebook, [tender, read("payments", "2005-06-20", "2005-06-20")], "2005-06-20")
    assert missed_interest(decided) == ()
    assert payoff(decided, date(2005, 6, 1)).balance.interest == Decimal("4277.78")


MISSED = [
    ("nothing paid, statement covers the day", [], "2005-06-01", [("2005-06-01", "4277.78", True)]),
    ("nothing paid, statement ends the day before", [], "2005-05-31", [("2005-06-01", "4277.78", False)]),
    ("nothing paid, no statement", [], None, [("2005-06-01", "4277.78", False)]),
    ("paid on the day", [paid("2005-06-01", "4277.78")], "2005-06-01", []),
    ("paid a day late", [paid("2005-06-02", "4277.78")], "2005-06-02", [("2005-06-01", "4277.78", True)]),
    ("a part paid", [paid("2005-06-01", "4000.00")], "2005-06-01", [("2005-06-01", "277.78", True)]),
    ("a stray cent short", [paid("2005-06-01", "4277.77")], "2005-06-01", []),
    ("prepaid principal alone", [paid("2005-06-01", "50000.00", principal="50000.00")], "2005-06-01",
     [("2005-06-01", "4277.78", True)]),
]


@pytest.mark.parametrize(("why", "payments", "through", "expected"), MISSED, ids=[m[0] for m in MISSED])
def test_missed_interest_is_known_only_from_a_statement_that_covers_the_day(
    rulebook: Rulebook, why: str, payments: list[Said], through: str | None, expected: list[tuple[str, str, bool]]
) -> None:
    seen = [*payments, *([read("payments", through, "2005-06-05")] if through else [])]
    missed = missed_interest(case(rulebook, seen, "2005-06-05"))
    assert [(m.due.nominal.isoformat(), str(m.short), m.known) for m in missed] == expected, why


def test_an_interest_day_is_not_missed_before_it_is_over(rulebook: Rulebook) -> None:
    assert missed_interest(case(rulebook, [], "2005-06-01")) == ()
    assert [m.due.nominal for m in missed_interest(case(rulebook, [], "2005-06-02"))] == [date(2005, 6, 1)]


def test_interest_due_on_a_saturday_may_be_paid_on_monday(rulebook: Rulebook) -> None:
    earlier = [paid(on, amount) for on, amount in (
        ("2005-06-01", "4277.78"), ("2005-07-01", "9166.67"), ("2005-08-01", "9472.22"), ("2005-09-01", "9472.22"),
    )]
    on_monday = [*earlier, paid("2005-10-03", "9166.67"), read("payments", "2005-10-04", "2005-10-05")]
    assert missed_interest(case(rulebook, on_monday, "2005-10-05")) == ()
    on_tuesday = [*earlier, paid("2005-10-04", "9166.67"), read("payments", "2005-10-04", "2005-10-05")]
    assert [(m.due.nominal, m.due.payable) for m in missed_interest(case(rulebook, on_tuesday, "2005-10-05"))] == [
        (date(2005, 10, 1), date(2005, 10, 3))
    ]


def test_missed_interest_is_no_event_of_default(rulebook: Rulebook) -> None:
    decided = case(rulebook, [read("payments", "2005-09-02", "2005-09-02")], "2005-09-02")
    assert missed_interest(decided)
    assert {f.state for f in found(decided).values()} == {State.CLEAR}


def test_nothing_is_missed_after_the_note_was_discharged(rulebook: Rulebook) -> None:
    discharged: Said = {"kind": "note_discharged", "happened_on": "2005-05-25"}
    decided = case(rulebook, [discharged, read("payments", "2005-09-02", "2005-09-02")], "2005-09-02")
    assert missed_interest(decided) == ()


def test_several_sources_of_payments_are_read_through_the_least_of_them(rulebook: Rulebook) -> None:
    both = [read("payments", "2005-07-06", "2005-07-06"), read("payments", "2005-07-02", "2005-07-07")]
    assert payoff(case(rulebook, both, "2005-07-08"), date(2005, 7, 8)).read_through == date(2005, 7, 6)
