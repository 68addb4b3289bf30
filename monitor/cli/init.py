"""``covenantd init``: a private folder for one's own notes. Upgrades never touch it."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path

import click

FOLDERS = ("instruments", "evidence", "statements", "bank", "var", "outbox")
DAYS = ("dated", "first_payment", "maturity")


@dataclass(frozen=True, slots=True)
class Answers:
    """What the folder is filled with; empty where nothing was said."""

    id: str = ""
    title: str = ""
    form: str = "roo-petty-2005"
    maker: str = ""
    state: str = ""
    cik: str = ""
    payee: str = ""
    principal: str = ""
    rate: str = ""
    dated: str = ""
    first_payment: str = ""
    maturity: str = ""
    listed: str = ""
    sec_contact: str = ""
    smtp_host: str = ""
    sender: str = ""
    to: str = ""
    smtp_user: str = ""


_ASKED = {
    "maker": "Maker (exact name of who signed the note)", "state": "Its state of organisation, e.g. DE",
    "cik": "Its SEC number (CIK), empty if none", "payee": "Payee named in the note", "principal": "Principal",
    "rate": "Interest rate per annum", "dated": "Date of the note", "first_payment": "First interest date",
    "maturity": "Maturity date", "listed": "Where its common stock was listed on that date (venues.yaml), or none",
    "sec_contact": "Who asks the SEC (Your Company you@example.com), empty to leave EDGAR out",
    "smtp_host": "SMTP server for alerts, empty to write files only", "sender": "Sender of alerts",
    "to": "Who gets the alerts (addresses, commas)", "smtp_user": "User name at the SMTP server, empty if none",
}
_MAIL = ("sender", "to", "smtp_user")


def _flags(function: Callable[..., None]) -> Callable[..., None]:
    for field in reversed(fields(Answers)):
        flag = "--" + field.name.replace("_", "-")
        function = click.option(flag, field.name, metavar="TEXT", help=_ASKED.get(field.name, ""))(function)
    return function


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Ask nothing: take the options, and example values for the rest.")
@_flags
def command(folder: Path, yes: bool, **given: str | None) -> None:
    """Make the private folder FOLDER: config.yaml, instruments, evidence, statements, bank files and the ledger.

    It asks for what no option says. FOLDER must be new or empty.
    """
    from monitor.clock import now
    from monitor.core.facts import local_date
    from monitor.ledger.store import Ledger

    at = now()
    _refuse_place(folder)
    said = Answers(**{name: " ".join(value.split()) for name, value in given.items() if value is not None})
    example = not said.maker
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("there is no terminal to ask on. Add --yes, and options (`covenantd init --help`).")
        said, example = _ask(said, _filled(said, local_date(at, "America/New_York"))), False
    said = _filled(said, local_date(at, "America/New_York"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".covenantd-init-", dir=folder.parent))
    try:
        _write(made, said, example)
        _refuse_mistakes(made)
        if folder.is_dir():
            folder.rmdir()
        made.rename(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    with Ledger.open(folder / "var" / "ledger.sqlite", mode="real", at=at):
        pass
    config = folder / "config.yaml"
    click.echo(f"Made {folder}: one note in {folder / 'instruments' / said.id}.yaml, nothing watched yet.")
    if example:
        click.echo("The note holds example values: put your own note's words into it first.")
    click.echo(f"Check it:  covenantd check --config {config}")
    click.echo(f"One cycle: covenantd once --config {config}")
    click.echo(f"For good:  covenantd run --config {config}")


def _refuse_place(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise click.UsageError(f"{folder} is a file. Name a new folder.")
    if folder.is_dir() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty, and nothing in it will be touched. Name a new folder.")


def _filled(said: Answers, today: date) -> Answers:
    """Example values for what nobody said; every one of them can be seen to be one."""
    from monitor.core.schedule import add_months

    maker = said.maker or "Example Maker, Inc."
    try:
        dated = date.fromisoformat(said.dated) if said.dated else today
    except ValueError:
        dated = today  # the loader says what is wrong with it
    rest = {
        "maker": maker, "state": said.state or "DE", "payee": said.payee or "Example Holder",
        "principal": said.principal or "100000.00", "rate": said.rate or "10%",
        "dated": said.dated or dated.isoformat(),
        "first_payment": said.first_payment or add_months(dated.replace(day=1), 1).isoformat(),
        "maturity": said.maturity or add_months(dated, 12).isoformat(), "listed": said.listed or "nyse",
        "id": said.id or f"{slug(maker)}-{dated.year}", "title": said.title or f"{maker} note of {dated.isoformat()}",
    }
    if said.smtp_host:
        rest |= {"sender": said.sender or "covenantd <alerts@example.com>", "to": said.to or "holder@example.com"}
    return replace(said, **rest)


def _ask(said: Answers, suggested: Answers) -> Answers:
    for name, words in _ASKED.items():
        if getattr(said, name) or (name in _MAIL and not said.smtp_host):
            continue
        default = getattr(suggested, name) if name not in ("maker", "payee", "principal", "listed", *DAYS) else ""
        optional = name in ("cik", "sec_contact", "smtp_host", "smtp_user") or default
        answer = click.prompt(words, default=default if optional else None, show_default=bool(default))
        said = replace(said, **{name: " ".join(str(answer).split())})
    return said


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-") or "note"


# --- files ------------------------------------------------------------------------------------------------------


def _write(folder: Path, said: Answers, example: bool) -> None:
    """Everything of this user alone: folders 0700, files 0600."""
    folder.chmod(0o700)
    for name in FOLDERS:
        (folder / name).mkdir(mode=0o700)
    for name, text in (
        ("config.yaml", config_text(said)), (f"instruments/{slug(said.id)}.yaml", instrument_text(said, example)),
        (".gitignore", "# The ledger and the alerts: private, and larger than a repository wants.\nvar/\noutbox/\n"),
    ):
        handle = os.open(folder / name, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)


def quoted(text: str) -> str:
    """Text as YAML that means exactly that text."""
    import json

    return json.dumps(text, ensure_ascii=False)


def instrument_text(said: Answers, example: bool) -> str:
    listed = "none" if said.listed == "none" else "[" + ", ".join(p.strip() for p in said.listed.split(",")) + "]"
    head = "# EXAMPLE VALUES: none of this is your note. Change every line before you rely on an alert.\n"
    head = head if example else ""
    return f"""{head}# One note. Compare every line with the note itself; `covenantd check` finds what does not fit.
instrument: {slug(said.id)}
title: {quoted(said.title)}
form: {said.form} # whose clauses it uses
maker:
  id: {slug(said.maker)}
  name: {quoted(said.maker)} # the exact name: sources are searched for it
  state: {quoted(said.state)}
{f"  cik: {quoted(said.cik)}" if said.cik else '  # cik: "0001009672" # its SEC number, for the feed edgar'}
payee:
  id: {slug(said.payee)}
  name: {quoted(said.payee)}
loan:
  principal: {said.principal}
  currency: USD
  rate: {said.rate}
  day_count: ACT/360
  dated: {said.dated}
  interest_paid: monthly
  first_payment: {said.first_payment}
  maturity: {said.maturity}
listed_at_issue: {listed} # on the note's date; ids of rules/venues.yaml
readings: {{}} # another reading than the house's: rules/readings.yaml has them all
sources: # what must have been read for a limb to be verified
  listing: [edgar]
  liens: [{{source: lien_search, jurisdiction: {quoted(said.state)}}}]
  judgments: [judgment_search]
  bankruptcy: [court_docket]
  payments: [payments]
  indebtedness: [attested]
  company: [attested]
next_step:
  default: [Call counsel before writing to the maker.]
"""


def config_text(said: Answers) -> str:
    edgar = f"""  edgar:
    source: live
    user_agent: {quoted(said.sec_contact)} # the SEC wants to know who asks
"""
    if not (said.sec_contact and said.cik):
        edgar = """  # edgar: # give the maker a `cik` first
  #   source: live
  #   user_agent: Your Company you@example.com # the SEC wants to know who asks
"""
    mail = f"""  email:
    host: {quoted(said.smtp_host)}
    port: 587
    sender: {quoted(said.sender)}
    to: [{", ".join(quoted(p.strip()) for p in said.to.split(","))}]
""" + (f"""    username: {quoted(said.smtp_user)}
    password_env: COVENANTD_SMTP_PASSWORD # the variable that holds it, never the password itself
""" if said.smtp_user else "")
    if not said.smtp_host:
        mail = """  # email:
  #   host: smtp.example.com
  #   sender: covenantd <alerts@example.com>
  #   to: [holder@example.com, counsel@example.com]
  #   username: alerts@example.com
  #   password_env: COVENANTD_SMTP_PASSWORD # the variable that holds it, never the password itself
"""
    return f"""# What is watched, from which sources, who is told. Paths are relative to this file. No secrets here.
ledger: var/ledger.sqlite
instruments: [instruments/{slug(said.id)}.yaml]

feeds:
  attested: # your own statements (`covenantd attest` writes into the ledger; YAML files here are read too)
    source: {{recorded: statements}}
  payments: # the bank's CSV files, as you save them
    source: {{recorded: bank}}
    date_order: mdy
{edgar}  # court_rss: {{source: live, courts: [deb, nysb]}}
  # court_docket: {{source: live, saved_pages: dockets}}
  # acris: {{source: live}}

channels:
  terminal:
  file: {{folder: outbox}} # .eml and .json: every alert, also when no server can be reached
{mail}  # slack: {{url_env: COVENANTD_SLACK_URL}}

reminders: {{zone: America/New_York, at: "07:00", days_before: [10, 5, 2, 1, 0]}}
"""


def _refuse_mistakes(folder: Path) -> None:
    """What the loaders say of the answers, without the names of files that will not be written."""
    from monitor.config import load_config
    from monitor.daemon.world import watch_instruments
    from monitor.rulebook.problems import RulebookError
    from monitor.rulebook.rulebook import load_rulebook

    try:
        watch_instruments(load_config(folder / "config.yaml"), load_rulebook())
    except RulebookError as error:
        lines = [str(p).removeprefix(f"{p.file}:{p.line}:{p.column}: ") for p in error.problems]
        raise click.UsageError("\ncovenantd: ".join([*lines, "Nothing was written."])) from None
