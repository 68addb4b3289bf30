"""``covenantd run``: the daemon; or, when config.yaml says ``simulate``, the demo on a simulated clock."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path
from time import monotonic
from types import FrameType

import click

from monitor.cli.options import config_option, find_config


@click.command("run")
@config_option
def command(config_path: Path | None) -> None:
    """Run until Ctrl-C or SIGTERM."""
    from monitor.config import load_config

    config = load_config(find_config(config_path))
    stop = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stderr)
    for noisy in ("apscheduler", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    sys.exit(_demo(config, stop) if config.simulate else _daemon(config, stop))


def _daemon(config: object, stop: threading.Event) -> int:
    from monitor.clock import now
    from monitor.config import Config
    from monitor.daemon.service import Service
    from monitor.daemon.world import open_world

    assert isinstance(config, Config)
    with open_world(config, now(), simulated=False) as world:
        service = Service(world, on_alert=lambda alert: _say(f"{alert.at:%Y-%m-%d %H:%M} UTC  {alert.headline}"))
        service.stop = stop
        service.hold()  # a second one is refused before it says that it watches
        _say(
            f"covenantd watches {', '.join(sorted(world.watched))} through {len(world.sources)} feeds; "
            f"tells {', '.join(world.channels) or 'nobody'}; ledger {config.ledger}. Ctrl-C stops it."
        )
        code = service.run()
    if code:
        click.echo(f"covenantd: {service.failure}", err=True)
    else:
        _say("covenantd stopped.")
    return code


def _say(line: str) -> None:
    """A line on standard output while somebody reads there: a closed pipe (``| head``) ends no daemon."""
    with contextlib.suppress(OSError):
        click.echo(line)


def _demo(config: object, stop: threading.Event) -> int:
    """A year of recorded feeds in about a minute, in a demo ledger made anew each time."""
    from monitor.clock import now
    from monitor.config import Config
    from monitor.daemon.simulate import simulate
    from monitor.daemon.world import open_world

    assert isinstance(config, Config)
    assert config.simulate is not None
    plan = config.simulate
    for old in config.ledger.parent.glob(config.ledger.name + "*"):
        old.unlink()
    span = timedelta(days=(plan.end - plan.start).days + 1)
    with open_world(config, now(), simulated=True) as world:
        _say(
            f"SIMULATED: {plan.start} to {plan.end} in about {plan.seconds:.0f} seconds on invented records. "
            f"Alerts go to {', '.join(world.channels)}. Ctrl-C stops it."
        )
        if world.skipped_channels:
            _say(f"Not used on a simulated clock: {', '.join(world.skipped_channels)}.")

        started, played = monotonic(), timedelta()

        def wait(step: timedelta) -> bool:
            """Until the step's place in the plan: the time that evaluation takes is part of the minute."""
            nonlocal played
            played += step
            due = started + plan.seconds * (played / span)
            return not stop.wait(max(0.0, due - monotonic()))

        told = 0

        def count(_alert: object) -> None:
            nonlocal told
            told += 1

        complaints = simulate(world, plan.start, plan.end, on_alert=count, wait=wait)
        for line in complaints:
            click.echo(f"covenantd: {line}", err=True)
        end = "stopped early" if stop.is_set() else f"reached {plan.end}"
        _say(f"SIMULATED: {end}; {told} alerts. `covenantd status` shows where every clause stands.")
    return 0
