"""One alert on the terminal: short, coloured by how bad it is, and never interpreted as markup."""

from __future__ import annotations

import errno
import io
from collections.abc import Sequence
from typing import ClassVar

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from monitor.core.alerts import Alert, AlertKind
from monitor.core.day_words import instant_words
from monitor.notify.base import Attachment, ChannelClosed, Prepared, Reply, TransportError
from monitor.notify.content import Content, content
from monitor.notify.settings import TerminalSettings

_STYLE = {
    AlertKind.OPENED: "bold yellow",
    AlertKind.REMINDER: "bold yellow",
    AlertKind.RIPENED: "bold red",
    AlertKind.REDATED: "bold red",
    AlertKind.UNDETERMINED: "bold red",
    AlertKind.STALE: "bold magenta",
    AlertKind.CURED: "bold green",
    AlertKind.EXCEPTED: "bold green",
    AlertKind.WAIVED: "bold green",
    AlertKind.CLEARED: "bold green",
    AlertKind.WITHDRAWN: "bold green",
    AlertKind.RECOVERED: "bold green",
}
_SHOWN_ROWS = ("State", "Acceleration", "Sources")

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EAGAIN})
"""Reasons that pass: a full disk under a file that standard output was sent to."""


class TerminalChannel:
    """The terminal of ``covenantd run``. What was printed is kept as its ANSI text."""

    kind: ClassVar[str] = "terminal"
    real: ClassVar[bool] = False

    def __init__(self, settings: TerminalSettings | None = None, console: Console | None = None) -> None:
        self._settings = settings or TerminalSettings()
        self._console = console or Console()

    @property
    def name(self) -> str:
        return self._settings.name

    def prepare(self, alert: Alert, attachments: Sequence[Attachment] = ()) -> Prepared:
        # A fixed width and colour set: equal alerts give equal bytes whatever terminal is attached.
        writer = Console(
            width=1_000_000, color_system="standard", force_terminal=True, no_color=False, legacy_windows=False
        )
        with writer.capture() as printed:
            writer.print(lines(alert), soft_wrap=True, highlight=False)
        return Prepared(alert=alert.id, body=printed.get().encode(), content_type="text/plain")

    def send(self, prepared: Prepared) -> Reply:
        """Print, indented under the first line. The console drops the colours when it is not a terminal."""
        first, *rest = Text.from_ansi(prepared.body.decode()).split("\n")
        out = self._console
        # Laid out apart and written by hand: when a pipe has closed, rich's own print ends the whole process.
        page = Console(
            file=io.StringIO(), width=out.width, force_terminal=out.is_terminal, legacy_windows=False,
            color_system="standard" if out.color_system else None, no_color=out.no_color,
        )
        with page.capture() as shown:
            page.print(first, highlight=False)
            page.print(Padding(Text("\n").join(rest), (0, 0, 0, 2)), highlight=False)
        try:
            self._write(shown.get())
        except (OSError, ValueError) as error:  # ValueError: a file that was closed
            reason = getattr(error, "strerror", None) or "it is closed"
            if getattr(error, "errno", None) in _FULL:
                raise TransportError(f"channel {self.name}: cannot print: {reason}", permanent=False) from None
            raise ChannelClosed(
                f"channel {self.name}: nobody reads it any more ({reason}). It prints nothing more in this run; the "
                "other channels go on, and what waits for it is printed by the next run."
            ) from None
        return Reply("printed")

    def _write(self, text: str) -> None:
        file = self._console.file
        try:
            file.write(text)
        except UnicodeEncodeError:  # a terminal of another alphabet still gets the dates
            known = getattr(file, "encoding", None) or "ascii"
            file.write(text.encode(known, "replace").decode(known))
        file.flush()


def lines(alert: Alert) -> Text:
    """The alert in a few lines, built from plain pieces: text from a source is never parsed as rich markup."""
    shown = content(alert, carries_files=False)
    text = Text()
    if shown.simulated:
        text.append("SIMULATED", style="black on yellow")
        text.append("  ")
    if shown.stay:
        text.append(shown.stay, style="bold white on red")
        text.append("\n")
    text.append(f"{instant_words(alert.at)}  {alert.kind.value}", style="dim")
    text.append(f"\n{shown.headline}", style=_STYLE.get(alert.kind, "bold"))
    for line in shown.body:
        text.append(f"\n{line}")
    for line in _facts(shown):
        text.append(f"\n{line}", style="dim")
    return text


def _facts(shown: Content) -> list[str]:
    dates = "; ".join(f"{label}: {value}" for label, value in shown.rows if label in _SHOWN_ROWS)
    found = [dates] if dates else []
    if shown.quote:
        found.append(f'{shown.quote_of}: "{shown.quote}"')
    found += [f"Next: {step}" for step in shown.next_step]
    found += [
        f"Evidence: {c.title} ({c.origin})" + (f", sha256 {c.digest[:12]}" if c.digest else "") for c in shown.evidence
    ]
    return found
