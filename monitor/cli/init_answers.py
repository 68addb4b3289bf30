"""What ``covenantd init`` is told about a note: the questions, and each answer checked as it is given."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from monitor.rulebook.rulebook import Rulebook

DAYS = ("dated", "first_payment", "maturity")
MAIL = ("sender", "to", "smtp_user")


@dataclass(frozen=True, slots=True)
class Answers:
    """What the folder is filled with; empty where nothing was said. In the order in which an answer can be checked."""

    id: str = ""
    title: str = ""
    form: str = "roo-petty-2005"
    maker: str = ""
    state: str = ""
    assets_in: str = ""
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

    @property
    def edgar(self) -> bool:
        """Whether EDGAR can be read: the SEC must know who asks, and EDGAR must know the maker."""
        return bool(self.sec_contact and self.cik)


ASKED: Mapping[str, str] = {
    "maker": "Maker (exact name of who signed the note)", "state": "Its state of organisation, e.g. DE",
    "assets_in": "State in which its assets are, where judgments are docketed and levied, e.g. NY",
    "cik": "Its SEC number (CIK), empty if none", "payee": "Payee named in the note", "principal": "Principal",
    "rate": "Interest rate per annum", "dated": "Date of the note", "first_payment": "First interest date",
    "maturity": "Maturity date", "listed": "Where its common stock was listed on that date (venues.yaml), or none",
    "sec_contact": "Who asks the SEC (Your Company you@example.com), empty to leave EDGAR out",
    "smtp_host": "SMTP server for alerts, empty to write files only", "sender": "Sender of alerts",
    "to": "Who gets the alerts (addresses, commas)", "smtp_user": "User name at the SMTP server, empty if none",
}


def filled(said: Answers, today: date) -> Answers:
    """Example values for what nobody said; every one of them can be seen to be one."""
    from monitor.core.schedule import add_months

    maker, state = said.maker or "Example Maker, Inc.", said.state or "DE"
    try:
        dated = date.fromisoformat(said.dated) if said.dated else today
    except ValueError:
        dated = today  # the check says what is wrong with it
    rest = {
        "maker": maker, "state": state, "assets_in": said.assets_in or state, "payee": said.payee or "Example Holder",
        "principal": said.principal or "100000.00", "rate": said.rate or "10%",
        "dated": said.dated or dated.isoformat(),
        "first_payment": said.first_payment or add_months(dated.replace(day=1), 1).isoformat(),
        "maturity": said.maturity or add_months(dated, 12).isoformat(), "listed": said.listed or "nyse",
        "id": said.id or f"{slug(maker)}-{dated.year}", "title": said.title or f"{maker} note of {dated.isoformat()}",
    }
    if said.smtp_host:
        rest |= {"sender": said.sender or "covenantd <alerts@example.com>", "to": said.to or "holder@example.com"}
    return replace(said, **rest)


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-") or "note"


# --- one answer at a time ---------------------------------------------------------------------------------------


def complaint(name: str, value: str, before: Answers | None, today: date, book: Rulebook) -> str:
    """What is wrong with one answer and what to write instead, in one line; "" when it will do.

    First the word itself, then what the loaders of the very files that will be written say of it beside ``before``,
    the answers that are known to be good (a maturity before the note's date); None leaves that out.
    """
    from monitor.rulebook.scalars import Unfit

    try:
        _word(name, value, book)
    except Unfit as error:
        return f"{error.what}. {error.instead}."
    if before is None:
        return ""
    if name in MAIL and not before.smtp_host:
        return "no SMTP server is named. Add --smtp-host, or leave it out."
    found = mistakes(filled(replace(before, **{name: value}), today), book)
    return found[0] if found else ""


def _word(name: str, value: str, book: Rulebook) -> None:
    """Raises Unfit."""
    from feeds.edgar import names_a_caller
    from monitor.rulebook import scalars
    from monitor.rulebook.problems import did_you_mean, told
    from monitor.rulebook.scalars import Unfit

    readers: dict[str, Callable[[str], object]] = {
        "principal": scalars.amount, "rate": scalars.rate, **dict.fromkeys(DAYS, scalars.day),
    }
    if name in readers:
        readers[name](value)
    elif name == "cik" and not re.fullmatch(r"[0-9]{1,10}", value):
        raise Unfit(f"{told(value)} is no SEC number", "Write its digits, e.g. 0001009672")
    elif name == "form" and value not in book.forms:
        raise Unfit(f"no form {told(value)}", did_you_mean(value, book.forms).rstrip("."))
    elif name == "listed" and value != "none":
        for venue in (part.strip() for part in value.split(",")):
            if venue not in book.venues:
                raise Unfit(f"{told(venue)} is no market known here", did_you_mean(venue, book.venues).rstrip("."))
    elif name == "sec_contact" and not names_a_caller(value):
        raise Unfit(f"{told(value)} does not say who asks", "Write a name and an address: Your Company you@example.com")


def mistakes(said: Answers, book: Rulebook) -> list[str]:
    """What the loaders say of the files that these answers make, without the names of files nobody has seen."""
    from monitor.cli.init_files import write

    with tempfile.TemporaryDirectory(prefix="covenantd-init-") as scratch:
        write(Path(scratch), said, example=False)
        return mistakes_in(Path(scratch), book)


def mistakes_in(folder: Path, book: Rulebook) -> list[str]:
    from monitor.config import load_config
    from monitor.rulebook.problems import Problem, RulebookError
    from monitor.rulebook.rulebook import load_instrument

    found: list[Problem] = []
    for load in (
        lambda: load_config(folder / "config.yaml"),
        lambda: load_instrument(next((folder / "instruments").glob("*.yaml")), book),
    ):
        try:
            load()
        except RulebookError as error:
            found += error.problems
    return [str(p).removeprefix(f"{p.file}:{p.line}:{p.column}: ") for p in found]


def from_options(given: Mapping[str, str], today: date, book: Rulebook) -> Answers:
    """The options, each checked. Raises UsageError with every wrong one at once."""
    said, wrong = Answers(), dict[str, str]()
    for field in fields(Answers):
        value = given.get(field.name, "")
        if not value:
            continue
        # Beside a note's date or a server that is itself wrong, only the word can be looked at.
        lost = (field.name in DAYS and "dated" in wrong) or (field.name in MAIL and "smtp_host" in wrong)
        line = complaint(field.name, value, None if lost else said, today, book)
        if line:
            wrong[field.name] = f"--{field.name.replace('_', '-')}: {line}"
        else:
            said = replace(said, **{field.name: value})
    if wrong:
        raise click.UsageError("\ncovenantd: ".join([*wrong.values(), "Nothing was written."]))
    return said


def ask(said: Answers, today: date, book: Rulebook) -> Answers:
    """Asks for what no option said; a wrong answer is told in one line and asked for again."""
    for name, words in ASKED.items():
        if getattr(said, name) or (name in MAIL and not said.smtp_host):
            continue
        suggested = getattr(filled(said, today), name)
        default = "" if name in ("maker", "payee", "principal", "listed", *DAYS) else suggested
        optional = name in ("cik", "sec_contact", "smtp_host", "smtp_user") or default
        while True:
            answer = click.prompt(words, default=default if optional else None, show_default=bool(default))
            value = " ".join(str(answer).split())
            wrong = complaint(name, value, said, today, book) if value else ""
            if not wrong:
                break
            click.echo(wrong, err=True)
        said = replace(said, **{name: value})
    return said
