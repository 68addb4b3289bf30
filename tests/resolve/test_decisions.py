"""What a decision on a hint writes, and which kinds a hint may become."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from monitor.core.facts import Fact, When
from monitor.core.select import visible
from monitor.resolve.decisions import (
    ABOUT_THE_NOTE,
    MAY_BECOME,
    OWN_DATE,
    decide,
    may_become,
    retraction,
    same_statements,
    stated,
)
from monitor.rulebook.rulebook import Rulebook

AT = datetime(2021, 5, 20, 12, 0, tzinfo=UTC)
ZONE = "America/New_York"


def hint(record: str = "acc 1.03", **fields: str) -> Fact:
    return Fact(
        f"id {record}", "lien_reported", "maker-1", "acris 1", When.on(date(2021, 5, 3)),
        datetime(2021, 5, 4, tzinfo=UTC), "acris", record, fields=fields,
    )


def lien(matter: str = "acris 1") -> Fact:
    return Fact("", "lien_filed", "maker-1", matter, When.on(date(2021, 5, 3)), AT, "facts", "")


def test_every_hint_of_the_vocabulary_may_become_something(rulebook: Rulebook) -> None:
    hints = {k.name for k in rulebook.vocabulary.kinds.values() if k.proves == "hint"}
    assert set(MAY_BECOME) == hints
    assert hints >= OWN_DATE


def test_a_hint_becomes_only_kinds_that_are_evidence_or_information(rulebook: Rulebook) -> None:
    kinds = rulebook.vocabulary.kinds
    for name, becomes in MAY_BECOME.items():
        assert {kinds[k].proves for k in becomes} <= {"evidence", "information"}, name
    assert {k for k in ABOUT_THE_NOTE if k not in kinds} == set()


def test_what_the_source_suggests_comes_first_and_once() -> None:
    assert may_become(hint(becomes="released"))[0] == "released"
    assert may_become(hint(becomes="released")).count("released") == 1
    assert may_become(hint())[0] == "lien_filed"


def test_a_confirmation_leaves_the_stated_fact_and_withdraws_every_report() -> None:
    hints = [hint(), hint("acc 2")]
    made = decide(hints, lien(), "it is the maker", "Jane Roe", AT, ZONE)
    assert made.stated is not None
    assert (made.stated.source, made.stated.known_at, made.stated.published_at) == ("attested", AT, AT)
    assert visible([*hints, *made.facts], AT) == [made.stated]


def test_a_dismissal_leaves_nothing() -> None:
    hints = [hint(), hint("acc 2")]
    made = decide(hints, None, "a namesake", "Jane Roe", AT, ZONE)
    assert made.stated is None
    assert visible([*hints, *made.facts], AT) == []
    assert {r.fields["reason"] for r in made.retractions} == {"decided by Jane Roe: dismissed. a namesake"}


def test_what_was_known_before_the_decision_stays_selectable() -> None:
    made = decide([hint()], None, "a namesake", "Jane Roe", AT, ZONE)
    before = datetime(2021, 5, 19, tzinfo=UTC)
    assert visible([hint(), *made.facts], before) == [hint()]


def test_a_retraction_is_dated_on_the_governing_clock() -> None:
    late = datetime(2021, 5, 21, 2, 0, tzinfo=UTC)
    assert retraction(hint(), "wrong", "Jane Roe", late, ZONE).happened_on == When.on(date(2021, 5, 20))


@pytest.mark.parametrize("other", ["matter", "time", "person", "count"])
def test_statements_that_differ_in_anything_are_different_facts(other: str) -> None:
    first = stated(lien(), "Jane Roe", AT)
    second = {
        "matter": lambda: stated(lien("acris 2"), "Jane Roe", AT),
        "time": lambda: stated(lien(), "Jane Roe", AT.replace(microsecond=1)),
        "person": lambda: stated(lien(), "John Roe", AT),
        "count": lambda: stated(lien(), "Jane Roe", AT, before=1),
    }[other]()
    assert first.id != second.id
    assert stated(lien(), "Jane Roe", AT) == first


def test_the_same_statement_is_found_whoever_made_it() -> None:
    held = [stated(lien(), "Jane Roe", AT), stated(lien("acris 2"), "Jane Roe", AT)]
    assert same_statements(lien(), held) == held[:1]
