"""From a fact to a person: one cycle at given instants, a real SMTP server and a real webhook on loopback."""

from __future__ import annotations

import email
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from monitor.core.alerts import AlertKind
from monitor.core.findings import State
from monitor.daemon.cycle import once
from monitor.daemon.delivering import deliver
from monitor.daemon.world import World
from monitor.ledger import Ledger
from monitor.notify.base import ChannelClosed
from tests.daemon.folder import LIEN, RELEASE, ROO, Folder, utc
from tests.ledger.samples import T0, alert
from tests.notify.conftest import Mailbox

STAY = "A bankruptcy petition is {}. The automatic stay (11 U.S.C. 362) may bar collection; consult counsel."


class Told:
    """One person's mailbox and Slack channel."""

    def __init__(self, folder: Folder, mailbox: Mailbox, slack: HTTPServer) -> None:
        self.mailbox, self.slack = mailbox, slack
        slack.expect_request("/services/T/B/X", method="POST").respond_with_data("ok")
        folder.channels = {
            "email": {"host": "127.0.0.1", "port": mailbox.port, "sender": "covenantd <alerts@example.com>",
                      "to": "holder@example.com", "timeout": 5},
            "slack": {"url_env": "TEST_SLACK_URL"},
        }

    def mails(self) -> list[EmailMessage]:
        read = (email.message_from_bytes(r.body, policy=default) for r in self.mailbox.received)
        return [m for m in read if isinstance(m, EmailMessage)]

    def posts(self) -> list[dict[str, Any]]:
        return [json.loads(request.data) for request, _ in self.slack.log]

    def subjects(self) -> list[str]:
        return [m["Subject"].strip().removeprefix("ROO Group, Inc. note of 18 May 2005") for m in self.mails()]


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@pytest.fixture
def told(
    folder: Folder, smtp_server: Callable[..., Mailbox], httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> Told:
    monkeypatch.setenv("TEST_SLACK_URL", httpserver.url_for("/services/T/B/X"))
    return Told(folder, smtp_server(), httpserver)


@contextmanager
def watched(folder: Folder) -> Iterator[World]:
    """Enrolled on 1 June 2005 with nothing on record but what the folder already holds."""
    with folder.world(utc(2005, 6, 1, 12)) as world:
        once(world, utc(2005, 6, 1, 12))
        yield world


def test_a_lien_opens_is_reminded_of_ripens_and_each_is_told_once_by_both_channels(folder: Folder, told: Told) -> None:
    folder.state("closing.yaml", on="2005-05-18")
    with watched(folder) as world:
        folder.state("lien.yaml", LIEN, on="2005-06-17")
        for at in (
            utc(2005, 6, 18, 12), utc(2005, 6, 18, 12), utc(2005, 6, 18, 13), utc(2005, 7, 5, 11),
            utc(2005, 7, 6, 10, 59), utc(2005, 7, 6, 11), utc(2005, 7, 6, 11, 1), utc(2005, 7, 7, 3, 59, 59),
            utc(2005, 7, 7, 4), utc(2005, 7, 7, 4, 1),
        ):
            polls, _, undelivered = once(world, at)
            assert [p.error for p in polls] == [""]
            assert undelivered == []
        assert world.ledger.counts().pending == 0
    assert told.subjects() == [
        ": now watched",
        ", clause (b): a window opened. Last cure day in 18 days; Event of Default in 19 days",
        ", clause (b): day 19 of 20. Last cure day tomorrow; Event of Default in 2 days",
        ", clause (b): day 20 of 20. Last cure day today; Event of Default tomorrow",
        ", clause (b): window has run, cure not ruled out; Event of Default from 7 July 2005",
    ]
    assert len(told.posts()) == 5
    _, opened, _, reminder, ripened = told.mails()
    assert opened["References"] == reminder["References"] == ripened["References"]
    assert len({m["Message-ID"] for m in told.mails()}) == 5
    assert "petition" not in text_of(ripened)
    assert "Stated by Jane Roe on 2005-06-17; evidence evidence/paper.txt sha256" in text_of(opened)
    assert "The filing of a lien" in text_of(opened)
    files = {p.get_filename(): p.get_content() for p in opened.iter_attachments()}
    assert files == {"lien.yaml": (folder.path / "attested" / "lien.yaml").read_bytes(),
                     "paper.txt": b"An invented document.\n"}
    assert "$1,100,000.00 + $15,277.78 interest on the default date, then $305.56 a day." in text_of(ripened)
    assert "Event of Default from 7 July 2005" in told.posts()[4]["text"]
    assert "SIMULATED" not in json.dumps(told.posts())


def test_a_release_in_time_cures_and_the_rest_is_silence(folder: Folder, told: Told) -> None:
    folder.state("closing.yaml", on="2005-05-18")
    with watched(folder) as world:
        folder.state("lien.yaml", LIEN, on="2005-06-17")
        once(world, utc(2005, 6, 18, 12))
        folder.state("release.yaml", RELEASE, on="2005-07-02")
        for at in (utc(2005, 7, 2, 12), utc(2005, 7, 7, 12), utc(2005, 8, 1, 12)):
            once(world, at)
        (finding,) = (f for f in world.ledger.latest_findings(ROO) if f.trigger)
        assert (finding.state, finding.default_date) == (State.CURED, None)
    assert told.subjects()[2:] == [", clause (b): cured (released)"]
    said = "Ended in time by: Released (NY-123), 1 July 2005; the last day was Wed 6 July 2005."
    assert said in text_of(told.mails()[2])


def test_a_default_that_was_announced_is_withdrawn_when_a_release_in_time_turns_up(folder: Folder, told: Told) -> None:
    folder.state("closing.yaml", on="2005-05-18")
    with watched(folder) as world:
        folder.state("lien.yaml", LIEN, on="2005-06-17")
        once(world, utc(2005, 6, 18, 12))
        once(world, utc(2005, 7, 7, 12))
        folder.state("release.yaml", RELEASE, on="2005-07-10")
        once(world, utc(2005, 7, 10, 12))
        folder.state("undo.yaml", {
            "kind": "retraction", "happened_on": "2005-07-12", "reason": "another company's",
            "supersedes": next(f.id for f in world.ledger.all_facts() if f.kind == "released"),
        }, on="2005-07-12")
        once(world, utc(2005, 7, 12, 12))
        kinds = [a.kind for a in world.ledger.alerts() if a.matter == "NY-123"]
    assert kinds == [AlertKind.OPENED, AlertKind.RIPENED, AlertKind.WITHDRAWN, AlertKind.RIPENED]
    withdrawn = told.mails()[3]
    said = "clause (b): withdrawn. What was announced does not stand (released)"
    assert withdrawn["Subject"].endswith(said)
    assert "Announced before: event of default, default 7 July 2005. Now: cured." in text_of(withdrawn)
    assert len({m["Message-ID"] for m in told.mails()}) == len(told.mails()) == len(told.posts()) == 5


def test_from_the_first_hint_of_a_petition_every_message_opens_with_the_warning(folder: Folder, told: Told) -> None:
    folder.state("closing.yaml", on="2005-05-18")
    hint = {"kind": "bankruptcy_reported", "matter": "8-K", "happened_on": "2005-06-20", "title": "Item 1.03"}
    petition = {"kind": "voluntary_petition", "matter": "nysb 05-1", "happened_on": "2005-06-20"}
    with watched(folder) as world:
        folder.state("hint.yaml", hint, on="2005-06-20")
        once(world, utc(2005, 6, 21, 12))
        folder.state("lien.yaml", LIEN, on="2005-06-21")
        once(world, utc(2005, 6, 22, 12))
        folder.state("petition.yaml", petition, on="2005-06-22")
        once(world, utc(2005, 6, 23, 12))
        once(world, utc(2005, 7, 6, 12))
    first = [text_of(m).splitlines()[0] for m in told.mails()]
    assert first[1:] == [STAY.format("reported")] * 2 + [STAY.format("on file")] * 2
    assert [p["text"].startswith(STAY.format("reported")) for p in told.posts()[1:3]] == [True, True]
    ripened, reminder = told.mails()[3:]
    assert ripened["Subject"].startswith("[petition on file] ROO Group, Inc. note of 18 May 2005, clause (e)(iii)")
    assert "Voluntary petition (nysb 05-1), 20 June 2005." in text_of(ripened)
    for mail, day in ((ripened, ""), (reminder, " 20 June 2005")):  # its own message says the day before
        assert f"Claim at the petition date{day}: $1,100,000.00 + $10,083.33 interest." in text_of(mail)
        assert "a day." not in text_of(mail)


def test_a_server_that_is_down_delays_its_own_message_and_no_other(folder: Folder, told: Told) -> None:
    folder.state("lien.yaml", LIEN, on="2005-06-17")
    told.mailbox.refuse["holder@example.com"] = "450 4.2.1 mailbox busy"
    with watched(folder) as world:
        assert len(told.posts()) == 1
        assert told.mails() == []
        assert world.ledger.counts().pending == 1
        told.mailbox.refuse.clear()
        assert once(world, utc(2005, 6, 1, 12, 0, 30))[2] == []  # a minute has not passed
        assert told.mails() == []
        once(world, utc(2005, 6, 1, 12, 1))
        assert [m["Subject"] for m in told.mails()] == ["ROO Group, Inc. note of 18 May 2005: now watched"]
        (baseline,) = world.ledger.alerts()
        outcomes = [(a.channel, a.outcome) for a in world.ledger.attempts(baseline.id)]
    assert outcomes == [("email", "failed"), ("slack", "sent"), ("email", "sent")]


def test_enrolment_sends_one_message_however_much_has_happened_before(folder: Folder, told: Told) -> None:
    folder.state("past.yaml", LIEN, {**LIEN, "matter": "NY-9"}, {**RELEASE, "matter": "NY-9"}, on="2005-07-05")
    folder.statement("june.csv", ("2005-07-15", "100.00"))  # no interest on 1 June nor on 1 July
    with folder.world(utc(2005, 8, 1, 12)) as world:
        for at in (utc(2005, 8, 1, 12), utc(2005, 8, 2, 12), utc(2005, 8, 3, 12)):
            once(world, at)
    (mail,) = told.mails()
    assert mail["Subject"] == "ROO Group, Inc. note of 18 May 2005: now watched"
    said = text_of(mail)
    assert "clause (b): event of default." in said
    assert "clause (b): cured." in said
    assert "Interest due 1 June 2005 was not received in full: no event of default." in said
    assert len(told.posts()) == 1


def test_interest_that_is_missed_later_is_told_once_as_information(folder: Folder, told: Told) -> None:
    folder.statement("may.csv", ("2005-05-20", "1.00"))
    with watched(folder) as world:
        folder.statement("june.csv", ("2005-06-02", "4000.00"))
        once(world, utc(2005, 6, 3, 12))
        once(world, utc(2005, 6, 4, 12))
        assert {f.state for f in world.ledger.latest_findings(ROO)} == {State.CLEAR}
    assert told.subjects() == [": now watched", ": interest due 1 June 2005 was not received in full"]
    assert "not an event of default under this note" in text_of(told.mails()[1])


def test_more_alerts_than_one_batch_are_all_delivered_in_one_cycle(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_few = Ledger.due_deliveries
    monkeypatch.setattr(Ledger, "due_deliveries", lambda self, now, without: a_few(self, now, 3, without=without))
    with folder.world(T0) as world:
        with world.ledger.write() as tx:
            for n in range(8):
                tx.add_alert(alert(str(n)), list(world.channels.values()), T0)
        assert deliver(world, T0) == (8, [])
        assert world.ledger.counts().pending == 0
    assert len(list((folder.path / "outbox").glob("*.eml"))) == 8


def test_a_closed_channel_keeps_its_messages_and_none_of_another_channel_from_leaving(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder.channels = {"terminal": {}, "file": {"folder": "outbox"}}
    a_few = Ledger.due_deliveries
    monkeypatch.setattr(Ledger, "due_deliveries", lambda self, now, without: a_few(self, now, 3, without=without))

    def closed(_: Any) -> None:
        raise ChannelClosed("channel terminal: nobody reads it any more")

    with folder.world(T0) as world:
        with world.ledger.write() as tx:
            for n in range(8):
                tx.add_alert(alert(str(n)), list(world.channels.values()), T0)
        with monkeypatch.context() as patch:
            patch.setattr(world.channels["terminal"], "send", closed)
            assert deliver(world, T0) == (8, [])
            assert deliver(world, T0) == (0, [])
        assert (world.ledger.counts().pending, world.ledger.counts().dead) == (8, 0)
        assert caplog.messages == ["channel terminal: nobody reads it any more"]
    with folder.world(T0) as another:
        assert deliver(another, T0) == (8, [])


def test_a_cycle_says_all_that_it_delivered_also_what_waited_before(folder: Folder) -> None:
    folder.state("closing.yaml", on="2005-05-18")
    with watched(folder) as world:
        waiting = alert("stated before", at=utc(2005, 6, 1, 12, 30))
        with world.ledger.write() as tx:
            tx.add_alert(waiting, list(world.channels.values()), waiting.at)
        folder.state("lien.yaml", LIEN, on="2005-06-17")
        told = once(world, utc(2005, 6, 18, 12))[1]
        assert told[0].id == waiting.id
        assert [a.kind for a in told[1:]] == [AlertKind.OPENED]
        assert once(world, utc(2005, 6, 18, 13))[1] == []


def test_nothing_is_lost_when_a_message_cannot_be_made(
    folder: Folder, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.state("two.yaml", on="2005-05-18")
    with watched(folder) as world:
        channel = world.channels["email"]
        make = channel.prepare

        def fails_on_one(alert: Any, attachments: Any = ()) -> Any:
            if alert.matter == "NY-1":
                raise ValueError("no such font")
            return make(alert, attachments)

        monkeypatch.setattr(channel, "prepare", fails_on_one)
        folder.state("liens.yaml", {**LIEN, "matter": "NY-1"}, {**LIEN, "matter": "NY-2"}, on="2005-06-17")
        _, _, undelivered = once(world, utc(2005, 6, 18, 12))
        assert undelivered == ["email: a bug: ValueError: no such font"]
        assert (len(told.mails()), len(told.posts())) == (2, 3)
        monkeypatch.setattr(channel, "prepare", make)
        assert once(world, utc(2005, 6, 18, 12, 5))[2] == []
        assert (len(told.mails()), len(told.posts())) == (3, 3)


def test_files_in_the_outbox_are_there_without_any_channel_of_a_person(folder: Folder) -> None:
    folder.state("lien.yaml", LIEN, on="2005-06-17")
    with watched(folder):
        written = sorted(p.suffix for p in (folder.path / "outbox").iterdir())
    assert written == [".eml", ".json"]
    assert Path(folder.path / "var" / "ledger.sqlite").is_file()
