"""A simulated clock: the same stream each time, stamped, in order, and never to a person."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from monitor.cli.replay import stream_line
from monitor.core.alerts import AlertKind
from monitor.core.findings import State
from monitor.daemon.simulate import simulate
from monitor.ledger.errors import LedgerError
from tests.daemon.folder import LIEN, RELEASE, ROO, Folder, Replay, utc
from tests.notify.conftest import Mailbox

JUDGMENT: Mapping[str, Any] = {"kind": "judgment_entered", "matter": "index 1", "happened_on": "2005-06-15"}


START, END = "2005-07-04", "2005-07-09"


def story(folder: Folder) -> Folder:
    """A lien released on its last day (learned later), a judgment that ripens, a petition, two statements."""
    folder.state("a.yaml", JUDGMENT, on="2005-06-17")
    folder.state("b.yaml", {**RELEASE, "happened_on": "2005-07-06"}, on="2005-07-08")
    folder.state("c.yaml", {"kind": "involuntary_petition", "matter": "case", "happened_on": "2005-07-07"},
                 on="2005-07-07T18:00:00-04:00")
    folder.state("d.yaml", LIEN, {**LIEN, "matter": "NY-9", "happened_on": "2005-07-01"}, on="2005-07-04")
    folder.statement("20050602T1300Z-june.csv", ("2005-06-01", "4277.78"))
    folder.statement("20050705T1300Z-july.csv", ("2005-06-01", "4277.78"), ("2005-07-01", "9166.67"))
    return folder


@pytest.fixture
def year(folder: Folder) -> Folder:
    return story(folder)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    return story(Folder(tmp_path_factory.mktemp("played"))).replay(START, END)


def stream(replay: Replay) -> str:
    """Every line, without the folder in which the payloads lay."""
    lines = "\n".join(json.dumps(stream_line(a), sort_keys=True) for a in replay.alerts)
    return re.sub(r"file://[^\"]*/", "file:///", lines)


def ids(replay: Replay) -> list[tuple[str, str]]:
    return [(a.at.isoformat(), a.id) for a in replay.alerts]


def test_a_replay_tells_the_story_in_order_and_stamps_every_line(played: Replay) -> None:
    assert played.complaints == []
    assert [
        (f"{a.at:%m-%d %H:%M}", " ".join((a.kind.value, a.step)).strip(), a.finding.limb if a.finding else "")
        for a in played.alerts if a.kind is not AlertKind.REMINDER
    ] == [
        ("07-04 04:00", "baseline", ""),
        ("07-05 03:59", "opened", "b.lien"), ("07-05 03:59", "opened", "b.lien"),
        ("07-06 04:00", "ripened", "b.judgment"),  # twenty days from 15 June end on Tuesday 5 July
        ("07-07 04:00", "ripened", "b.lien"),
        ("07-07 22:00", "opened", "f.proceeding"),
        ("07-09 03:59", "withdrawn cured", "b.lien"),  # released on the last day, learned two days later
    ]
    assert [f"{a.at:%m-%d %H:%M} {a.step} {a.matter}" for a in played.of("reminder")] == [
        "07-04 11:00 1 days index 1", "07-05 11:00 last day index 1", "07-05 11:00 1 days NY-123",
        "07-06 11:00 last day NY-123",
    ]
    assert all(a.simulated for a in played.alerts)
    assert played.alerts == sorted(played.alerts, key=lambda a: a.at)
    assert [(f"{a.at:%m-%d}", a.petition) for a in played.alerts[-3:]] == [
        ("07-07", ""), ("07-07", "on file"), ("07-09", "on file"),
    ]
    assert {(f.limb, f.matter): f.state for f in played.findings[ROO] if f.trigger} == {
        ("b.judgment", "index 1"): State.EVENT_OF_DEFAULT, ("b.lien", "NY-123"): State.CURED,
        ("b.lien", "NY-9"): State.RUNNING, ("f.proceeding", "case"): State.RUNNING,
    }


def test_two_replays_give_the_same_bytes(year: Folder, played: Replay) -> None:
    assert stream(year.replay(START, END)) == stream(played)


def test_files_of_other_names_in_another_order_give_the_same_stream(year: Folder, played: Replay) -> None:
    for old, new in (("a.yaml", "z.yaml"), ("b.yaml", "a.yaml")):
        (year.path / "attested" / old).rename(year.path / "attested" / new)
    statements = json.loads((year.path / "attested" / "d.yaml").read_text())
    (year.path / "attested" / "d.yaml").write_text(json.dumps(statements[::-1]))
    assert ids(year.replay(START, END)) == ids(played)


def test_no_person_is_reached_and_the_outbox_is_stamped(
    year: Folder, smtp_server: Callable[..., Mailbox], httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = smtp_server()
    httpserver.expect_request("/hook").respond_with_data("ok")
    monkeypatch.setenv("TEST_SLACK_URL", httpserver.url_for("/hook"))
    year.channels |= {
        "email": {"host": "127.0.0.1", "port": mailbox.port, "sender": "a@example.com", "to": "b@example.com"},
        "slack": {"url_env": "TEST_SLACK_URL"},
    }
    replay = year.replay("2005-07-04", "2005-07-04")
    assert len(replay.alerts) == 4
    assert (mailbox.received, httpserver.log) == ([], [])
    written = sorted((year.path / "outbox").glob("*.eml"))
    assert len(written) == 4
    assert all(b"SIMULATED" in path.read_bytes() for path in written)
    with year.world(utc(2026, 1, 1), simulated=True) as world:
        assert sorted(world.skipped_channels) == ["email", "slack"]
        assert sorted(world.channels) == ["file"]


def test_a_real_ledger_takes_no_simulated_clock_and_a_simulated_one_no_real(year: Folder) -> None:
    with year.world(utc(2026, 1, 1)):
        pass
    with pytest.raises(LedgerError, match="real ledgers take no simulated time"), year.world(
        utc(2026, 1, 1), simulated=True
    ):
        pass


def test_hindsight_knows_from_the_start_what_was_learned_later(year: Folder, played: Replay) -> None:
    wise = year.replay("2005-07-05", "2005-07-07", known_at=utc(2005, 7, 9, 12))
    assert [a.matter for a in played.of("ripened")] == ["index 1", "NY-123"]
    assert [a.matter for a in wise.of("ripened")] == ["index 1"]  # the release in time is known


def test_a_statement_that_ends_in_june_does_not_prove_that_july_was_not_paid(folder: Folder) -> None:
    """Not even in a replay that reads it as complete: what a statement covers is in the statement."""
    folder.statement("june.csv", ("2005-06-01", "4277.78"))
    folder.state("closing.yaml", on="2005-05-18")
    short = folder.replay("2005-07-01", "2005-07-03")
    assert short.of("information") == []
    folder.statement("july.csv", ("2005-07-02", "10.00"))
    covering = folder.replay("2005-07-01", "2005-07-03")
    assert [a.headline.partition(": ")[2] for a in covering.of("information")] == [
        "interest due 1 July 2005 was not received in full"
    ]


def test_payloads_of_one_name_in_two_feeds_keep_their_own_bytes(folder: Folder) -> None:
    folder.state("20050617-x.yaml", LIEN, on="2005-06-17")
    twin = folder.path / "second"
    (folder.path / "attested" / "20050617-x.yaml").parent.rename(twin)
    folder.state("20050617-x.yaml", JUDGMENT, on="2005-06-17")
    folder.feeds["second"] = {"feed": "attested", "source": {"recorded": "second"}}
    replay = folder.replay("2005-06-17", "2005-06-17")
    digests = {a.matter: a.evidence[0].sha256 for a in replay.of("opened")}
    assert len(set(digests.values())) == 2


def test_a_broken_payload_is_one_complaint_and_the_rest_is_played(year: Folder) -> None:
    (year.path / "attested" / "broken.yaml").write_text("<html>\n")
    (year.path / "payments" / "20059999-odd.csv").write_text("<html>no list</html>\n")
    replay = year.replay("2005-07-04", "2005-07-04")
    assert len(replay.complaints) == 2
    assert [line.split(":")[0] for line in replay.complaints] == ["attested", "payments"]
    assert all("\n" not in line for line in replay.complaints)
    assert [a.kind.value for a in replay.alerts] == ["baseline", "reminder", "opened", "opened"]


def test_headers_beside_a_payload_that_are_no_headers_are_a_complaint(year: Folder) -> None:
    (year.path / "payments" / "odd.csv").write_text("Date,Description,Amount\n06/20/2005,x,1.00\n")
    (year.path / "payments" / "odd.csv.headers.json").write_text("[1]")
    (complaint,) = year.replay("2005-07-04", "2005-07-04").complaints
    assert complaint.startswith("payments: odd.csv: odd.csv.headers.json: no HTTP headers in JSON")


def test_it_stops_when_it_is_told_to(year: Folder) -> None:
    stops: list[float] = []

    def wait(step: Any) -> bool:
        stops.append(step.total_seconds())
        return len(stops) < 3

    with year.world(utc(2026, 1, 1), simulated=True) as world:
        simulate(world, *(utc(2005, 7, n).date() for n in (4, 30)), on_alert=lambda _: None, wait=wait)
        assert world.ledger.counts().unsealed == 0
    assert len(stops) == 3
    assert all(seconds > 0 for seconds in stops)
