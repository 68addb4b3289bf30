"""Options and readings of command-line values that several commands share."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from monitor.core.facts import end_of_day
from monitor.rulebook.problems import did_you_mean, listed
from monitor.rulebook.rulebook import Rulebook

F = TypeVar("F", bound=Callable[..., Any])

config_option = click.option(
    "--config", "config_path", type=click.Path(path_type=Path), default=None,
    help="The configuration file (default: config.yaml here, else the demo's).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def find_config(path: Path | None) -> Path:
    """The named file, else config.yaml in this folder, else the one beside the program."""
    if path is not None:
        return path
    here = Path("config.yaml")
    if here.is_file():
        return here
    import monitor

    shipped = Path(monitor.__file__).resolve().parent.parent / "config.yaml"
    if shipped.is_file():
        return shipped
    raise click.UsageError("there is no config.yaml here. Run `covenantd init DIR`, or name one with --config.")


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def instant(text: str, zone: str, option: str) -> datetime:
    """A date (its end in ``zone``) or an instant with offset. Raises UsageError, one line."""
    try:
        if len(text) == 10:
            return end_of_day(_known(date.fromisoformat(text), option), zone)
        found = datetime.fromisoformat(text)
        _known(found.date(), option)
    except ValueError:
        raise click.UsageError(
            f"{option}: {text!r} is neither a date nor an instant. Write 2005-07-06 or 2005-07-06T16:00:00-04:00."
        ) from None
    if found.tzinfo is None:
        raise click.UsageError(f"{option}: {text!r} has no offset. Write one, for example {text}-04:00.")
    return found


def _known(found: date, option: str) -> date:
    if not 1950 <= found.year < 2100:
        raise click.UsageError(f"{option}: {found} is outside the calendars (1950 to 2099). Write a date inside them.")
    return found


def day(text: str, option: str) -> date:
    try:
        return _known(date.fromisoformat(text), option)
    except ValueError:
        raise click.UsageError(f"{option}: {text!r} is not a date. Write for example 2005-07-06.") from None


def chosen_readings(pairs: tuple[str, ...], rulebook: Rulebook) -> Mapping[str, str]:
    """``NAME=VALUE`` pairs checked against rules/readings.yaml; yes, no, true and false mean on and off."""
    found: dict[str, str] = {}
    wrong: list[str] = []
    for pair in pairs:
        name, equals, value = pair.partition("=")
        reading = rulebook.readings.get(name)
        if not equals:
            wrong.append(f"--reading: {pair!r} is not NAME=VALUE. Write for example cure_roll=off.")
        elif reading is None:
            wrong.append(f"--reading: unknown reading {name!r}. {did_you_mean(name, rulebook.readings)}")
        else:
            value = value if value in reading.values else {
                "true": "on", "yes": "on", "false": "off", "no": "off"
            }.get(value.casefold(), value)
            if value not in reading.values:
                wrong.append(f"--reading: {name} has no value {value!r}. Write {listed(reading.values)}.")
            elif found.get(name, value) != value:
                wrong.append(f"--reading: {name} is given twice, as {found[name]} and as {value}. Keep one.")
            found[name] = value
    if wrong:
        raise click.UsageError("\ncovenantd: ".join(wrong))
    return found
