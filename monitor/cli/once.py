"""``covenantd once``: one full cycle on the real clock, for cron."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from monitor.cli.options import config_option, find_config, json_option, print_json


@click.command("once")
@config_option
@json_option
def command(config_path: Path | None, as_json: bool) -> None:
    """Poll every feed, evaluate every instrument, deliver every alert. Exit 1 when any of it failed."""
    import os
    import socket
    from datetime import timedelta

    from monitor.cli.replay import stream_line
    from monitor.clock import now
    from monitor.config import load_config
    from monitor.daemon.cycle import once
    from monitor.daemon.service import abandoned
    from monitor.daemon.world import open_world

    config = load_config(find_config(config_path))
    if config.simulate:
        raise click.UsageError("this configuration is a simulation. Use `covenantd run` or `covenantd replay` with it.")
    at = now()
    with open_world(config, at, simulated=False) as world:
        world.ledger.take_lease(
            socket.gethostname(), os.getpid(), now=at, lasting=timedelta(minutes=10), replacing=abandoned(world)
        )
        try:
            polls, alerts, undelivered = once(world, at)
            world.ledger.seal(at)
        finally:
            world.ledger.release_lease(now=now())
    failed = [p for p in polls if not p.ok]
    if as_json:
        print_json({
            "polls": [{"feed": p.source, "ok": p.ok, "new_facts": len(p.new), "unmapped": p.unmapped,
                       "error": p.error, "errors": list(p.errors)} for p in polls],
            "alerts": [stream_line(a) for a in alerts], "undelivered": undelivered,
        })
    else:
        for p in polls:
            click.echo(f"{p.source}: " + (f"{len(p.new)} new facts" if p.ok else p.error))
            for line in p.errors:
                click.echo(f"{p.source}: {line}", err=True)
        for alert in alerts:
            click.echo(f"{alert.kind.value}: {alert.headline}")
        for line in undelivered:
            click.echo(f"not delivered, will be tried again: {line}", err=True)
    refused = [line for p in polls for line in p.errors]
    sys.exit(1 if failed or refused or undelivered else 0)
