"""Real servers on loopback: an SMTP server that keeps what it gets, one that follows a script, and certificates."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PASSWORD = "correct-horse-7391"


@dataclass
class Received:
    sender: str
    recipients: list[str]
    body: bytes
    encrypted: bool
    authenticated: bool


@dataclass
class Mailbox:
    """An aiosmtpd handler: keeps every message, refuses the recipients it was told to refuse."""

    port: int = 0
    refuse: dict[str, str] = field(default_factory=dict)
    after_data: str = "250 2.0.0 queued as 4F1"
    received: list[Received] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.received.append(Received(
            str(envelope.mail_from), list(envelope.rcpt_tos), envelope.content,
            session.ssl is not None, bool(session.authenticated),
        ))
        return self.after_data


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and data == LoginPassword(b"watcher", PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@pytest.fixture
def smtp_server() -> Iterator[Callable[..., Mailbox]]:
    """Start a server; keyword arguments go to aiosmtpd's SMTP class."""
    running: list[Controller] = []

    def start(**options: Any) -> Mailbox:
        mailbox = Mailbox(port=free_port())
        controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port, **options)
        controller.start()
        running.append(controller)
        return mailbox

    yield start
    for controller in running:
        controller.stop()


@dataclass(frozen=True)
class Certificate:
    file: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.file, self.key)
        return context


def make_certificate(folder: Path, names: str) -> Certificate:
    """A self-made certificate for ``names`` (subjectAltName syntax), by the openssl command."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the openssl command is not installed: no certificate for STARTTLS")
    made = Certificate(folder / "cert.pem", folder / "key.pem")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
         "-subj", "/CN=loopback", "-addext", f"subjectAltName={names}", "-keyout", str(made.key), "-out",
         str(made.file)],
        check=True, capture_output=True,
    )
    return made


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"), "IP:127.0.0.1,DNS:localhost")


@pytest.fixture(scope="session")
def foreign_certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls-foreign"), "DNS:elsewhere.example")


class Scripted:
    """A server that answers each verb from a table; ``None`` closes the connection instead of answering."""

    def __init__(self, greeting: str, answers: dict[str, str | None]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.verbs: list[str] = []
        self._greeting = greeting
        usual: dict[str, str | None] = {
            "EHLO": "250 here", "MAIL": "250 OK", "RCPT": "250 OK", "DATA": "354 go", "QUIT": "221 bye",
            "RSET": "250 OK", ".": "250 OK",
        }
        self._answers = usual | answers
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # the listener was closed: the test is over
                return
            with connection, connection.makefile("rwb") as stream:
                self._talk(stream)

    def _talk(self, stream: Any) -> None:
        stream.write(self._greeting.encode() + b"\r\n")
        stream.flush()
        in_data = False
        for line in stream:
            verb = line.decode("latin-1").strip().split(" ")[0].upper()
            if in_data and verb != ".":
                continue
            self.verbs.append(verb)
            answer = self._answers.get(verb, "502 what?")
            if answer is None:
                return
            in_data = verb == "DATA" and answer.startswith("354")
            stream.write(answer.encode() + b"\r\n")
            stream.flush()

    def close(self) -> None:
        # shutdown wakes the accept() that the thread is blocked in.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)


@pytest.fixture
def scripted() -> Iterator[Callable[..., Scripted]]:
    running: list[Scripted] = []

    def start(greeting: str = "220 here", **answers: str | None) -> Scripted:
        server = Scripted(greeting, {("." if k == "END" else k): v for k, v in answers.items()})
        running.append(server)
        return server

    yield start
    for server in running:
        server.close()
