"""``covenantd replay``: recorded feeds through the whole pipeline on a simulated clock; prints the alert stream."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import click

from monitor.cli.options import config_option, day, find_config, instant, json_option
from monitor.core.alerts import Alert


@click.command("replay")
@config_option
@click.option("--from", "start", required=True, metavar="DATE", help="First day.")
@click.option("--to", "end", required=True, metavar="DATE", help="Last day.")
@click.option("--known-at", metavar="INSTANT", help="Hindsight: all that was known by then.")
@click.option("--speed", type=click.FloatRange(min=0, min_open=True), help="Simulated days a second.")
@click.option("--ledger", type=click.Path(path_type=Path), help="Keep the simulated ledger there (default: none).")
@json_option
def command(
    config_path: Path | None, start: str, end: str, known_at: str | None, speed: float | None,
    ledger: Path | None, as_json: bool,
) -> None:
    """Replay recorded feeds. Alerts are printed as they come, one line each, or one JSON object a line."""
    from dataclasses import replace

    from monitor.clock import now
    from monitor.config import load_config
    from monitor.daemon.simulate import simulate
    from monitor.daemon.world import open_world

    config = load_config(find_config(config_path))
    first, last = day(start, "--from"), day(end, "--to")
    if last < first:
        raise click.UsageError(f"--to {last} is before --from {first}. Write a later day.")
    live = [f.name for f in config.feeds if f.recorded is None]
    if live:
        click.echo(f"covenantd: live feeds are not replayed: {', '.join(live)}.", err=True)
    if ledger is not None and ledger.exists():
        raise click.UsageError(f"--ledger {ledger} exists. Name a new file: a replay starts from nothing.")
    config = replace(config, channels=())

    def show(alert: Alert) -> None:
        click.echo(json.dumps(stream_line(alert), ensure_ascii=False) if as_json else plain_line(alert))

    with tempfile.TemporaryDirectory(prefix="covenantd-replay-") as scratch:
        path = ledger or Path(scratch) / "replay.sqlite"
        with open_world(config, now(), simulated=True, ledger=path) as world:
            for line in _before_the_note(first, {n: w.instrument.loan.dated for n, w in world.watched.items()}):
                click.echo(f"covenantd: {line}", err=True)
            wait = None
            if speed:
                import time

                def wait(step: timedelta) -> bool:
                    time.sleep(step / timedelta(days=speed))
                    return True

            known = instant(known_at, config.reminders.zone, "--known-at") if known_at else None
            complaints = simulate(world, first, last, on_alert=show, known_at=known, wait=wait)
    for line in complaints:
        click.echo(f"covenantd: {line}", err=True)
    sys.exit(1 if complaints else 0)


def _before_the_note(first: date, dated: Mapping[str, date]) -> list[str]:
    """A replay that begins too early is no mistake, but its first days are silent for a reason."""
    return [
        f"nothing can happen before the note's date: {name} is of {day}, and --from is {first}."
        for name, day in sorted(dated.items()) if first < day
    ]


def plain_line(alert: Alert) -> str:
    return f"SIMULATED {alert.at:%Y-%m-%d %H:%M}Z  {alert.kind.value:<12} {alert.headline}"


def stream_line(alert: Alert) -> dict[str, object]:
    """One alert as a line of the stream."""
    from monitor.core.canonical import plain

    shown: dict[str, object] = {
        "simulated": alert.simulated, "at": plain(alert.at), "id": alert.id, "kind": alert.kind.value,
        "step": alert.step, "instrument": alert.instrument, "matter": alert.matter, "headline": alert.headline,
        "body": list(alert.body), "why": alert.why, "petition": alert.petition,
        "evidence": [plain(e) for e in alert.evidence],
    }
    if alert.finding:
        shown["finding"] = alert.finding.as_json()
    return shown
