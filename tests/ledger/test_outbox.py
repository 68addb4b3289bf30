from __future__ import annotations

from pathlib import Path

import pytest

from monitor.ledger import Ledger, LedgerError
from tests.ledger.samples import FILE, MAIL, NOTE, T0, after, alert


def queue(ledger: Ledger) -> str:
    with ledger.write() as tx:
        assert tx.add_alert(alert(), [FILE, MAIL], T0)
    return alert().id


def test_an_alert_is_read_back_as_it_was_written(ledger: Ledger) -> None:
    queue(ledger)
    assert ledger.alert(alert().id) == alert()
    assert ledger.alerts(NOTE) == ledger.alerts(thread=alert().thread) == [alert()]
    assert ledger.alerts("other") == []


def test_the_same_alert_again_adds_nothing(ledger: Ledger) -> None:
    queue(ledger)
    with ledger.write() as tx:
        assert tx.add_alert(alert(), [FILE, MAIL], after(1)) is False
    due = ledger.due_deliveries(after(1))
    assert [(d.channel, d.state) for d in due] == [("file", "pending"), ("holder-mail", "pending")]


def test_deliveries_come_in_the_order_of_the_stream_not_of_arrival(ledger: Ledger) -> None:
    stream = [alert("c", at=after(-2)), alert("b", at=after(-1)), alert("a", at=T0)]
    with ledger.write() as tx:
        for one in (stream[1], stream[2], stream[0]):
            tx.add_alert(one, [FILE], T0)
    assert [d.alert for d in ledger.due_deliveries(T0)] == stream == ledger.alerts()


def test_a_failed_attempt_waits_until_its_next_one_and_a_sent_one_is_done(ledger: Ledger) -> None:
    id_ = queue(ledger)
    with ledger.write() as tx:
        tx.record_attempt(id_, "file", at=T0, outcome="sent", sent=b"eml", reply="outbox/1.eml")
        number = tx.record_attempt(
            id_, "holder-mail", at=T0, outcome="failed", sent=b"eml", reply="451 later", next_attempt_at=after(1)
        )
    assert number == 1
    assert ledger.due_deliveries(after(0.5)) == []
    assert ledger.next_attempt() == after(1)
    (again,) = ledger.due_deliveries(after(1))
    assert (again.channel, again.attempts) == ("holder-mail", 1)
    with ledger.write() as tx:
        assert tx.record_attempt(id_, "holder-mail", at=after(1), outcome="sent", sent=b"eml\x00", reply="250 ok") == 2
    assert ledger.due_deliveries(after(99)) == []
    assert [(a.channel, a.attempt, a.outcome, a.sent, a.reply) for a in ledger.attempts(id_)] == [
        ("file", 1, "sent", b"eml", "outbox/1.eml"),
        ("holder-mail", 1, "failed", b"eml", "451 later"),
        ("holder-mail", 2, "sent", b"eml\x00", "250 ok"),
    ]
    assert ledger.verify().ok


def test_a_delivery_that_reached_some_recipients_goes_only_to_the_others_next_time(ledger: Ledger) -> None:
    id_ = queue(ledger)
    with ledger.write() as tx:
        tx.record_attempt(
            id_, "holder-mail", at=T0, outcome="partly", sent=b"x", reply="b: 450", next_attempt_at=after(1),
            recipients=["b@example.org"],
        )
    assert {d.channel: d.recipients for d in ledger.due_deliveries(after(1))} == {
        "file": (), "holder-mail": ("b@example.org",),
    }


def test_a_late_second_reply_never_takes_back_that_a_message_was_sent(ledger: Ledger) -> None:
    id_ = queue(ledger)
    with ledger.write() as tx:
        tx.record_attempt(id_, "file", at=T0, outcome="sent", sent=b"x", reply="ok")
        tx.record_attempt(id_, "file", at=T0, outcome="failed", sent=b"x", reply="lost", next_attempt_at=after(1))
    assert [d.channel for d in ledger.due_deliveries(after(9))] == ["holder-mail"]
    assert len(ledger.attempts(id_)) == 2


def test_dead_letters_are_listed_and_can_be_tried_again(ledger: Ledger) -> None:
    id_ = queue(ledger)
    with ledger.write() as tx:
        tx.record_attempt(id_, "holder-mail", at=T0, outcome="dead", sent=b"x", reply="550 no such user")
    assert [(d.alert.id, d.channel, d.state) for d in ledger.dead_letters()] == [(id_, "holder-mail", "dead")]
    with ledger.write() as tx:
        tx.requeue(id_, "holder-mail", who="Ann", at=after(2))
    assert ledger.dead_letters() == []
    assert {d.channel for d in ledger.due_deliveries(after(2))} == {"file", "holder-mail"}
    assert ledger.attempts(id_)[-1].reply == "requeued by Ann"
    with pytest.raises(LedgerError, match="is pending, not dead"), ledger.write() as tx:
        tx.requeue(id_, "holder-mail", who="Ann", at=after(3))


def test_an_attempt_for_nothing_or_without_its_next_instant_is_refused(ledger: Ledger) -> None:
    id_ = queue(ledger)
    with pytest.raises(LedgerError, match="is not in the outbox"), ledger.write() as tx:
        tx.record_attempt(id_, "pager", at=T0, outcome="sent", sent=b"", reply="")
    with pytest.raises(LedgerError, match="needs the instant of the next one"), ledger.write() as tx:
        tx.record_attempt(id_, "file", at=T0, outcome="failed", sent=b"", reply="")


def test_a_simulated_ledger_takes_no_real_channel_and_no_alert_of_the_real_clock(tmp_path: Path) -> None:
    made_up = alert(simulated=True)
    with Ledger.open(tmp_path / "demo.db", mode="simulated", at=T0) as demo:
        with pytest.raises(LedgerError, match="sends nothing by holder-mail"), demo.write() as tx:
            tx.add_alert(made_up, [FILE, MAIL], T0)
        with pytest.raises(LedgerError, match="takes no alert made on the real clock"), demo.write() as tx:
            tx.add_alert(alert(), [FILE], T0)
        assert demo.alerts() == []
        with demo.write() as tx:
            assert tx.add_alert(made_up, [FILE], T0)
        assert demo.alerts() == [made_up]


def test_a_real_ledger_takes_no_simulated_alert(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="takes no alert made on the simulated clock"), ledger.write() as tx:
        tx.add_alert(alert(simulated=True), [FILE], T0)
    assert ledger.alerts() == []


def test_an_acknowledgement_names_a_known_alert(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="there is no alert x"), ledger.write() as tx:
        tx.acknowledge("x", who="Ann", note="seen", at=T0)
    id_ = queue(ledger)
    before = ledger.counts().unsealed
    with ledger.write() as tx:
        tx.acknowledge(id_, who="Ann", note="seen", at=T0)
    assert ledger.counts().unsealed == before + 1


def test_an_alert_without_a_finding_is_kept_too(ledger: Ledger) -> None:
    plain = alert("stale", finding=None, matter=None)
    with ledger.write() as tx:
        tx.add_alert(plain, [], T0)
    assert ledger.alerts() == [plain]
    assert ledger.next_attempt() is None
