"""Writing what a person states: one transaction, then an evaluation of every instrument it may concern.

Alerts go to the outbox and nowhere else: the running daemon, or the next ``covenantd once``, sends them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import click

from monitor.cli.stating import Evidence, Setting
from monitor.core.alerting import Change, changes
from monitor.core.alerts import Alert
from monitor.core.facts import Fact
from monitor.core.select import visible
from monitor.daemon.evaluating import evaluate_instrument
from monitor.daemon.world import World, open_world
from monitor.ledger.store import Ledger, Transaction
from monitor.resolve.decisions import SOURCE
from monitor.rulebook.problems import listed, told


@contextmanager
def opened(setting: Setting, at: datetime) -> Iterator[World]:
    with open_world(setting.config, at, simulated=False) as world:
        yield world


def held_facts(ledger: Ledger, at: datetime) -> list[Fact]:
    """Every fact that stands at ``at``: latest versions, nothing superseded."""
    return visible(ledger.all_facts(known_at=at, history=False), at)


def find_fact(ledger: Ledger, given: str) -> Fact:
    """The latest version of the fact with this id, or with an id that begins so. Raises UsageError."""
    every = {f.id: f for f in ledger.all_facts(history=False)}
    close = [f for name, f in sorted(every.items()) if name == given or (len(given) >= 6 and name.startswith(given))]
    if len(close) > 1 and given not in every:
        names = listed(f.id for f in close)
        raise click.UsageError(f"several facts begin with {told(given)}: {names}. Write more of it.")
    if not close:
        raise click.UsageError(f"there is no fact {told(given)}. `covenantd explain` shows the ids of facts.")
    return every.get(given, close[0])


def add(
    tx: Transaction, world: World, facts: Sequence[Fact], text: str, at: datetime, evidence: Evidence | None = None,
    payload: str | None = None, url: str = "",
) -> None:
    """Writes the facts with their evidence, and asks for an evaluation, should this process not come to it."""
    if evidence:
        payload = tx.add_payload(evidence.body, feed=SOURCE, name=evidence.name, url="", captured_at=at)
    tx.add_facts(facts, payload, {f.record: text for f in facts}, url)
    for name in touched(world, facts):
        tx.set_due(name, "evaluate", at, key="stated")


def touched(world: World, facts: Iterable[Fact]) -> list[str]:
    """Instruments that the facts may concern."""
    names: set[str] = set()
    for fact in facts:
        for name, watched in world.watched.items():
            own = {s.casefold() for s in watched.subjects} | {"*", "maker", ""}
            if fact.subject.casefold() in own and fact.instrument in (None, name):
                names.add(name)
    return sorted(names)


@dataclass(frozen=True)
class Outcome:
    """What evaluating one instrument after a statement brought."""

    instrument: str
    first: bool
    changes: Sequence[Change]
    alerts: Sequence[Alert]

    def as_json(self) -> dict[str, Any]:
        return {
            "instrument": self.instrument, "first_evaluation": self.first,
            "changes": [
                {"limb": c.finding.limb, "matter": c.finding.matter, "kind": c.kind.value,
                 "was": c.before.state.value if c.before else None,
                 "now": None if c.step == "trigger gone" else c.finding.state.value,
                 "default_date": None if c.step == "trigger gone" else _day(c.finding.default_date),
                 "deadline": None if c.step == "trigger gone" else _day(c.finding.deadline)}
                for c in self.changes
            ],
            "alerts": [{"id": a.id, "kind": a.kind.value, "headline": a.headline} for a in self.alerts],
        }


def evaluate(world: World, facts: Sequence[Fact], at: datetime) -> list[Outcome]:
    """Evaluates every instrument the facts concern; alerts wait in the outbox."""
    found = []
    for name in touched(world, facts):
        first = world.ledger.latest_evaluation(name) is None
        before = {f.key: f for f in world.ledger.latest_findings(name)}
        alerts = evaluate_instrument(world, world.watched[name], at, at)
        found.append(Outcome(name, first, changes(before, world.ledger.latest_findings(name)), alerts))
        lease = world.ledger.held_lease()
        if lease and lease.expires_at > at:
            # A running daemon may have looked just before the statement was written: let it look once more.
            with world.ledger.write() as tx:
                tx.set_due(name, "evaluate", at, key="stated")
    return found


def say(outcomes: Sequence[Outcome], channels: Iterable[str]) -> None:
    """What changed, in a few lines."""
    names = ", ".join(channels)
    for outcome in outcomes:
        if outcome.first:
            click.echo(f"{outcome.instrument}: evaluated for the first time; one baseline message.")
        elif not outcome.changes:
            click.echo(f"{outcome.instrument}: no window opened, ended or moved.")
        for c in outcome.changes if not outcome.first else ():
            click.echo(f"{outcome.instrument}: {_change_words(c)}")
        if outcome.alerts and names:
            count = len(outcome.alerts)
            click.echo(
                f"{outcome.instrument}: {count} {'message waits' if count == 1 else 'messages wait'} in the outbox for "
                f"{names}; the running daemon or `covenantd once` sends {'it' if count == 1 else 'them'}."
            )
    if not outcomes:
        click.echo("No watched instrument is concerned.")


def _change_words(change: Change) -> str:
    finding = change.finding
    was = change.before.state.value.replace("_", " ") if change.before else "no window"
    now = "no window" if change.step == "trigger gone" else finding.state.value.replace("_", " ")
    named = (("last day", finding.deadline), ("default", finding.default_date))
    dates = [] if change.step == "trigger gone" else [f"{name} {value}" for name, value in named if value]
    return f"{finding.limb} {finding.matter}: {was} -> {now}" + (f" ({', '.join(dates)})" if dates else "")


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None

