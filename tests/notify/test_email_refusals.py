"""SMTP servers that say no: which refusals are worth another try, who was refused, and that no secret is told."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Callable
from dataclasses import replace

import pytest

from monitor.notify.base import Reply, TransportError
from monitor.notify.email import EmailChannel
from monitor.notify.settings import EmailSettings, Secret
from tests.notify.conftest import PASSWORD, Certificate, Mailbox, Scripted, authenticate, free_port
from tests.notify.samples import lien_alert

ONE, TWO, THREE = "one@home.example", "two@home.example", "three@home.example"


def channel(port: int, **changes: object) -> EmailChannel:
    base = EmailSettings(host="127.0.0.1", port=port, sender="alerts@watch.example", to=(ONE, TWO, THREE), timeout=5)
    return EmailChannel(replace(base, **changes))  # type: ignore[arg-type]


def deliver(by: EmailChannel) -> Reply:
    return by.send(by.prepare(lien_alert()))


def refused(by: EmailChannel) -> TransportError:
    with pytest.raises(TransportError) as caught:
        deliver(by)
    assert "\n" not in str(caught.value)
    return caught.value


def test_those_served_are_served_and_those_refused_are_named(smtp_server: Callable[..., Mailbox]) -> None:
    server = smtp_server()
    server.refuse = {ONE: "550 5.1.1 no such user", TWO: "450 4.2.0 greylisted, try later"}
    by = channel(server.port)
    prepared = by.prepare(lien_alert())
    reply = by.send(prepared)
    assert server.received[0].recipients == [THREE]
    assert [(r.recipient, r.permanent, r.reply) for r in reply.refused] == [
        (ONE, True, "550 5.1.1 no such user"), (TWO, False, "450 4.2.0 greylisted, try later"),
    ]
    server.refuse = {}
    by.send(replace(prepared, recipients=reply.retry))
    assert server.received[1].recipients == [TWO]
    assert server.received[1].body == server.received[0].body


@pytest.mark.parametrize(("answers", "permanent"), [
    (("550 5.1.1 no such user",) * 3, True),
    (("500 5.5.1 no", "551 moved", "599 no"), True),
    (("499 later",) * 3, False),
    (("450 4.2.0 try later",) * 3, False),
    (("550 5.1.1 no such user", "450 4.2.0 try later", "550 5.1.1 no such user"), False),
])
def test_refusing_everybody_is_permanent_only_when_nobody_may_be_tried_again(
    smtp_server: Callable[..., Mailbox], answers: tuple[str, ...], permanent: bool
) -> None:
    server = smtp_server()
    server.refuse = dict(zip((ONE, TWO, THREE), answers, strict=True))
    error = refused(channel(server.port))
    assert error.permanent is permanent
    assert [r.recipient for r in error.refused] == [ONE, TWO, THREE]
    assert f"{TWO}: {answers[1]}" in str(error)
    assert server.received == []


@pytest.mark.parametrize(("reply", "permanent"), [
    ("451 4.3.0 local error", False), ("452 4.3.1 out of storage", False), ("421 4.3.2 going down", False),
    ("550 5.7.1 looks like spam", True), ("552 5.3.4 too large", True), ("554 5.0.0 failed", True),
])
def test_the_reply_after_the_message_decides(
    smtp_server: Callable[..., Mailbox], reply: str, permanent: bool
) -> None:
    server = smtp_server()
    server.after_data = reply
    error = refused(channel(server.port))
    assert error.permanent is permanent
    assert reply in str(error)


@pytest.mark.parametrize(("script", "permanent", "told"), [
    ({"MAIL": "451 4.7.1 later"}, False, "451 4.7.1 later"),
    ({"MAIL": "553 5.1.8 sender unknown"}, True, "553 5.1.8 sender unknown"),
    ({"RCPT": "421 4.7.0 too many"}, False, "421 4.7.0 too many"),
    ({"DATA": "451 later"}, False, "451 later"),
    ({"DATA": "554 no valid recipients"}, True, "554 no valid recipients"),
    ({"EHLO": None}, False, "closed the connection"),
    ({"MAIL": None}, False, "closed the connection"),
    ({"RCPT": None}, False, "closed the connection"),
    ({"DATA": None}, False, "closed the connection"),
    ({"END": None}, False, "closed the connection"),
    ({"greeting": "554 no service"}, True, "554 no service"),
    ({"greeting": "421 busy"}, False, "421 busy"),
    ({"greeting": "HTTP/1.1 400 Bad Request"}, False, "refused the message: -1"),
])
def test_each_step_of_the_talk_may_be_refused_or_dropped(
    scripted: Callable[..., Scripted], script: dict[str, str | None], permanent: bool, told: str
) -> None:
    error = refused(channel(scripted(**script).port))
    assert error.permanent is permanent
    assert told in str(error)


def test_a_server_that_hangs_up_after_taking_the_message_has_it(scripted: Callable[..., Scripted]) -> None:
    server = scripted(END="250 taken", QUIT=None)
    assert deliver(channel(server.port)).text == "250 taken"
    assert server.verbs[-1] == "QUIT"


def test_nobody_listening_is_temporary() -> None:
    error = refused(channel(free_port()))
    assert not error.permanent
    assert "cannot be reached (Connection refused)" in str(error)


def test_a_host_that_does_not_resolve_is_temporary() -> None:
    error = refused(channel(25, host="no-such-host.invalid", security="plain"))
    assert not error.permanent
    assert "no-such-host.invalid:25 cannot be reached" in str(error)


@pytest.fixture
def locked(smtp_server: Callable[..., Mailbox], certificate: Certificate) -> Mailbox:
    return smtp_server(
        tls_context=certificate.server_context(), require_starttls=True, auth_required=True, authenticator=authenticate
    )


def locked_channel(server: Mailbox, certificate: Certificate, **changes: object) -> EmailChannel:
    return channel(server.port, security="starttls", ca_file=str(certificate.file), username="watcher",
                   password=Secret(env="MAIL_PASSWORD"), **changes)


def test_a_wrong_password_is_permanent_and_is_told_to_nobody(
    locked: Mailbox, certificate: Certificate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrong = "wrong-battery-2840"
    monkeypatch.setenv("MAIL_PASSWORD", wrong)
    with caplog.at_level(logging.DEBUG):
        error = refused(locked_channel(locked, certificate))
        logging.getLogger("test").error("delivery failed", exc_info=error)
    assert error.permanent
    assert "refused the user name and password: 535" in str(error)
    printed = capsys.readouterr()
    told = "".join([caplog.text, *traceback.format_exception(error), printed.out, printed.err, repr(error.__dict__)])
    assert "535" in told
    for secret in (wrong, base64.b64encode(wrong.encode()).decode(), base64.b64encode(f"\0watcher\0{wrong}".encode())):
        assert str(secret) not in told
    assert locked.received == []


def test_a_server_that_echoes_the_password_is_not_quoted(
    scripted: Callable[..., Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    echo = f"535 5.7.8 bad password {PASSWORD} ({base64.b64encode(PASSWORD.encode()).decode()})"
    server = scripted(EHLO="250-here\r\n250 AUTH PLAIN", AUTH=echo)
    by = channel(server.port, security="plain", username="watcher", password=Secret(env="MAIL_PASSWORD"))
    error = refused(by)
    assert "535 5.7.8 bad password [password] ([password]" in str(error)
    assert PASSWORD not in str(error)


def test_authentication_that_is_down_for_now_is_temporary(
    scripted: Callable[..., Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    server = scripted(EHLO="250-here\r\n250 AUTH PLAIN", AUTH="454 4.7.0 temporary authentication failure")
    error = refused(channel(server.port, username="watcher", password=Secret(env="MAIL_PASSWORD")))
    assert not error.permanent
    assert "454 4.7.0" in str(error)


def test_the_right_password_from_a_file_is_taken_anew_for_each_message(
    locked: Mailbox, certificate: Certificate, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    kept = tmp_path_factory.mktemp("secrets") / "smtp"
    kept.write_text("not-yet-right\n")
    monkeypatch.setenv("MAIL_PASSWORD_FILE", str(kept))
    by = locked_channel(locked, certificate)
    assert refused(by).permanent
    kept.write_text(PASSWORD + "\n")
    deliver(by)
    assert locked.received[0].authenticated


def test_a_password_that_is_not_there_is_said_by_the_name_of_its_place(
    smtp_server: Callable[..., Mailbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAIL_PASSWORD", raising=False)
    server = smtp_server()
    error = refused(channel(server.port, username="watcher", password=Secret(env="MAIL_PASSWORD")))
    assert str(error) == "channel email: neither MAIL_PASSWORD nor MAIL_PASSWORD_FILE is set in the environment"
    assert not error.permanent
    assert server.received == []
