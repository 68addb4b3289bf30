"""``status``, ``notify`` and ``feeds list``: what is watched, what is silent, what could not be delivered."""

from __future__ import annotations

import email
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from monitor.ledger.store import Ledger
from tests.cli.conftest import NOTE, NOW, Cli


def channel(folder: Path, line: str) -> None:
    """One more channel in the configuration."""
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace("\nchannels:\n", f"\nchannels:\n  {line}\n"))


# --- status -----------------------------------------------------------------------------------------------------


def test_status_says_where_the_note_stands_how_far_sources_are_read_and_what_waits(own: Cli) -> None:
    ran = own("status", "--json")
    assert ran.code == 0
    assert (ran.json["simulated"], ran.json["running"], ran.json["attention"]) == (False, None, [])
    (instrument,) = ran.json["instruments"]
    assert (instrument["id"], instrument["state"], instrument["verified"]) == (NOTE, "clear", False)
    assert instrument["evaluated_at"] == "2021-12-15T15:00:00.000000Z"
    assert instrument["petition"] == "reported"
    edgar = next(f for f in ran.json["feeds"] if f["name"] == "edgar")
    assert (edgar["source"], edgar["stale"], edgar["error"]) == ("recorded", False, "")
    assert edgar["through"] == edgar["last_good"] == "2021-12-15T15:00:00.000000Z"
    assert len(ran.json["reviews"]) == 8
    assert ran.json["deliveries"] == {"pending": 0, "dead": 0, "next_attempt": None}


def test_a_feed_that_missed_its_polls_is_told_and_the_exit_code_is_1(
    own: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.clock.now", lambda: NOW + timedelta(hours=2))
    ran = own("status")
    assert ran.code == 1
    assert "! feed edgar: has not been read since 2021-12-15 15:00 UTC" in ran.out
    assert "feed payments" not in ran.out  # daily: two hours are nothing


def test_status_without_a_ledger_says_what_to_do(own: Cli, folder: Path) -> None:
    (folder / "var" / "ledger.sqlite").unlink()
    ran = own("status")
    assert (ran.code, ran.complaints) == (1, [
        f"covenantd: ledger {folder / 'var' / 'ledger.sqlite'}: there is no such file. Start the daemon once, or name "
        "another file.",
    ])


def test_status_of_a_simulated_ledger_is_plainly_marked(cli: Cli, folder: Path) -> None:
    config = folder / "config.yaml"
    ledger = folder / "var" / "played.sqlite"
    ran = cli("replay", "--config", config, "--from", "2021-05-01", "--to", "2021-05-04", "--ledger", ledger)
    assert ran.code == 0
    config.write_text(config.read_text().replace("var/ledger.sqlite", "var/played.sqlite"))
    ran = cli("status", "--config", config)
    assert ran.out.splitlines()[0] == "SIMULATED: this ledger holds invented records on a simulated clock."
    assert "feed edgar" not in ran.out  # a recording that ended is not a stale feed
    shown = cli("status", "--config", config, "--json").json
    assert (shown["simulated"], shown["ledger"]["mode"]) == (True, "simulated")
    explained = cli("explain", "--config", config)
    assert explained.out.startswith("SIMULATED")
    assert "as of 5 May 2021, 00:00:00 EDT (America/New_York)" in explained.out
    assert cli("review", "--config", config).out.startswith("SIMULATED")


def test_feeds_list_shows_configured_and_other_feeds(own: Cli) -> None:
    rows = {row["name"]: row for row in own("feeds", "list", "--json").json}
    assert (rows["edgar"]["source"], rows["edgar"]["proves"]) == ("recorded", "hint")
    assert rows["edgar"]["last_good"] == "2021-12-15T15:00:00.000000Z"
    assert rows["nasdaq_halts"]["source"] == "not configured"
    assert "edgar" in own("feeds", "list").out


# --- channels ---------------------------------------------------------------------------------------------------


class Inbox:
    """A mail server's handler that keeps what it is given."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        return "250 kept as 1234"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    handler = Inbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


class Refuse(BaseHTTPRequestHandler):
    """A webhook that does not exist any more."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(404)
        self.end_headers()
        self.wfile.write(b"no_service")

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def dead_webhook() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Refuse)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/services/SECRET-PATH"
    server.shutdown()
    thread.join()
    server.server_close()


def test_notify_test_sends_a_real_mail_and_prints_the_servers_answer(
    own: Cli, folder: Path, inbox: tuple[Inbox, int]
) -> None:
    handler, port = inbox
    channel(folder, f"post: {{kind: email, host: 127.0.0.1, port: {port}, sender: a@example.com, to: [b@example.com]}}")
    ran = own("notify", "test", "post")
    assert ran.code == 0
    assert ran.out.startswith("post (email): delivered. The answer: ")
    assert "kept as 1234" in ran.out
    (mail,) = handler.mails
    assert email.message_from_bytes(mail)["Subject"].startswith("covenantd: TEST of channel post.")


def test_notify_test_says_in_one_line_why_it_failed_and_shows_no_secret(
    own: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch, dead_webhook: str
) -> None:
    channel(folder, "slack: {url_env: TEST_SLACK_URL}")
    monkeypatch.delenv("TEST_SLACK_URL", raising=False)
    ran = own("notify", "test", "slack")
    assert (ran.code, ran.complaints) == (1, [
        "slack (slack): channel slack: neither TEST_SLACK_URL nor TEST_SLACK_URL_FILE is set in the environment"
    ])
    monkeypatch.setenv("TEST_SLACK_URL", dead_webhook)
    ran = own("notify", "test", "slack", "--json")
    assert (ran.code, ran.json["ok"]) == (1, False)
    assert "404" in ran.json["reply"]
    assert "SECRET" not in ran.out + ran.err
    assert own("notify", "test", "slak").complaints == ["covenantd: no channel `slak`. Did you mean `slack`?"]


def test_a_dead_letter_is_listed_counted_and_put_back(
    own: Cli, folder: Path, letter: Path, monkeypatch: pytest.MonkeyPatch, dead_webhook: str
) -> None:
    assert own("notify", "dead").out == "No delivery was given up.\n"
    channel(folder, "slack: {url_env: TEST_SLACK_URL}")
    monkeypatch.setenv("TEST_SLACK_URL", dead_webhook)
    own("attest", "judgment_entered", "--matter", "NY 1/2021", "--on", "2021-12-10", "--stated-by", "Jane Roe",
        "--evidence", letter)
    own("once")
    (dead,) = own("notify", "dead", "--json").json
    assert (dead["channel"], dead["kind"], dead["attempts"]) == ("slack", "opened", 1)
    status = own("status", "--json")
    assert (status.code, status.json["deliveries"]["dead"]) == (1, 1)
    assert own("notify", "resend", "feedbeef", "slack").complaints == [
        "covenantd: there is no dead letter `feedbeef` by `slack`. `covenantd notify dead` lists them."
    ]
    assert own("notify", "resend", dead["alert"][:8], "slack", "--by", "Jane Roe").code == 0
    assert own("notify", "dead").code == 0
    with Ledger.open(folder / "var" / "ledger.sqlite", mode=None, at=NOW, create=False) as ledger:
        assert [a.reply for a in ledger.attempts(dead["alert"]) if a.outcome == "requeued"] == ["requeued by Jane Roe"]
