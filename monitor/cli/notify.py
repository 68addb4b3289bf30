"""``covenantd notify``: try a channel, see what was given up, send it again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option, find_config, json_option, print_json

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.core.alerts import Alert
    from monitor.ledger.outbox import Delivery


@click.group("notify")
def command() -> None:
    """Test a channel, show and re-send dead letters."""


@command.command("test")
@click.argument("channel")
@config_option
@json_option
def test(channel: str, config_path: Path | None, as_json: bool) -> None:
    """Send a TEST message through CHANNEL for real, and print what the other side answered."""
    from monitor.clock import now
    from monitor.config import load_config
    from monitor.daemon.world import make_channels
    from monitor.notify.base import TransportError
    from monitor.notify.settings import SecretMissing
    from monitor.rulebook.problems import did_you_mean, told

    config, at = load_config(find_config(config_path)), now()
    channels, _ = make_channels(config.channels, simulated=False)
    if channel not in channels:
        known = did_you_mean(channel, channels, "" if channels else "The configuration names no channel.")
        raise click.UsageError(f"no channel {told(channel)}. {known}")
    chosen = channels[channel]
    try:
        reply = chosen.send(chosen.prepare(test_alert(channel, at)))
    except TransportError as error:
        line, code = error.line, 1
    except SecretMissing as error:
        line, code = f"channel {channel}: {error}", 1
    else:
        refused = [f"{r.recipient}: {r.reply}" for r in reply.refused]
        line, code = reply.text, 1 if refused else 0
        if refused:
            line += "; refused for " + "; ".join(refused)
    if as_json:
        print_json({"channel": channel, "kind": chosen.kind, "ok": code == 0, "reply": line})
    else:
        said = f"delivered. The answer: {line}" if code == 0 else line
        click.echo(f"{channel} ({chosen.kind}): {said}", err=code != 0)
    sys.exit(code)


def test_alert(channel: str, at: datetime) -> Alert:
    """A message that says it is a test; it goes into no ledger."""
    from monitor.core.alerts import Alert, AlertKind, alert_id, thread_id
    from monitor.core.canonical import utc_text

    return Alert(
        id=alert_id(f"channel {channel}", AlertKind.TEST, "", utc_text(at)), kind=AlertKind.TEST, step="",
        instrument="test", instrument_title="covenantd", matter=channel, thread=thread_id("test", channel), at=at,
        headline=f"covenantd: TEST of channel {channel}. Nothing has happened",
        body=("This message was sent to see whether alerts reach you. It concerns no note and no default.",),
        quote="", next_step=(), evidence=(), why=f"Sent because somebody ran `covenantd notify test {channel}`.",
    )


@command.command("dead")
@config_option
@json_option
def dead(config_path: Path | None, as_json: bool) -> None:
    """Deliveries that were given up. Exit 1 when there are any."""
    from monitor.clock import now
    from monitor.config import load_config
    from monitor.core.canonical import utc_text
    from monitor.ledger.store import Ledger
    from monitor.notify.wording import one_line

    config = load_config(find_config(config_path))
    with Ledger.open(config.ledger, mode=None, at=now(), create=False) as ledger:
        letters = ledger.dead_letters()
        replies = {
            (d.alert.id, d.channel): next(
                (a.reply for a in reversed(ledger.attempts(d.alert.id)) if a.channel == d.channel), "")
            for d in letters
        }
    if as_json:
        print_json([
            {"alert": d.alert.id, "channel": d.channel, "kind": d.alert.kind.value, "at": utc_text(d.alert.at),
             "headline": d.alert.headline, "attempts": d.attempts, "reply": replies[d.alert.id, d.channel]}
            for d in letters
        ])
    else:
        for d in letters:
            click.echo(f"{d.alert.id}  {d.channel}  {one_line(d.alert.headline, 200)}")
            click.echo(f"  {d.attempts} attempts; the last answer: {one_line(replies[d.alert.id, d.channel], 300)}")
        click.echo("No delivery was given up." if not letters else "Again: covenantd notify resend ALERT CHANNEL")
    sys.exit(1 if letters else 0)


@command.command("resend")
@click.argument("alert")
@click.argument("channel")
@click.option("--by", "who", metavar="NAME", help="Who asks for it (default: the name you are logged in with).")
@config_option
@json_option
def resend(alert: str, channel: str, who: str | None, config_path: Path | None, as_json: bool) -> None:
    """Put the dead letter ALERT (an id or its beginning) by CHANNEL back into the outbox."""
    import getpass

    from monitor.clock import now
    from monitor.config import load_config
    from monitor.ledger.store import Ledger

    config, at = load_config(find_config(config_path)), now()
    with Ledger.open(config.ledger, mode=None, at=at, create=False) as ledger:
        found = _letter(ledger.dead_letters(), alert, channel)
        with ledger.write() as tx:
            tx.requeue(found.alert.id, channel, who=(who or "").strip() or getpass.getuser(), at=at)
    if as_json:
        print_json({"alert": found.alert.id, "channel": channel, "state": "pending"})
    else:
        click.echo(f"{found.alert.id} by {channel} is pending again; the daemon or `covenantd once` sends it.")


def _letter(letters: list[Delivery], alert: str, channel: str) -> Delivery:
    from monitor.rulebook.problems import told

    close = [d for d in letters if d.channel == channel and d.alert.id.startswith(alert)]
    if len(close) != 1:
        what = "several dead letters begin with" if close else "there is no dead letter"
        raise click.UsageError(f"{what} {told(alert)} by {told(channel)}. `covenantd notify dead` lists them.")
    return close[0]
