from __future__ import annotations

import pytest

from monitor.ledger import Ledger, LedgerError
from tests.ledger.samples import NOTE, T0, after, lien


def test_two_reports_of_one_event_share_one_item_until_a_decision_closes_it(ledger: Ledger) -> None:
    with ledger.write() as tx:
        assert tx.open_review("i1", instrument=NOTE, title="Item 1.03", hint=lien("A"), at=T0)
        assert tx.open_review("i1", instrument=NOTE, title="Item 1.03", hint=lien("B"), at=after(1))
        assert not tx.open_review("i1", instrument=NOTE, title="Item 1.03", hint=lien("A"), at=after(2))
    (item,) = ledger.review_items(NOTE, state="open")
    assert (item.title, item.opened_at) == ("Item 1.03", T0)
    assert [fact for fact, _ in item.hints] == [lien("A").id, lien("B").id]
    with ledger.write() as tx:
        tx.decide("i1", "confirm", who="Ann", reason="the petition is on file", at=after(3), fact="f9")
    (item,) = ledger.review_items(state="decided")
    assert [(d.verdict, d.who, d.fact) for d in item.decisions] == [("confirm", "Ann", "f9")]
    assert ledger.review_items(state="open") == []
    assert ledger.counts().open_reviews == 0


def test_a_later_hint_opens_a_dismissed_item_again_and_the_decision_stays(ledger: Ledger) -> None:
    with ledger.write() as tx:
        tx.open_review("i1", instrument=NOTE, title="t", hint=lien("A"), at=T0)
        tx.decide("i1", "dismiss", who="Ann", reason="another company", at=after(1))
        tx.open_review("i1", instrument=NOTE, title="t", hint=lien("B"), at=after(2))
    item = ledger.review_item("i1")
    assert item is not None
    assert (item.state, len(item.decisions)) == ("open", 1)


@pytest.mark.parametrize(
    ("item", "verdict", "who", "reason", "line"),
    [
        ("nope", "dismiss", "Ann", "why", "there is no review item nope"),
        ("i1", "perhaps", "Ann", "why", "decide confirm or dismiss"),
        ("i1", "confirm", " ", "why", "needs who decides and a reason"),
        ("i1", "confirm", "Ann", "", "needs who decides and a reason"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_in_one_line(
    ledger: Ledger, item: str, verdict: str, who: str, reason: str, line: str
) -> None:
    with ledger.write() as tx:
        tx.open_review("i1", instrument=NOTE, title="t", hint=lien("A"), at=T0)
    with pytest.raises(LedgerError, match=line) as refused, ledger.write() as tx:
        tx.decide(item, verdict, who=who, reason=reason, at=after(1))  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)
    assert ledger.review_item("nope") is None
