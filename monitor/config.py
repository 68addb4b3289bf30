"""config.yaml: what is watched, from which sources, and who is told. Read once, checked whole, never half used.

Paths are relative to the file's own folder, so that a private folder can be moved. Secrets are never in it: it names
the environment variable or file that holds one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from feeds import FEEDS, load_feed
from monitor.notify.registry import settings_from
from monitor.notify.settings import ChannelSettings, SettingsError
from monitor.rulebook.problems import Problem, Problems, RulebookError, did_you_mean, shown, told
from monitor.rulebook.scalars import Unfit
from monitor.rulebook.section import Section, as_scalar, as_table, entries_of
from monitor.rulebook.yaml_marks import Items, Node, Word, read_yaml

KEYS = ("ledger", "rules", "instruments", "simulate", "feeds", "channels", "reminders")
OF_EVERY_FEED = ("source", "every_minutes", "feed", "jurisdiction", "saved_when_changed")
"""Settings that the daemon itself reads; every other one is declared by its feed (``Feed.settings``)."""


@dataclass(frozen=True, slots=True)
class FeedConfig:
    """One feed. ``recorded``: the folder its payloads are read from; None: live. ``every``: minutes between polls."""

    name: str
    feed: str
    recorded: Path | None
    every: int
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Simulation:
    """A run on a simulated clock, from the start of one day to the end of another, in about ``seconds``."""

    start: date
    end: date
    seconds: float


@dataclass(frozen=True, slots=True)
class ReminderSettings:
    zone: str = "America/New_York"
    at: time = time(7, 0)
    days_before: tuple[int, ...] = (10, 5, 2, 1, 0)


@dataclass(frozen=True)
class Config:
    path: Path
    ledger: Path
    rules: Path | None
    instruments: tuple[str, ...]
    feeds: tuple[FeedConfig, ...]
    channels: tuple[ChannelSettings, ...]
    reminders: ReminderSettings
    simulate: Simulation | None = None

    @property
    def folder(self) -> Path:
        return self.path.parent

    @property
    def instrument_dirs(self) -> tuple[Path, ...]:
        """Folders in which an instrument named by id is looked for, before the rules' own."""
        return (self.folder / "instruments",)


def load_config(path: Path) -> Config:
    """Raises RulebookError with every mistake, each one line."""
    problems = Problems()
    node = read_yaml(path, problems)
    if node is None:
        instead = "Start from the config.yaml of the project"
        raise RulebookError([Problem(shown(path), 1, 1, "the file is empty", instead)])
    top = Section(node, problems, "config", KEYS)
    folder = path.parent
    config = Config(
        path=path,
        ledger=folder / top.text("ledger", default="var/ledger.sqlite"),
        rules=folder / top.text("rules") if "rules" in top else None,
        instruments=tuple(_instrument(word, folder) for word in top.words("instruments", required=True)),
        feeds=_feeds(top, folder),
        channels=_channels(top, folder),
        reminders=_reminders(top),
        simulate=_simulation(top),
    )
    problems.raise_if_any()
    return config


def _instrument(word: str, folder: Path) -> str:
    return str(folder / word) if word.endswith((".yaml", ".yml")) else word


def _simulation(top: Section) -> Simulation | None:
    part = top.section("simulate", ("from", "to", "seconds"))
    if part is None:
        return None
    start, end = part.day("from", required=True), part.day("to", required=True)
    seconds = part.scalar("seconds", _positive)
    if start and end and end < start:
        part.problems.add(part.at("to"), "`to` is before `from`", "Write a later day")
    return Simulation(start, end, float(seconds or 60)) if start and end else None


def _positive(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 1_000_000:
        raise Unfit(f"{text!r} is not a whole number above 0", "Write for example 60")
    return int(text)


def _days(text: str) -> int:
    if not text.isdigit() or int(text) > 365:
        raise Unfit(f"{text!r} is not a number of days", "Write 0 to 365")
    return int(text)


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise Unfit(f"{text!r} is not a time of day", 'Write for example "07:00"') from None


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise Unfit(f"{text!r} is not a time zone", "Write for example America/New_York")
    return text


def _reminders(top: Section) -> ReminderSettings:
    part = top.section("reminders", ("zone", "at", "days_before"))
    if part is None:
        return ReminderSettings()
    house = ReminderSettings()
    days = [as_scalar(n, part.problems, "`days_before`", _days) for n in part.items("days_before")]
    return ReminderSettings(
        part.scalar("zone", _zone) or house.zone, part.scalar("at", _clock) or house.at,
        tuple(d for d in days if d is not None) if "days_before" in part else house.days_before,
    )


# --- feeds ------------------------------------------------------------------------------------------------------


def _feeds(top: Section, folder: Path) -> tuple[FeedConfig, ...]:
    found = []
    for name, spot, node in top.entries("feeds"):
        table = as_table(node, top.problems, f"feed `{name}`")
        values = {key: plain(value) for key, _, value in entries_of(table)}
        feed = str(values.pop("feed", name))
        if feed not in FEEDS:
            top.problems.add(spot, f"unknown feed `{feed}`", did_you_mean(feed, FEEDS))
            continue
        known = (*load_feed(feed).settings, *OF_EVERY_FEED)
        for key, at, _ in entries_of(table):
            if key not in known:
                top.problems.add(at, f"feed `{name}` has no setting {told(key)}", setting_instead(key, known))
        recorded = _source(name, values.pop("source", None), top, node, folder)
        every = values.pop("every_minutes", None)
        if every is not None and not (str(every).isdigit() and int(every) > 0):
            what = f"`every_minutes` of feed `{name}` is {every!r}"
            top.problems.add(node.spot, what, "Write a whole number of minutes")
            every = None
        found.append(FeedConfig(name, feed, recorded, int(every or 0), _located(values, folder)))
    return tuple(found)


def _source(name: str, source: Any, top: Section, node: Node, folder: Path) -> Path | None:
    if source == "live":
        return None
    if isinstance(source, Mapping) and set(source) == {"recorded"}:
        path = folder / str(source["recorded"])
        if not path.is_dir():
            what = f"feed `{name}`: no folder {source['recorded']}"
            top.problems.add(node.spot, what, "Name a folder of recorded payloads")
        return path
    top.problems.add(node.spot, f"feed `{name}` has no source", "Write `source: live` or `source: {recorded: FOLDER}`")
    return None


def setting_instead(key: str, known: Sequence[str]) -> str:
    """What to write instead of an unknown setting: what is near it, and always all there are."""
    near = did_you_mean(key, known, " ")
    return f"{near} It has {', '.join(known)}".strip()


def _located(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Settings that name a folder or file are read from the configuration's own folder."""
    places = ("folder", "saved_pages", "rules")
    return {k: str(folder / v) if k in places and isinstance(v, str) else v for k, v in values.items()}


def plain(node: Node) -> Any:
    """A feed's own settings as plain values: text, true/false, lists, mappings. The feed checks what it needs."""
    if isinstance(node, Word):
        if node.plain and node.text in ("true", "false"):
            return node.text == "true"
        return None if node.is_null else node.text
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, _, value in entries_of(node)}


# --- channels ---------------------------------------------------------------------------------------------------


def _channels(top: Section, folder: Path) -> tuple[ChannelSettings, ...]:
    """Each entry is a channel by its name; ``kind`` is the name itself unless it is written."""
    found: list[ChannelSettings] = []
    for name, spot, node in top.entries("channels"):
        empty = isinstance(node, Word) and node.is_null
        entries = {} if empty else {k: v for k, _, v in entries_of(as_table(node, top.problems, f"channel `{name}`"))}
        values = {"name": name, **{key: _number(plain(value)) for key, value in entries.items()}}
        kind = str(values.get("kind", name))
        if isinstance(values.get("to"), str):
            values["to"] = [values["to"]]
        if kind == "file":
            values["folder"] = str(folder / str(values.get("folder", "outbox")))
        try:
            found.append(settings_from(kind, values))
        except SettingsError as error:
            for problem in error.problems:
                at = entries[problem.field].spot if problem.field in entries else spot
                top.problems.add(at, f"channel `{name}`, {problem.field}: {problem.wrong}", problem.instead)
    return tuple(found)


def _number(value: Any) -> Any:
    """``port: 587`` and ``timeout: 2.5`` are numbers; everything else is text."""
    if isinstance(value, str) and value.replace(".", "", 1).isdigit():
        return float(value) if "." in value else int(value)
    return value
