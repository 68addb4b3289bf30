"""What a run works with: the configuration, the rulebook, the instruments, the feeds, the ledger and the channels.

Opened once at a process edge; everything below is handed what it needs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import monitor
from feeds import load_feed
from feeds.base import Feed, FeedFailed, Watch
from monitor.config import Config, FeedConfig
from monitor.core.clause import Form, Instrument
from monitor.core.days import Calendars
from monitor.core.facts import Fact
from monitor.core.select import Case, build_case
from monitor.engine.pool import Engine
from monitor.http import HttpClient
from monitor.ledger.errors import LedgerError
from monitor.ledger.store import Ledger
from monitor.notify.base import Channel
from monitor.notify.registry import KINDS, build
from monitor.notify.settings import ChannelSettings
from monitor.rulebook.instruments import instrument_path, load_instrument
from monitor.rulebook.problems import Problem, RulebookError
from monitor.rulebook.rulebook import Rulebook, load_rulebook


@dataclass(frozen=True)
class Watched:
    """One instrument with its form and the digests of every file its findings rest on."""

    instrument: Instrument
    form: Form
    digests: Mapping[str, str]

    @property
    def subjects(self) -> tuple[str, ...]:
        maker = self.instrument.maker
        return (maker.id, maker.name, *maker.also)


@dataclass(frozen=True)
class Source:
    """One configured feed: its code, its settings, and whom it watches."""

    config: FeedConfig
    feed: Feed
    watch: Watch

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def every_minutes(self) -> int:
        return self.config.every or self.feed.cadence_minutes


@dataclass
class World:
    """``simulated``: the clock is not real, so the ledger is a simulated one and no real channel is used."""

    config: Config
    rulebook: Rulebook
    watched: Mapping[str, Watched]
    sources: Sequence[Source]
    ledger: Ledger
    engine: Engine
    channels: Mapping[str, Channel]
    http: HttpClient
    simulated: bool = False
    skipped_channels: tuple[str, ...] = ()
    closed: set[str] = field(default_factory=set)
    """Channels that nobody reads any more in this process; what is for them waits in the outbox for another run."""

    def case(
        self, watched: Watched, facts: Sequence[Fact], as_of: datetime, known_at: datetime,
        readings: Mapping[str, str] | None = None,
    ) -> Case:
        return make_case(self.rulebook, watched.instrument, watched.form, facts, as_of, known_at, readings)


def make_case(
    rulebook: Rulebook, instrument: Instrument, form: Form, facts: Sequence[Fact], as_of: datetime,
    known_at: datetime, readings: Mapping[str, str] | None = None,
) -> Case:
    calendars: Calendars = rulebook.calendars_for(form.law)
    return build_case(
        facts, instrument=instrument, form=form, catalogue=rulebook.readings, kinds=rulebook.vocabulary.kind_infos,
        calendars=calendars, as_of=as_of, known_at=known_at, readings=readings,
    )


def watch_instruments(config: Config, rulebook: Rulebook) -> dict[str, Watched]:
    """Every configured instrument. Raises RulebookError with the mistakes of all of them."""
    found: dict[str, Watched] = {}
    problems: list[Problem] = []
    for name in config.instruments:
        try:
            instrument, form = load_instrument(name, rulebook, config.instrument_dirs)
        except RulebookError as error:
            problems += error.problems
            continue
        found[instrument.id] = Watched(instrument, form, digests_of(rulebook, instrument, form))
    if problems:
        raise RulebookError(problems)
    return found


def digests_of(rulebook: Rulebook, instrument: Instrument, form: Form) -> dict[str, str]:
    """Digests of the rules, the instrument, the labels and calendars used, and the program's version (model.md)."""
    def group(prefix: str) -> str:
        names = sorted(n for n in rulebook.digests if n.startswith(prefix))
        return hashlib.sha256("".join(rulebook.digests[n] for n in names).encode()).hexdigest()

    return {
        "form": form.digest, "instrument": instrument.digest, "labels": group("labels/"), "law": group("law/"),
        "readings": group("readings"), "venues": group("venues"), "program": monitor.__version__,
    }


def make_sources(config: Config, watched: Mapping[str, Watched]) -> list[Source]:
    obligors = tuple({w.instrument.maker.id: w.instrument.maker for w in watched.values()}.values())
    return [Source(f, load_feed(f.feed), Watch(obligors, f.settings)) for f in config.feeds]


def _user_agent(config: Config) -> str:
    """The contact a source asks for (SEC EDGAR refuses without), taken from whichever feed names one."""
    said = (str(f.settings["user_agent"]) for f in config.feeds if f.settings.get("user_agent"))
    return next(said, f"covenantd/{monitor.__version__}")


def make_channels(
    settings: Sequence[ChannelSettings], *, simulated: bool
) -> tuple[dict[str, Channel], tuple[str, ...]]:
    """The channels by name, and the names of those left out because a simulated run never reaches a person."""
    kinds = {kind.settings: kind.name for kind in KINDS.values()}
    made = [build(kinds[type(s)], s) for s in settings]
    left_out = tuple(c.name for c in made if c.real and simulated)
    return {c.name: c for c in made if c.name not in left_out}, left_out


@contextmanager
def open_world(config: Config, at: datetime, *, simulated: bool, ledger: Path | None = None) -> Iterator[World]:
    """Reads every rule file, opens the ledger and starts the engine's worker. Raises RulebookError, LedgerError."""
    rulebook = load_rulebook(config.rules)
    watched = watch_instruments(config, rulebook)
    sources = make_sources(config, watched)
    channels, left_out = make_channels(config.channels, simulated=simulated)
    path = ledger or config.ledger
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(
            f"ledger {path}: its folder cannot be made ({error.strerror}). Name another place under `ledger:`."
        ) from None
    with ExitStack() as stack:
        opened = stack.enter_context(Ledger.open(path, mode="simulated" if simulated else "real", at=at))
        engine = stack.enter_context(Engine())
        http = stack.enter_context(HttpClient(failed=FeedFailed, user_agent=_user_agent(config)))
        world = World(config, rulebook, watched, sources, opened, engine, channels, http, simulated, left_out)
        with opened.write() as tx:
            for name, body in rulebook.kept_files.values():
                tx.keep_file(name, body, at)
            for one in watched.values():
                source = instrument_path(one.instrument.id, rulebook, config.instrument_dirs)
                tx.keep_file(source.name, source.read_bytes(), at)
        yield world
