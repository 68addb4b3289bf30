from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from monitor.ledger import Ledger
from tests.ledger.samples import NOTE, T0, after


@dataclass(frozen=True)
class Unmapped:
    label: str
    where: str


def test_a_payload_is_stored_once_and_every_fetch_of_it_is_noted(ledger: Ledger) -> None:
    body = b"\x00html " * 1000
    with ledger.write() as tx:
        one = tx.add_payload(body, feed="edgar", name="a.json", url="https://example.org/a", captured_at=T0,
                             headers={"ETag": '"1"'})
        two = tx.add_payload(body, feed="edgar", name="a.json", url="https://example.org/a", captured_at=after(1),
                             headers={"ETag": '"2"'}, status=203)
        three = tx.add_payload(body, feed="acris", name="b.json", url="https://example.org/b", captured_at=after(2))
    assert one == two == three
    assert ledger.payload(one) == body
    assert ledger.payload("00") is None
    assert ledger.counts().payloads == 1
    first, latest = ledger.capture(one), ledger.latest_capture("edgar", "a.json")
    assert first is not None
    assert latest is not None
    assert (first.captured_at, first.headers) == (T0, {"ETag": '"1"'})
    assert (latest.captured_at, latest.headers, latest.status) == (after(1), {"ETag": '"2"'}, 203)
    assert ledger.latest_capture("edgar", "b.json") is None


def test_the_last_good_poll_says_how_far_its_source_was_read(ledger: Ledger) -> None:
    with ledger.write() as tx:
        tx.add_poll("edgar", T0, "ok", payloads=["aa"], records=7, unmapped=[Unmapped("9.99", "row 3")],
                    errors=["row 4: no date"], through=date(2026, 3, 1))
        tx.add_poll("edgar", after(1), "ok", through=after(0.5))
        tx.add_poll("edgar", after(2), "changed", error="an HTML page instead of a list")
        tx.add_poll("rss", after(3), "failed", error="no answer")
    last, good = ledger.last_polls(), ledger.last_polls(good=True)
    assert {feed: poll.outcome for feed, poll in last.items()} == {"edgar": "changed", "rss": "failed"}
    assert last["edgar"].error == "an HTML page instead of a list"
    assert {feed: poll.through for feed, poll in good.items()} == {"edgar": after(0.5)}


def test_a_poll_keeps_what_it_could_not_map_and_could_not_read(ledger: Ledger) -> None:
    with ledger.write() as tx:
        tx.add_poll("edgar", T0, "ok", payloads=["aa"], records=7, unmapped=[Unmapped("9.99", "row 3")],
                    errors=["row 4: no date"], through=date(2026, 3, 1))
    poll = ledger.last_polls(good=True)["edgar"]
    assert (poll.records, poll.payloads, poll.through) == (7, ("aa",), date(2026, 3, 1))
    assert poll.unmapped == ({"label": "9.99", "where": "row 3"},)
    assert poll.errors == ("row 4: no date",)


def test_a_rules_file_is_kept_when_it_changes_and_again_when_it_comes_back(ledger: Ledger) -> None:
    with ledger.write() as tx:
        a = tx.keep_file("forms/x.yaml", b"a", T0)
        assert tx.keep_file("forms/x.yaml", b"a", after(1)) == a
        b = tx.keep_file("forms/x.yaml", b"b", after(2))
        tx.keep_file("forms/x.yaml", b"a", after(3))
        tx.keep_file("forms/y.yaml", b"a", after(4))
    assert [(f.digest, f.effective_at) for f in ledger.files("forms/x.yaml")] == [(a, T0), (b, after(2)), (a, after(3))]
    assert [f.path for f in ledger.files()] == ["forms/x.yaml"] * 3 + ["forms/y.yaml"]
    assert (ledger.file(b), ledger.file("00")) == (b"b", None)


def test_due_instants_come_in_order_move_and_are_cleared(ledger: Ledger) -> None:
    with ledger.write() as tx:
        tx.set_due(NOTE, "evaluate", after(5))
        tx.set_due(NOTE, "remind", after(1), key="7 days", detail={"finding": "k"})
        tx.set_due(NOTE, "remind", after(2), key="1 day")
        tx.set_due(NOTE, "evaluate", after(3))
    assert ledger.next_due() == after(1)
    assert ledger.next_due(after(1)) == after(2)
    assert ledger.due(after(0.5)) == []
    assert [(d.kind, d.key, d.at, d.detail) for d in ledger.due(after(3))] == [
        ("remind", "7 days", after(1), {"finding": "k"}), ("remind", "1 day", after(2), {}),
        ("evaluate", "", after(3), {}),
    ]
    with ledger.write() as tx:
        tx.clear_due(NOTE, "remind", "7 days")
        assert tx.next_due() == after(2)
        tx.clear_due(NOTE, "remind")
        assert tx.next_due() == after(3)
        tx.clear_due(NOTE)
    assert ledger.next_due() is None


def test_enrolment_happens_once_and_can_be_undone(ledger: Ledger) -> None:
    with ledger.write() as tx:
        assert tx.enrol(NOTE, digest="aa", at=T0)
        assert not tx.enrol(NOTE, digest="bb", at=after(1))
    assert ledger.enrolled() == {NOTE: T0}
    with ledger.write() as tx:
        assert tx.unenrol(NOTE, at=after(2))
        assert not tx.unenrol(NOTE, at=after(2))
    assert ledger.enrolled() == {}


def test_a_heartbeat_is_the_last_sign_of_life_and_no_record(ledger: Ledger) -> None:
    before = ledger.counts().unsealed
    for hour in (1, 2):
        with ledger.write() as tx:
            tx.beat("tick", after(hour))
    assert ledger.heartbeats() == {"tick": after(2)}
    assert ledger.counts().unsealed == before
