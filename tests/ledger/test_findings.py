from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.core.findings import State
from monitor.ledger import Ledger, LedgerError, finding_from_json
from tests.ledger.samples import NOTE, after, evaluate, finding


def test_a_finding_is_read_back_as_it_was_written(ledger: Ledger) -> None:
    with ledger.write() as tx:
        evaluate(tx, finding(), finding(matter=None, state=State.CLEAR, opened=None, evidence=()))
    assert ledger.latest_findings(NOTE) == [
        finding(matter=None, state=State.CLEAR, opened=None, evidence=()), finding(),
    ]


def test_a_finding_is_read_from_what_evaluate_prints() -> None:
    printed = finding().as_json()
    read = finding_from_json(printed, NOTE)
    assert read == replace(finding(), evidence=tuple(replace(e, text="") for e in finding().evidence))
    assert read.as_json() == printed


def test_a_new_window_is_a_change_from_nothing_and_the_same_again_is_no_change(ledger: Ledger) -> None:
    with ledger.write() as tx:
        (change,) = evaluate(tx, finding())
        assert (change.previous, change.current) == (None, finding())
        assert evaluate(tx, finding(), at=after(1)) == []
    assert len(ledger.findings_history(NOTE)) == 1


def test_changed_content_is_a_new_row_that_names_its_evaluation(ledger: Ledger) -> None:
    ripe = replace(finding(), state=State.EVENT_OF_DEFAULT, next_change_on=None)
    with ledger.write() as tx:
        evaluate(tx, finding())
    with ledger.write() as tx:
        (change,) = evaluate(tx, ripe, at=after(500))
    assert (change.previous, change.current) == (finding(), ripe)
    old, new = ledger.findings_history(NOTE, finding().key)
    assert (old.finding, new.finding) == (finding(), ripe)
    assert (new.as_of, new.known_at) == (after(500), after(500))
    last = ledger.latest_evaluation(NOTE)
    assert last is not None
    assert (last.sha256, last.agreed) == (new.evaluation, True)
    assert ledger.next_changes() == {}


def test_a_window_that_no_longer_exists_is_a_change_to_nothing_and_may_come_back(ledger: Ledger) -> None:
    other = finding(matter="NY-2")
    with ledger.write() as tx:
        evaluate(tx, finding(), other)
        (gone,) = evaluate(tx, other, at=after(1))
        assert (gone.previous, gone.current) == (finding(), None)
        assert tx.latest_findings(NOTE) == [other]
        (back,) = evaluate(tx, finding(), other, at=after(2))
    assert (back.previous, back.current) == (None, finding())
    assert [h.finding for h in ledger.findings_history(NOTE, finding().key)] == [finding(), None, finding()]


def test_answers_that_change_and_change_back_at_one_instant_are_all_kept(ledger: Ledger) -> None:
    undetermined = finding(state=State.UNDETERMINED)
    with ledger.write() as tx:
        for answer in (finding(), undetermined, finding()):
            assert len(evaluate(tx, answer)) == 1
    history = ledger.findings_history(NOTE)
    assert [(h.number, h.finding) for h in history] == [(1, finding()), (2, undetermined), (3, finding())]
    assert ledger.latest_findings(NOTE) == [finding()]
    assert ledger.verify().ok


def test_the_earliest_next_change_of_each_instrument_is_indexed(ledger: Ledger) -> None:
    with ledger.write() as tx:
        evaluate(tx, finding(next_change_on=after(9)), finding(matter="NY-2", next_change_on=after(4)))
    assert ledger.next_changes() == {NOTE: after(4)}
    with ledger.write() as tx:
        plan = tx._conn.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT instrument FROM findings WHERE next_change_on <= '2026'"
        ).all()
    assert "findings_by_change" in str(plan)


def test_a_finding_of_another_instrument_or_twice_the_same_window_is_refused_and_nothing_is_written(
    ledger: Ledger,
) -> None:
    for wrong in ((finding(instrument="other"),), (finding(), finding(reason="else"))):
        with pytest.raises(LedgerError, match="is not one window of example-note"), ledger.write() as tx:
            evaluate(tx, *wrong)
    assert ledger.latest_evaluation(NOTE) is None
