"""What a channel needs to know, and where its secret is kept. A secret itself is never a setting.

Settings are plain: whoever reads the configuration file builds them and adds file and line to each ``Problem``.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import getaddresses
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from monitor.notify.wording import is_loopback

Security = Literal["auto", "starttls", "tls", "plain"]

_ADDRESS = re.compile(r"[^@\s<>,;:\"\\()\[\]]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a channel's settings: which field, what is wrong, what to write instead."""

    field: str
    wrong: str
    instead: str

    def __str__(self) -> str:
        return f"{self.field}: {self.wrong}{'' if self.wrong.endswith('?') else '.'} {self.instead}."


class SettingsError(ValueError):
    """Every problem of one channel's settings at once; its text holds no secret."""

    def __init__(self, channel: str, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(f"channel {channel}: {p}" for p in problems))
        self.channel = channel
        self.problems = problems


class SecretMissing(Exception):
    """A secret that cannot be read now: one plain line that names where it was looked for, never what was found."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is: a file, or an environment variable, or the file that ``<variable>_FILE`` names.

    Read anew for each delivery, so that a rotated secret needs no restart and none stays in memory.
    """

    env: str = ""
    file: str = ""

    def __bool__(self) -> bool:
        return bool(self.env or self.file)

    def problems(self, name: str) -> tuple[Problem, ...]:
        if self.env and self.file:
            return (Problem(name, "both an environment variable and a file are named", "Keep one of the two"),)
        if self.env and not _NAME.fullmatch(self.env):
            # The value is not repeated: this is where somebody pastes the secret itself.
            return (Problem(name + "_env", "this is not the name of an environment variable",
                            "Write the variable's name here and put the secret into the variable"),)
        return ()

    def read(self, environ: Mapping[str, str] | None = None) -> str:
        """The secret, without its last line break. Raises SecretMissing; no message ever quotes the value."""
        environ = os.environ if environ is None else environ
        if self.file:
            return _from_file(self.file, self.file)
        direct, pointed = environ.get(self.env, ""), environ.get(self.env + "_FILE", "")
        if direct and pointed:
            raise SecretMissing(f"both {self.env} and {self.env}_FILE are set: unset one of them")
        if direct:
            return _checked(direct, self.env)
        if pointed:
            return _from_file(pointed, f"the file named by {self.env}_FILE")
        raise SecretMissing(f"neither {self.env} nor {self.env}_FILE is set in the environment")


def _from_file(path: str, called: str) -> str:
    try:
        return _checked(Path(path).read_text(encoding="utf-8"), called)
    except OSError as error:
        raise SecretMissing(f"cannot read {called}: {error.strerror or type(error).__name__}") from None
    except UnicodeDecodeError:
        # The error object carries the bytes it choked on: they are the secret.
        raise SecretMissing(f"{called} is not UTF-8 text") from None


def _checked(value: str, called: str) -> str:
    value = value.rstrip("\r\n")
    if not value:
        raise SecretMissing(f"{called} is empty")
    if not value.isascii() or not value.isprintable():
        raise SecretMissing(f"{called} holds a control or non-ASCII character, which cannot be sent")
    return value


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """SMTP submission. ``security``: ``auto`` demands STARTTLS except from this machine to itself; ``starttls`` demands
    it always; ``tls`` is TLS from the first byte (port 465); ``plain`` never encrypts and then takes no password to
    another machine. ``domain`` is the right side of Message-ID (default: the sender's). ``timeout`` in seconds.
    """

    host: str
    sender: str
    to: tuple[str, ...]
    name: str = "email"
    port: int = 587
    security: Security = "auto"
    username: str = ""
    password: Secret = field(default_factory=Secret)
    domain: str = ""
    ca_file: str = ""
    timeout: float = 30.0

    @property
    def encrypted(self) -> bool:
        return self.security in {"starttls", "tls"} or (self.security == "auto" and not is_loopback(self.host))

    def problems(self) -> tuple[Problem, ...]:
        found = list(_mail_problems(self.sender, self.to, self.domain))
        if not _HOST.fullmatch(self.host) and not _is_ip(self.host):
            found.append(Problem("host", f"{self.host!r} is not a host name", "Write for example smtp.example.com"))
        if not 0 < self.port < 65536:
            found.append(Problem("port", f"{self.port} is not a port", "Write 587, 465 or 25"))
        if self.security not in ("auto", "starttls", "tls", "plain"):
            found.append(Problem("security", f"unknown value {self.security!r}", "Write starttls, tls, plain or auto"))
        if self.timeout <= 0:
            found.append(Problem("timeout", f"{self.timeout} is not a time to wait", "Write seconds above 0"))
        if bool(self.username) != bool(self.password):
            found.append(Problem("username", "a user name and a password go together",
                                 "Give both username and password_env (or password_file), or neither"))
        if not self.username.isascii() or not self.username.isprintable():
            found.append(Problem("username", "only printable ASCII can be sent", "Write the server's user name"))
        if self.password and not self.encrypted and not is_loopback(self.host):
            found.append(Problem("security", "the password would cross the network unencrypted",
                                 "Write starttls or tls, or leave username and password out"))
        if self.ca_file and not Path(self.ca_file).is_file():
            found.append(Problem("ca_file", f"no file {self.ca_file}", "Name a PEM file of trusted certificates"))
        return (*found, *self.password.problems("password"))


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """An incoming webhook. Its whole address is the secret. ``timeout`` in seconds."""

    url: Secret
    name: str = "slack"
    timeout: float = 30.0

    def problems(self) -> tuple[Problem, ...]:
        found = list(self.url.problems("url"))
        if not self.url:
            found.append(Problem("url_env", "the webhook's address is not named",
                                 "Write url_env: and the variable that holds it, or url_file: and a path"))
        if self.timeout <= 0:
            found.append(Problem("timeout", f"{self.timeout} is not a time to wait", "Write seconds above 0"))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class FileSettings:
    """A folder of ``.eml`` and ``.json``. With an e-mail channel's sender, to and domain the bytes are the same."""

    folder: str = "outbox"
    name: str = "file"
    sender: str = "covenantd <alerts@covenantd.invalid>"
    to: tuple[str, ...] = ("holder@covenantd.invalid",)
    domain: str = ""

    def problems(self) -> tuple[Problem, ...]:
        found = list(_mail_problems(self.sender, self.to, self.domain))
        if not self.folder.strip() or "\0" in self.folder:
            found.append(Problem("folder", "no folder is named", "Write folder: outbox"))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class TerminalSettings:
    """The terminal that the program was started on."""

    name: str = "terminal"

    def problems(self) -> tuple[Problem, ...]:
        return ()


ChannelSettings = EmailSettings | SlackSettings | FileSettings | TerminalSettings


def address_of(text: str) -> str:
    """The bare address in ``Name <a@b>`` or ``a@b``; "" when there is none that SMTP could carry."""
    if not text.isprintable():
        return ""
    found = getaddresses([text])
    address = found[0][1] if len(found) == 1 else ""
    return address if address.isascii() and _ADDRESS.fullmatch(address) else ""


def webhook_complaint(url: str) -> str:
    """Why ``url`` cannot be a webhook, "" when it can. Never quotes it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "the webhook's address is not a URL"
    if parts.scheme == "https" and host and port != 0:
        return ""
    if parts.scheme == "http" and is_loopback(host):
        return ""
    return "the webhook's address does not begin with https://"


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _mail_problems(sender: str, to: tuple[str, ...], domain: str) -> tuple[Problem, ...]:
    found = []
    if not address_of(sender):
        found.append(Problem("sender", f"{sender!r} is not an e-mail address", "Write for example alerts@example.com"))
    if not to:
        found.append(Problem("to", "nobody to write to", "List at least one address"))
    found += [
        Problem("to", f"{one!r} is not an e-mail address", "Write for example holder@example.com")
        for one in to if not address_of(one)
    ]
    if domain and not _DOMAIN.fullmatch(domain):
        found.append(Problem("domain", f"{domain!r} is not a domain", "Write for example example.com"))
    return tuple(found)
