"""E-mail against real SMTP servers on loopback: what arrives, how it is threaded, how it is protected."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage

import pytest

from monitor.notify.base import TransportError
from monitor.notify.email import EmailChannel
from monitor.notify.settings import EmailSettings, Secret
from tests.notify.conftest import PASSWORD, Certificate, Mailbox, authenticate
from tests.notify.samples import DOCKET, LIEN, LIEN_TEXT, NOTE, lien_alert, payload, ripened_alert

Start = Callable[..., Mailbox]


def settings(port: int, **changes: object) -> EmailSettings:
    base = EmailSettings(
        host="127.0.0.1", port=port, sender="covenantd <alerts@watch.example>", to=("holder@home.example",), timeout=5
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def parsed(body: bytes) -> EmailMessage:
    message = email.message_from_bytes(body, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body(preferencelist=(kind,))
    assert found is not None, f"no {kind} part"
    return str(found.get_content()).replace("\r\n", "\n")


def test_the_bytes_the_server_got_are_the_bytes_prepared(smtp_server: Start) -> None:
    server = smtp_server()
    channel = EmailChannel(settings(server.port))
    prepared = channel.prepare(lien_alert(), [payload()])
    reply = channel.send(prepared)
    assert reply.text == "250 2.0.0 queued as 4F1"
    assert reply.refused == ()
    assert [r.body for r in server.received] == [prepared.body]
    assert server.received[0].sender == "alerts@watch.example"
    assert server.received[0].recipients == ["holder@home.example"]


def test_the_message_is_text_and_html_and_stands_alone(smtp_server: Start) -> None:
    server = smtp_server()
    channel = EmailChannel(settings(server.port))
    channel.send(channel.prepare(lien_alert()))
    message = parsed(server.received[0].body)
    assert message["Subject"].startswith(f"{NOTE}, clause (b): day 13 of 20.")
    assert message["Date"].datetime == lien_alert().at
    assert message["Auto-Submitted"] == "auto-generated"
    for kind in ("plain", "html"):
        shown = part(message, kind)
        for words in (
            "released, satisfied of record or bonded within twenty (20) days thereafter", "Wed 6 July 2005",
            "default 7 July 2005", "NOTICE OF FEDERAL TAX LIEN", LIEN.sha256, "17 June 2005, 14:02 UTC", LIEN.url,
            "A reading of the note, not legal advice.", "reminder 7 days before the last cure day",
            "recorded release or a bond", "verified",
        ):
            assert words in shown, f"{words!r} is missing from the {kind} part"
        assert "localhost" not in shown
        assert "127.0.0.1" not in shown


def test_two_alerts_of_one_matter_are_one_thread_though_the_first_is_lost(smtp_server: Start) -> None:
    server = smtp_server()
    channel = EmailChannel(settings(server.port))
    for alert in (lien_alert(), ripened_alert()):
        channel.send(channel.prepare(alert))
    first, second = (parsed(r.body) for r in server.received)
    assert first["Message-ID"] == f"<{lien_alert().id}@watch.example>"
    assert first["Message-ID"] != second["Message-ID"]
    assert first["References"] == second["References"] == f"<thread.{lien_alert().thread}@watch.example>"
    assert first["In-Reply-To"] == second["In-Reply-To"] == first["References"]


def test_another_matter_is_another_thread() -> None:
    channel = EmailChannel(settings(25))
    one, other = channel.prepare(lien_alert()), channel.prepare(lien_alert(thread="0" * 24))
    assert one.header("references") != other.header("references")


def test_equal_alerts_give_equal_bytes_from_two_channels() -> None:
    first, second = EmailChannel(settings(25)), EmailChannel(settings(2525))
    assert first.prepare(lien_alert(), [payload()]) == second.prepare(lien_alert(), [payload()])


def test_a_configured_domain_names_the_messages() -> None:
    prepared = EmailChannel(settings(25, domain="ids.example")).prepare(lien_alert())
    assert prepared.header("Message-ID") == f"<{lien_alert().id}@ids.example>"


def test_a_payload_below_1_mb_is_attached_whole(smtp_server: Start) -> None:
    server = smtp_server()
    channel = EmailChannel(settings(server.port))
    binary = bytes(range(256)) * 3_900
    sent = [payload(), payload(binary, "../..\\état \r\nBcc: x@y.example.pdf", "application/pdf; name=x")]
    channel.send(channel.prepare(lien_alert(), sent))
    message = parsed(server.received[0].body)
    first, second = message.iter_attachments()
    assert (first.get_filename(), first.get_content_type()) == ("lien-NY-123.html", "text/html")
    assert first.get_payload(decode=True) == DOCKET
    assert second.get_content_type() == "application/pdf"
    assert second.get_filename() == "tat_Bcc_x_y.example.pdf"
    assert second.get_payload(decode=True) == binary
    assert message["Bcc"] is None
    assert f"Attached: lien-NY-123.html, 47 bytes, sha256 {sent[0].sha256}" in part(message, "plain")


def test_a_payload_of_1_mb_is_named_by_size_and_digest_instead(smtp_server: Start) -> None:
    server = smtp_server()
    channel = EmailChannel(settings(server.port))
    large = payload(b"x" * 1_000_000, "docket.html")
    just_below = payload(b"y" * 999_999, "fits.html")
    channel.send(channel.prepare(lien_alert(), [large, just_below]))
    message = parsed(server.received[0].body)
    assert [a.get_filename() for a in message.iter_attachments()] == ["fits.html"]
    for kind in ("plain", "html"):
        words = f"Kept in the ledger, not attached: docket.html, 1.0 MB, sha256 {large.sha256}"
        assert words in part(message, kind)


def test_attachments_together_stay_below_what_servers_take() -> None:
    many = [payload(bytes([n]) * 900_000, f"p{n}.bin") for n in range(9)]
    message = parsed(EmailChannel(settings(25)).prepare(lien_alert(), many).body)
    assert len(list(message.iter_attachments())) == 5
    assert part(message, "plain").count("not attached") == 4


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed", "text/html\r\nX: y", "nonsense", ""])
def test_an_odd_media_type_is_attached_as_a_plain_file(kind: str) -> None:
    message = parsed(EmailChannel(settings(25)).prepare(lien_alert(), [payload(content_type=kind)]).body)
    (attached,) = message.iter_attachments()
    assert attached.get_content_type() == "application/octet-stream"
    assert attached.get_payload(decode=True) == DOCKET


def test_a_dot_and_a_from_line_at_the_start_of_a_line_survive(smtp_server: Start) -> None:
    server = smtp_server()
    channel = EmailChannel(settings(server.port))
    text = "first\n.\n..two dots\nFrom here\nlast"
    channel.send(channel.prepare(lien_alert(evidence=(replace(LIEN, text=text),))))
    message = parsed(server.received[0].body)
    assert "> .\n> ..two dots\n> From here\n> last" in part(message, "plain")
    assert text in part(message, "html")


def test_starttls_and_the_password_are_used(
    smtp_server: Start, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = smtp_server(
        tls_context=certificate.server_context(), require_starttls=True, auth_required=True,
        authenticator=authenticate,
    )
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    channel = EmailChannel(settings(
        server.port, security="starttls", ca_file=str(certificate.file), username="watcher",
        password=Secret(env="MAIL_PASSWORD"),
    ))
    channel.send(channel.prepare(lien_alert()))
    assert server.received[0].encrypted
    assert server.received[0].authenticated
    assert LIEN_TEXT.splitlines()[1] in part(parsed(server.received[0].body), "plain")


def test_a_certificate_of_somebody_else_stops_the_message(
    smtp_server: Start, certificate: Certificate, foreign_certificate: Certificate
) -> None:
    for shown, trusted in ((foreign_certificate, foreign_certificate), (certificate, foreign_certificate)):
        server = smtp_server(tls_context=shown.server_context())
        channel = EmailChannel(settings(server.port, security="starttls", ca_file=str(trusted.file)))
        with pytest.raises(TransportError, match="has no trusted certificate") as caught:
            channel.send(channel.prepare(lien_alert()))
        assert not caught.value.permanent
        assert server.received == []


def test_a_server_without_starttls_gets_nothing_when_starttls_is_demanded(smtp_server: Start) -> None:
    server = smtp_server()
    channel = EmailChannel(settings(server.port, security="starttls"))
    with pytest.raises(TransportError, match="STARTTLS extension not supported") as caught:
        channel.send(channel.prepare(lien_alert()))
    assert not caught.value.permanent
    assert server.received == []


@pytest.mark.parametrize(("host", "security", "encrypted"), [
    ("127.0.0.1", "auto", False), ("localhost", "auto", False), ("::1", "auto", False),
    ("smtp.example.com", "auto", True), ("127.0.0.1.example.com", "auto", True), ("smtp.example.com", "plain", False),
    ("127.0.0.1", "starttls", True), ("127.0.0.1", "tls", True),
])
def test_encryption_is_required_everywhere_but_on_this_machine(host: str, security: str, encrypted: bool) -> None:
    assert settings(25, host=host, security=security).encrypted is encrypted


def test_a_simulated_alert_never_becomes_mail() -> None:
    with pytest.raises(TransportError, match="never goes to a real channel") as caught:
        EmailChannel(settings(25)).prepare(lien_alert(simulated=True))
    assert caught.value.permanent
