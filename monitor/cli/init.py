"""``covenantd init``: a private folder for one's own notes. Upgrades never touch it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import click

from monitor.cli.init_answers import ASKED, Answers


def _flags(function: Callable[..., None]) -> Callable[..., None]:
    for field in reversed(fields(Answers)):
        flag = "--" + field.name.replace("_", "-")
        function = click.option(flag, field.name, metavar="TEXT", help=ASKED.get(field.name, ""))(function)
    return function


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Ask nothing: take the options, and example values for the rest.")
@_flags
def command(folder: Path, yes: bool, **given: str | None) -> None:
    """Make the private folder FOLDER: config.yaml, instruments, evidence, statements, bank files and the ledger.

    It asks for what no option says. FOLDER must be new or empty.
    """
    from monitor.cli.init_answers import ask, filled, from_options, mistakes_in
    from monitor.cli.init_files import write
    from monitor.clock import now
    from monitor.core.facts import local_date
    from monitor.ledger.store import Ledger
    from monitor.rulebook.rulebook import load_rulebook

    at = now()
    _refuse_place(folder)
    today, book = local_date(at, "America/New_York"), load_rulebook()
    said = from_options({name: " ".join(value.split()) for name, value in given.items() if value}, today, book)
    example = not said.maker
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("there is no terminal to ask on. Add --yes, and options (`covenantd init --help`).")
        said, example = ask(said, today, book), False
    said = filled(said, today)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".covenantd-init-", dir=folder.parent))
    except OSError as error:
        raise click.UsageError(f"{folder} cannot be made ({error.strerror}). Name another place.") from None
    try:
        write(made, said, example=example)
        wrong = mistakes_in(made, book)
        if wrong:
            raise click.UsageError("\ncovenantd: ".join([*wrong, "Nothing was written."]))
        if folder.is_dir():
            folder.rmdir()
        made.rename(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    with Ledger.open(folder / "var" / "ledger.sqlite", mode="real", at=at):
        pass
    _say(folder, next((folder / "instruments").glob("*.yaml")), example, said)


def _say(folder: Path, instrument: Path, example: bool, said: Answers) -> None:
    config = folder / "config.yaml"
    click.echo(f"Made {folder}: one note in {instrument}, nothing watched yet.")
    if example:
        click.echo("The note holds example values: put your own note's words into it first.")
    if not said.edgar:
        click.echo("EDGAR is not read: it needs the maker's CIK and who asks the SEC.")
    click.echo(f"Alerts will be files in {folder / 'outbox'}" + (" and e-mails." if said.smtp_host else "."))
    click.echo(f"Check it:  covenantd check --config {config}")
    click.echo(f"One cycle: covenantd once --config {config}")
    click.echo(f"For good:  covenantd run --config {config}")
    click.echo(f"What nobody watches: covenantd status --config {config}")


def _refuse_place(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise click.UsageError(f"{folder} is a file. Name a new folder.")
    if folder.is_dir() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty, and nothing in it will be touched. Name a new folder.")
