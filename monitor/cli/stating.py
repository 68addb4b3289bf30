"""What a person states on the command line, checked as a whole before anything is opened or written.

Shared by ``attest``, ``retract`` and ``review``; recording.py writes it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from monitor.cli.options import find_config
from monitor.config import Config, load_config
from monitor.core.facts import Fact, local_date
from monitor.daemon.world import Watched, watch_instruments
from monitor.resolve.decisions import ABOUT_THE_NOTE
from monitor.rulebook.facts_file import parse_fact
from monitor.rulebook.problems import Problem, RulebookError, did_you_mean, listed, told
from monitor.rulebook.rulebook import Rulebook, load_rulebook
from monitor.rulebook.vocabulary import Kind

LARGEST = 64 * 1024 * 1024
FOR_EVERYONE = ("market_closed", "public_holiday_proclaimed")
_FLAGS = {"matter": "--matter ...", "happened_on": "--on 2005-06-16", "supersedes": "--supersedes ..."}


def refuse(wrong: Sequence[str]) -> None:
    """Every complaint at once, one line each; nothing when there is none."""
    if wrong:
        raise click.UsageError("\ncovenantd: ".join(w if w.endswith((".", "?", "!")) else f"{w}." for w in wrong))


# --- what is watched --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    """The configuration, the rules and the instruments a statement is checked against, before anything is opened."""

    config: Config
    rulebook: Rulebook
    watched: Mapping[str, Watched]

    @property
    def zone(self) -> str:
        zones = {w.form.zone for w in self.watched.values()}
        return zones.pop() if len(zones) == 1 else self.config.reminders.zone

    def chosen(self, name: str | None, wrong: list[str]) -> Watched | None:
        """The instrument named; without a name the only one there is, else None."""
        if name is None:
            return next(iter(self.watched.values())) if len(self.watched) == 1 else None
        if name not in self.watched:
            wrong.append(f"--instrument: {told(name)} is not watched. {did_you_mean(name, self.watched)}")
        return self.watched.get(name)


def read_setting(config_path: Path | None) -> Setting:
    """Raises RulebookError; UsageError for a simulation, in whose ledger nobody states anything."""
    config = load_config(find_config(config_path))
    if config.simulate:
        raise click.UsageError(
            "this configuration is a simulation: its facts come from recorded feeds alone. Name the configuration of "
            "your own folder with --config (`covenantd init DIR` makes one)."
        )
    rulebook = load_rulebook(config.rules)
    return Setting(config, rulebook, watch_instruments(config, rulebook))


# --- one statement ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """The options of a statement as they were typed."""

    kind: str
    on: Any
    matter: str | None = None
    subject: str | None = None
    instrument: str | None = None
    supersedes: str | None = None
    fields: tuple[str, ...] = ()
    signed: bool | None = None


def parse_said(said: Said, setting: Setting, wrong: list[str]) -> Fact | None:
    """The fact, not yet stated by anybody; None when something was noted in ``wrong``."""
    kind = setting.rulebook.vocabulary.kinds.get(said.kind)
    if kind is None:
        instead = did_you_mean(said.kind, setting.rulebook.vocabulary.kinds, "`covenantd vocabulary` lists them.")
        wrong.append(f"unknown kind {told(said.kind)}. {instead}")
        return None
    watched = setting.chosen(said.instrument, wrong)
    mapping: dict[str, Any] = {"kind": kind.name, "matter": said.matter, "happened_on": when(said.on)}
    mapping["supersedes"] = said.supersedes
    mapping["subject"] = _subject(said, kind, watched, setting, wrong)
    mapping["instrument"] = said.instrument
    if kind.name in ABOUT_THE_NOTE and said.instrument is None:
        if watched is None:
            wrong.append(f"`{kind.name}` concerns one instrument. Add --instrument: {listed(setting.watched)}.")
        else:
            mapping["instrument"] = watched.instrument.id
    mapping.update(_fields(said, kind, wrong))
    try:
        fact = parse_fact(
            mapping, setting.rulebook, watched.instrument if watched else None, watched.form if watched else None
        )
    except RulebookError as error:
        wrong += [as_option(p) for p in error.problems]
        return None
    return None if wrong else fact


def read_ahead(fact: Fact, at: datetime, zone: str) -> str:
    """Nobody has read what will be entered after today; "" when the statement says no such thing."""
    through = fact.get("through")
    today = local_date(at, zone)
    if fact.kind != "source_read" or through is None or local_date(through, zone) <= today:
        return ""
    return f"--field: `through` is {through}, after today: nothing can be read ahead of its day. Write up to {today}."


def as_option(problem: Problem) -> str:
    """A mistake of a fact, said as the option to write instead of a line of a file."""
    said = str(problem).split(":", 3)[3].strip()
    return re.sub(r"Add `(\w+): [^`]*`", lambda m: "Add " + _FLAGS.get(m[1], f"--field {m[1]}=..."), said)


def when(text: Any) -> Any:
    """``2020-03-28..2020-03-30`` as the range it means; anything else as it is."""
    if isinstance(text, str) and ".." in text:
        first, _, last = text.partition("..")
        return {"from": first.strip(), "to": last.strip()}
    return text


def _fields(said: Said, kind: Kind, wrong: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in said.fields:
        name, equals, value = pair.partition("=")
        spec = kind.fields.get(name)
        if not equals:
            wrong.append(f"--field: {told(pair)} is not NAME=VALUE. Write for example amount=25000.00.")
        elif spec is None:
            known = did_you_mean(name, kind.fields, f"It has {listed(kind.fields)}.")
            wrong.append(f"--field: `{kind.name}` has no field {told(name)}. {known}")
        elif name in found:
            wrong.append(f"--field: `{name}` is given twice. Keep one.")
        else:
            yes = {"yes": "true", "no": "false", "on": "true", "off": "false"} if spec.type == "yesno" else {}
            found[name] = yes.get(value.casefold(), value)
    if said.signed is not None and "signed" not in kind.fields:
        wrong.append(f"--signed: `{kind.name}` says nothing of a signature. Leave it out.")
    elif said.signed is not None:
        found["signed"] = said.signed
    return found


def _subject(
    said: Said, kind: Kind, watched: Watched | None, setting: Setting, wrong: list[str]
) -> str | None:
    """An obligor's id. Its exact name, or a name it also goes by, means it."""
    makers = {w.instrument.maker.id: w.instrument.maker for w in setting.watched.values()}
    if said.subject == "*" or (said.subject is None and kind.name in FOR_EVERYONE):
        return "*"
    if said.subject is None:
        if watched:
            return watched.instrument.maker.id
        if len(makers) == 1:
            return next(iter(makers))
        wrong.append(f"several makers are watched. Add --subject: {listed(makers)}.")
        return None
    for maker in makers.values():
        if said.subject.casefold() in {n.casefold() for n in (maker.id, maker.name, *maker.also)}:
            return maker.id
    wrong.append(f"--subject: nobody watched is called {told(said.subject)}. Write {listed(makers)}.")
    return None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The file that shows a statement."""

    name: str
    body: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


def read_evidence(path: Path, wrong: list[str]) -> Evidence | None:
    try:
        size = path.stat().st_size
        body = path.read_bytes() if path.is_file() and size <= LARGEST else b""
    except OSError as error:
        wrong.append(f"--evidence: {path} cannot be read ({error.strerror}). Name the file that shows it.")
        return None
    if not path.is_file():
        wrong.append(f"--evidence: {path} is not a file. Name the file that shows it.")
    elif size > LARGEST:
        wrong.append(f"--evidence: {path} is larger than 64 MB. Name the page that matters alone.")
    elif not body:
        wrong.append(f"--evidence: {path} is empty. Name the file that shows it.")
    else:
        return Evidence(path.name, body)
    return None


def words(who: str, at: datetime, evidence: Evidence | None, more: str = "") -> str:
    """The triggering text of a statement, as alerts quote it (the same words as feeds/attested.py)."""
    shown = f"; evidence {evidence.name} sha256 {evidence.sha256}" if evidence else ""
    return f"Stated by {who} on {at:%Y-%m-%d}{shown}" + (f". {more}" if more else "")
