"""``covenantd doctor``: whether this machine, this installation and this configuration can do their work."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option, find_config, json_option, print_json

if TYPE_CHECKING:
    from monitor.config import Config

OLDEST, TOO_NEW = (3, 11), (3, 13)
AHEAD = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. ``state``: ok, warn (works, but look at it) or fail."""

    name: str
    state: str
    words: str


@click.command("doctor")
@config_option
@json_option
def command(config_path: Path | None, as_json: bool) -> None:
    """Check this machine, the installation, the rules, the configuration, the ledger and the channels' secrets.

    Nothing is sent or fetched, and nothing stays written. Exit 1 when something fails.
    """
    found = list(checks(config_path))
    if as_json:
        print_json([{"check": c.name, "state": c.state, "words": c.words} for c in found])
    else:
        for c in found:
            click.secho(f"{c.state:<5}", fg={"ok": "green", "warn": "yellow"}.get(c.state, "red"), nl=False)
            click.echo(f"{c.name}: {c.words}")
    sys.exit(1 if any(c.state == "fail" for c in found) else 0)


def checks(config_path: Path | None) -> Iterator[Check]:
    from monitor.clock import now

    at = now()
    yield python_version(sys.version_info[:3])
    yield from _guarded("durable_rules", durable_rules)
    yield from _guarded("time zones", zones)
    yield from _guarded("rules", rules)
    yield from _guarded("calendars", lambda: calendars(at))
    try:
        path = find_config(config_path)
    except click.UsageError as error:
        yield Check("configuration", "warn", error.format_message())
        return
    found: list[Config] = []
    yield from _guarded("configuration", lambda: configuration(path, found))
    for config in found:
        yield from _guarded("ledger", lambda: ledger(config, at))  # noqa: B023 (used at once)
        yield from _guarded("folders", lambda: folders(config))  # noqa: B023
        yield from secrets(config)


def _guarded(name: str, check: Callable[[], Check]) -> Iterator[Check]:
    """A check that breaks is a finding of its own: the others still run."""
    from monitor.rulebook.problems import RulebookError

    try:
        yield check()
    except RulebookError as error:
        more = f" (and {len(error.problems) - 1} more: `covenantd check`)" if len(error.problems) > 1 else ""
        yield Check(name, "fail", f"{error.problems[0]}{more}")
    except Exception as error:
        yield Check(name, "fail", " ".join(f"{type(error).__name__}: {error}".split()))


# --- machine and installation -----------------------------------------------------------------------------------


def python_version(version: tuple[int, ...]) -> Check:
    said = ".".join(map(str, version))
    if version[:2] < OLDEST:
        return Check("python", "fail", f"{said} is too old. Install Python 3.11 or 3.12.")
    if version[:2] >= TOO_NEW:
        return Check(
            "python", "fail",
            f"{said} is too new: the C extension of durable_rules cannot be imported on 3.13. Install Python 3.12.",
        )
    return Check("python", "ok", f"{said} ({sys.executable})")


def durable_rules() -> Check:
    """In a process of its own, as the engine uses it: a crash of the extension ends that process, not this one."""
    done = subprocess.run(
        [sys.executable, "-c", "import durable.lang"], capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode == 0:
        return Check("durable_rules", "ok", "imports; its compiler is not needed any more")
    last = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
    return Check("durable_rules", "fail", f"does not import ({last}). Install again with a C compiler present.")


def zones() -> Check:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from feeds.courts import courts
    from monitor.rulebook.rulebook import load_rulebook

    wanted = {"America/New_York", "UTC", *(c.zone for c in courts().values())}
    wanted |= {law.zone for law in load_rulebook().laws.values()}
    missing = []
    for name in sorted(wanted):
        try:
            ZoneInfo(name)
        except ZoneInfoNotFoundError:
            missing.append(name)
    if missing:
        return Check("time zones", "fail", f"no data for {', '.join(missing)}. Install the package tzdata.")
    return Check("time zones", "ok", f"{len(wanted)} zones of laws and courts are known")


def rules() -> Check:
    from monitor.rulebook.checks import check_paths
    from monitor.rulebook.problems import RulebookError
    from monitor.rulebook.rulebook import load_rulebook

    book = load_rulebook()
    problems = check_paths([book.rules_dir], book)
    if problems:
        raise RulebookError(problems)
    return Check("rules", "ok", f"{len(book.vocabulary.kinds)} kinds, {len(book.forms)} form(s), in {book.rules_dir}")


def calendars(at: datetime) -> Check:
    from monitor.rulebook.rulebook import load_rulebook

    known = load_rulebook().calendars
    last = min(known.sessions.last, known.holidays.last)
    words = f"sessions {known.sessions.first} to {known.sessions.last}, holidays {known.holidays.first} to "
    words += f"{known.holidays.last}"
    if last < (at + AHEAD).date():
        return Check("calendars", "warn", f"{words}: they end in less than two years. Install a newer covenantd.")
    return Check("calendars", "ok", words)


# --- configuration ----------------------------------------------------------------------------------------------


def configuration(path: Path, found: list[Config]) -> Check:
    from monitor.config import load_config
    from monitor.daemon.world import watch_instruments
    from monitor.rulebook.rulebook import load_rulebook

    config = load_config(path)
    found.append(config)
    watched = watch_instruments(config, load_rulebook(config.rules))
    live = [f.name for f in config.feeds if f.recorded is None]
    words = f"{path}: {', '.join(watched)}; {len(config.feeds)} feeds ({len(live)} live), "
    words += f"{len(config.channels)} channels"
    if config.simulate:
        return Check("configuration", "ok", f"{words}; SIMULATED")
    if not config.feeds or not config.channels:
        what = "no feed is read" if not config.feeds else "nobody is told"
        return Check("configuration", "warn", f"{words}; {what}")
    return Check("configuration", "ok", words)


def ledger(config: Config, at: datetime) -> Check:
    from monitor.ledger.store import Ledger

    if not config.ledger.exists():
        return Check("ledger", "ok", f"{config.ledger}: none yet; the first run makes it")
    with Ledger.open(config.ledger, mode=None, at=at, create=False) as held:
        report = held.verify()
        mode = held.mode
    if not report.ok:
        return Check("ledger", "fail", f"{config.ledger}: {report.problems[0]}. Put back a backup.")
    words = f"{config.ledger} ({mode}): {report.records} records agree with their digests"
    return Check("ledger", "ok", f"{words}, {report.unsealed} not sealed yet")


def folders(config: Config) -> Check:
    """The ledger's folder and each file channel's: writable, or in a folder in which they can be made."""
    from monitor.notify.settings import FileSettings

    wanted = [(config.ledger.parent, "ledger:")]
    wanted += [(Path(c.folder), f"folder: of channel {c.name}") for c in config.channels if isinstance(c, FileSettings)]
    wrong = [line for folder, key in wanted if (line := _unwritable(folder, key))]
    if not wrong and config.ledger.exists():
        try:
            with config.ledger.open("r+b"):
                pass
        except OSError as error:
            wrong = [f"{config.ledger} cannot be written ({error.strerror}). Give its owner the right to write it."]
    if wrong:
        return Check("folders", "fail", " ".join(wrong))
    return Check("folders", "ok", "can be written: " + ", ".join(str(f) for f, _ in dict.fromkeys(wanted)))


def _unwritable(folder: Path, key: str) -> str:
    """Why nothing can be written there and what to do; "" when it can. Tried, not asked: rights alone say nothing of a
    read-only disk, of a file in the way or of what root may not do either. Whatever is made is taken away again."""
    near = folder
    try:
        while not near.exists() and near != near.parent:
            near = near.parent
        if not near.is_dir():
            return f"{folder} cannot be made: {near} is a file. Name another place under `{key}`."
        if near == folder:
            with tempfile.TemporaryFile(dir=folder):
                return ""
        # Only the first folder is made, to see whether it can be; the first run makes the rest.
        first = near / folder.relative_to(near).parts[0]
        first.mkdir()
        first.rmdir()
    except OSError as error:
        what = "written" if near == folder else "made"
        return f"{folder} cannot be {what} ({error.strerror}). Name another place under `{key}`, or give the right to."
    return ""


def secrets(config: Config) -> Iterator[Check]:
    """Whether each channel's secret can be read now. It is never shown."""
    from dataclasses import fields

    from monitor.notify.settings import Secret, SecretMissing

    for channel in config.channels:
        for field in fields(channel):
            secret = getattr(channel, field.name)
            if not isinstance(secret, Secret) or not secret:
                continue
            name = f"channel {channel.name}"
            try:
                secret.read()
            except SecretMissing as error:
                yield Check(name, "fail", f"{field.name}: {error}")
            else:
                yield Check(name, "ok", f"its {field.name} can be read (not shown)")
