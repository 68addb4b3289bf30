from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.facts import Fact, When
from monitor.core.select import visible
from monitor.ledger import Ledger
from tests.ledger.samples import T0, after, lien, worded


def add(ledger: Ledger, *facts: Fact) -> list[Fact]:
    with ledger.write() as tx:
        return tx.add_facts(facts)


def seen(ledger: Ledger, hours: float) -> list[Fact]:
    return visible(ledger.all_facts(), after(hours))


def digests(ledger: Ledger) -> set[str]:
    with ledger.write() as tx:
        return set(tx._conn.exec_driver_sql("SELECT sha256 FROM facts").scalars())


def test_a_fact_is_read_back_as_it_was_written_with_the_types_of_its_fields(ledger: Ledger) -> None:
    when = When(date(2026, 2, 27), datetime(2026, 3, 1, 9, tzinfo=UTC))
    fact = lien(happened_on=when, supersedes="x", instrument="n")
    add(ledger, fact)
    (read,) = ledger.all_facts()
    assert read == fact
    assert read.version == fact.version
    assert {n: type(v) for n, v in read.fields.items()} == {n: type(v) for n, v in fact.fields.items()}


def test_the_same_record_again_adds_nothing_even_when_it_is_read_later(ledger: Ledger) -> None:
    assert add(ledger, lien()) == [lien()]
    assert add(ledger, lien(known_at=after(5))) == add(ledger, lien(), lien()) == []
    assert [f.known_at for f in ledger.all_facts()] == [T0]


def test_changed_content_is_a_new_version_and_the_old_one_stays_selectable(ledger: Ledger) -> None:
    a, b = lien(), worded(lien(), "99", after(5))
    add(ledger, a)
    assert add(ledger, b) == [b]
    assert seen(ledger, 4) == [a]
    assert seen(ledger, 5) == [b]
    assert ledger.all_facts(known_at=after(4)) == [a]
    assert ledger.fact_versions(a.id) == [a, b]


def test_content_that_comes_back_is_selected_again_from_then_on(ledger: Ledger) -> None:
    a, b = lien(), worded(lien(), "99", after(5))
    back = replace(a, known_at=after(9))
    add(ledger, a)
    add(ledger, b)
    assert add(ledger, back) == [back]
    assert add(ledger, replace(a, known_at=after(10))) == []
    assert seen(ledger, 4) == [a]
    assert seen(ledger, 8) == [b]
    assert seen(ledger, 9) == [back]
    assert ledger.verify().ok


def test_content_that_comes_back_within_one_call_is_selected_too(ledger: Ledger) -> None:
    history = [lien(), worded(lien(), "99", after(5)), replace(lien(), known_at=after(9))]
    assert add(ledger, *reversed(history)) == history


def test_a_capture_that_arrives_late_takes_its_place(ledger: Ledger) -> None:
    late = worded(lien(), "99", after(2))
    add(ledger, lien(), worded(lien(), "50", after(5)))
    assert add(ledger, late) == [late]
    assert seen(ledger, 2) == [late]
    assert seen(ledger, 6) == [worded(lien(), "50", after(5))]


def test_content_found_to_have_been_known_earlier_is_selected_from_then(ledger: Ledger) -> None:
    add(ledger, lien(known_at=after(5)))
    assert add(ledger, lien(known_at=after(2))) == [lien(known_at=after(2))]
    assert [f.known_at for f in seen(ledger, 3)] == [after(2)]


def test_two_contents_of_one_record_in_one_poll_do_not_grow_with_every_poll(ledger: Ledger) -> None:
    pair = [lien(), worded(lien(), "99", T0)]
    assert len(add(ledger, *pair)) == 2
    assert add(ledger, *(replace(f, known_at=after(1)) for f in pair)) == []
    assert len(add(ledger, lien(known_at=after(2)))) == 1


def test_history_off_leaves_out_what_a_later_version_replaced_by_then(ledger: Ledger) -> None:
    a, b, other = lien(), worded(lien(), "99", after(5)), lien("NY-2")
    add(ledger, a, b, other)
    assert {f.version for f in ledger.all_facts(history=False)} == {b.version, other.version}
    assert {f.version for f in ledger.all_facts(known_at=after(4), history=False)} == {a.version, other.version}


def test_subjects_are_matched_without_case_and_facts_about_everyone_are_among_them(ledger: Ledger) -> None:
    everyone = [lien(f"r{i}", subject=s) for i, s in enumerate(("*", "maker", "", "ÖKO Maker AG", "Someone Else"))]
    add(ledger, *everyone)
    found = {f.subject for f in ledger.all_facts(["öko maker ag"])}
    assert found == {"*", "maker", "", "ÖKO Maker AG"}


def test_the_triggering_text_is_that_of_the_version_known_then(ledger: Ledger) -> None:
    with ledger.write() as tx:
        payload = tx.add_payload(b"one", feed="acris", name="p", url="https://example.org/p", captured_at=T0)
        tx.add_facts([lien()], payload, {"NY-1": "FEDERAL LIEN"}, url="https://example.org/NY-1")
        tx.add_facts([worded(lien(), "99", after(5))], payload, {"NY-1": "FEDERAL LIEN, CORRECTED"})
        assert tx.fact_text(lien().id) == "FEDERAL LIEN, CORRECTED"
    source = ledger.fact_sources([lien().id, "unknown"], after(4))[lien().id]
    assert (source.text, source.url, source.payload) == ("FEDERAL LIEN", "https://example.org/NY-1", payload)
    assert ledger.fact_text("unknown") == ""


def test_thousands_of_facts_are_added_and_recognised_again(ledger: Ledger) -> None:
    many = [lien(f"NY-{n}") for n in range(1500)]
    assert len(add(ledger, *many)) == 1500
    assert add(ledger, *many) == []


versions = st.lists(
    st.tuples(st.sampled_from(["NY-1", "NY-2", "NY-3"]), st.integers(1, 6), st.integers(0, 4)),
    max_size=9, unique_by=lambda v: v[:2],
)


def test_a_file_that_shows_a_fact_is_kept_once_and_a_changed_one_beside_it(ledger: Ledger) -> None:
    def shown(body: bytes, hours: float) -> str:
        with ledger.write() as tx:
            digest = tx.add_payload(body, feed="attested", name="lien.pdf", url="", captured_at=after(hours))
            tx.add_exhibit(lien().id, "lien.pdf", digest, after(hours))
        return digest

    add(ledger, lien())
    first = shown(b"a page", 0)
    assert shown(b"a page", 1) == first
    second = shown(b"another page", 2)
    kept = ledger.exhibits([lien().id, "another fact"])
    assert [(x.fact, x.name, x.digest) for x in kept] == [
        (lien().id, "lien.pdf", first), (lien().id, "lien.pdf", second)]
    assert [ledger.payload(x.digest) for x in kept] == [b"a page", b"another page"]


@settings(max_examples=25, deadline=None)
@given(versions=versions, cuts=st.lists(st.integers(1, 4), max_size=6), data=st.data())
def test_any_order_of_adding_the_same_facts_gives_the_same_digests(
    versions: list[tuple[str, int, int]], cuts: list[int], data: st.DataObject
) -> None:
    facts = [worded(lien(record), str(amount), after(hour)) for record, amount, hour in versions]
    shuffled = list(data.draw(st.permutations(facts)))
    with TemporaryDirectory() as folder:
        with Ledger.open(Path(folder) / "a.db", mode="real", at=T0) as one:
            add(one, *facts)
            expected, shown = digests(one), [visible(one.all_facts(), after(h)) for h in range(5)]
        with Ledger.open(Path(folder) / "b.db", mode="real", at=T0) as two:
            for size in (*cuts, len(shuffled)):
                chunk, shuffled = shuffled[:size], shuffled[size:]
                add(two, *chunk)
            assert digests(two) == expected
            assert [visible(two.all_facts(), after(h)) for h in range(5)] == shown
        assert len(expected) == len(facts)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_b_a_is_the_same_in_whatever_order_one_call_lists_it(ledger: Ledger, order: tuple[int, ...]) -> None:
    history = [lien(), worded(lien(), "99", after(5)), replace(lien(), known_at=after(9))]
    add(ledger, *(history[i] for i in order))
    assert [seen(ledger, h) for h in (0, 5, 9)] == [[f] for f in history]
