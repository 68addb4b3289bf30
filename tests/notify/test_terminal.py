"""The terminal channel: short, stamped, and deaf to markup and escape codes of a source."""

from __future__ import annotations

import errno
import io
from dataclasses import replace

import pytest
from rich.console import Console

from monitor.notify.base import ChannelClosed, TransportError
from monitor.notify.terminal import TerminalChannel
from tests.notify.samples import LIEN, NOTE, WARNING, lien_alert


def printed(alert: object, *, width: int = 400, colour: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=colour, color_system="standard" if colour else None)
    by = TerminalChannel(console=console)
    assert by.send(by.prepare(alert)).text == "printed"  # type: ignore[arg-type]
    return out.getvalue()


def test_an_alert_is_a_few_lines() -> None:
    lines = [line.rstrip() for line in printed(lien_alert()).splitlines()]
    assert lines[0] == "29 June 2005, 11:00 UTC  reminder"
    assert lines[1] == f"  {lien_alert().headline}"
    assert any(line == "  State: running; Sources: verified" for line in lines)
    assert any("released, satisfied of record or bonded" in line for line in lines)
    assert len(lines) <= 10


def test_long_lines_stay_indented_on_a_narrow_terminal() -> None:
    lines = printed(lien_alert(), width=60).splitlines()
    assert all(len(line) <= 60 for line in lines)
    assert all(line.startswith("  ") for line in lines[1:])


def test_a_simulated_alert_is_stamped_and_a_petition_comes_first() -> None:
    assert printed(lien_alert(simulated=True)).startswith("SIMULATED  29 June 2005, 11:00 UTC")
    both = [line.strip() for line in printed(lien_alert(simulated=True, petition="on file")).splitlines()]
    assert both[0] == f"SIMULATED  {WARNING}"
    assert both[1].startswith("29 June 2005, 11:00 UTC")
    assert printed(lien_alert(petition="on file")).startswith(WARNING)


def test_markup_of_a_source_is_shown_and_not_obeyed() -> None:
    evil = "[bold red]x[/] [link=http://evil.example]y[/link] :skull:"
    shown = printed(lien_alert(headline=evil, body=(evil,), evidence=(replace(LIEN, record=evil),)), colour=True)
    assert shown.count(evil) == 3
    assert "\x1b]8" not in shown


def test_escape_codes_of_a_source_reach_no_terminal() -> None:
    shown = printed(lien_alert(headline="\x1b[2J\x1b]0;owned\x07 \x9b31m gone", body=("\x1b[31mred\rback",)))
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    assert "\x07" not in shown
    assert "\r" not in shown
    assert "[2J]0;owned 31m gone" in shown


def test_colours_are_used_on_a_terminal_and_dropped_elsewhere() -> None:
    assert "\x1b[1;33m" in printed(lien_alert(), colour=True)
    assert "\x1b" not in printed(lien_alert())


def test_equal_alerts_give_equal_bytes_whatever_is_attached() -> None:
    narrow = TerminalChannel(console=Console(file=io.StringIO(), width=40))
    wide = TerminalChannel(console=Console(file=io.StringIO(), width=200, force_terminal=True))
    assert narrow.prepare(lien_alert()) == wide.prepare(lien_alert())
    assert NOTE.encode() in narrow.prepare(lien_alert()).body


def test_a_terminal_that_went_away_is_one_plain_line() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    by = TerminalChannel(console=Console(file=Gone()))
    with pytest.raises(ChannelClosed, match=r"nobody reads it any more \(Broken pipe\)") as caught:
        by.send(by.prepare(lien_alert()))
    assert "\n" not in str(caught.value)
    closed = io.StringIO()
    by = TerminalChannel(console=Console(file=closed))
    closed.close()
    with pytest.raises(ChannelClosed, match="it is closed"):
        by.send(by.prepare(lien_alert()))


def test_a_full_disk_under_the_output_is_tried_again() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    by = TerminalChannel(console=Console(file=Full()))
    with pytest.raises(TransportError, match="No space left on device") as caught:
        by.send(by.prepare(lien_alert()))
    assert not caught.value.permanent


def test_a_terminal_of_another_alphabet_gets_the_message_all_the_same() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    by = TerminalChannel(console=Console(file=out))
    assert by.send(by.prepare(lien_alert(headline="Müller \u4f60 note"))).text == "printed"
    out.seek(0)
    assert "M?ller ? note" in out.read()
