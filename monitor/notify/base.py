"""What every channel is: it prepares bytes, it sends them, and it says plainly what the other side answered.

Preparing is apart from sending so that the ledger can keep the bytes before they leave, and send the same bytes
again after a crash (model.md, "The record"). Channels are listed in registry.py, one row each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from monitor.core.alerts import Alert


@dataclass(frozen=True, slots=True)
class Attachment:
    """A raw payload behind an alert: the file name shown to people, its media type, its bytes."""

    name: str
    content_type: str
    body: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Prepared:
    """One delivery, ready to leave: nothing in it is secret, and equal alerts give equal bytes.

    ``body`` is what goes over the wire or into the file. ``beside`` is a second document that a channel keeps with
    it (the file channel's JSON). ``headers`` names what a person looks for (Message-ID, Subject, file name).
    ``recipients`` are the addresses still to be served; empty where the channel has one fixed end.
    """

    alert: str
    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()
    recipients: tuple[str, ...] = ()
    beside: bytes = b""

    def header(self, name: str) -> str:
        """The first header of that name, "" if there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One recipient that the server would not serve. ``permanent`` False: worth another try."""

    recipient: str
    permanent: bool
    reply: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other side answered to a delivery that it took, in its own words.

    ``refused`` holds recipients that it did not serve although it served others. To serve the temporary ones again
    without repeating the rest, send ``dataclasses.replace(prepared, recipients=reply.retry)``.
    """

    text: str
    refused: tuple[Refusal, ...] = ()

    @property
    def retry(self) -> tuple[str, ...]:
        return tuple(r.recipient for r in self.refused if not r.permanent)


class TransportError(Exception):
    """A delivery that did not arrive: one plain line, without any secret.

    ``permanent``: trying again cannot help until a person changes something. ``retry_after``: seconds the other side
    asked us to wait, if it did. ``refused``: who was refused, when the refusal was per recipient.
    """

    def __init__(
        self, line: str, *, permanent: bool, retry_after: float | None = None, refused: tuple[Refusal, ...] = ()
    ) -> None:
        super().__init__(line)
        self.line = line
        self.permanent = permanent
        self.retry_after = retry_after
        self.refused = refused


class ChannelClosed(Exception):
    """Nobody reads this channel any more while this process lives (a pipe was closed): one plain line.

    What waits for it stays in the outbox, untried: another run can still tell it.
    """


class Channel(Protocol):
    """One way to reach a person.

    ``kind`` is its row in the registry. ``real``: it leaves this machine for a person, so a simulated alert must never
    take it (model.md, "Time"); such channels refuse one in ``prepare``.
    """

    kind: ClassVar[str]
    real: ClassVar[bool]

    @property
    def name(self) -> str:
        """The name the configuration gives it."""
        ...

    def prepare(self, alert: Alert, attachments: Sequence[Attachment] = ()) -> Prepared:
        """The bytes to send. Pure: no clock, no network, no secret. Raises TransportError for a simulated alert."""
        ...

    def send(self, prepared: Prepared) -> Reply:
        """Deliver. Sending the same bytes twice is allowed: the identity inside lets the reader fold them.

        Raises TransportError when it did not arrive, ChannelClosed when nothing will any more in this process.
        """
        ...


def refuse_simulated(alert: Alert, channel: str) -> None:
    """An invented default must never reach a person as mail: raises TransportError for a simulated alert."""
    if alert.simulated:
        raise TransportError(
            f"channel {channel}: a simulated alert never goes to a real channel; use a file or terminal channel",
            permanent=True,
        )
