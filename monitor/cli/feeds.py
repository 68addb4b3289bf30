"""``covenantd feeds``: the feeds there are and how far each is read; one payload parsed offline."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import config_option, find_config, instant, json_option, print_json

if TYPE_CHECKING:
    from feeds.base import Parsed
    from monitor.core.clause import Obligor


@click.group("feeds")
def command() -> None:
    """List the feeds; parse one payload offline."""


# --- list -------------------------------------------------------------------------------------------------------


@command.command("list")
@config_option
@json_option
def list_feeds(config_path: Path | None, as_json: bool) -> None:
    """Every feed: whether it is configured, live or recorded, what it proves, how often, when it was last read."""
    from feeds import FEEDS, load_feed

    configured = _configured(config_path)
    rows = list(configured)
    for name in FEEDS:
        if name not in {r["feed"] for r in rows}:
            feed = load_feed(name)
            rows.append({
                "name": name, "feed": name, "source": "not configured", "proves": feed.proves,
                "every_minutes": feed.cadence_minutes, "last_good": None, "through": None, "stale": False,
                "trouble": "", "error": "",
            })
    if as_json:
        print_json(rows)
        return
    from rich.text import Text

    from monitor.cli.screen import console, table

    shown = table("Feed", "Source", "Proves", "Every", "Last good poll", "Read through", "")
    for row in rows:
        shown.add_row(*(Text(str(cell)) for cell in (
            row["name"] if row["name"] == row["feed"] else f"{row['name']} ({row['feed']})", row["source"],
            row["proves"], _every(row["every_minutes"]), (row["last_good"] or "none")[:16],
            (row["through"] or "not known")[:16], (row["trouble"] or row["error"])[:80],
        )))
    console().print(shown)


def _configured(config_path: Path | None) -> list[dict[str, Any]]:
    """The configured feeds with their polls; without a ledger yet, without polls; without a configuration, none."""
    from monitor.cli.status import feed_states
    from monitor.clock import now
    from monitor.config import load_config
    from monitor.daemon.world import make_sources
    from monitor.ledger.store import Ledger

    try:
        config = load_config(find_config(config_path))
    except click.UsageError:
        return []
    if config.ledger.exists():
        at = now()
        with Ledger.open(config.ledger, mode=None, at=at, create=False) as ledger:
            return feed_states(config, ledger, at)
    return [
        {"name": s.name, "feed": s.feed.name, "source": "live" if s.config.recorded is None else "recorded",
         "proves": s.feed.proves, "every_minutes": s.every_minutes, "last_good": None, "through": None,
         "stale": False, "trouble": "", "error": ""}
        for s in make_sources(config, {})
    ]


def _every(minutes: int) -> str:
    if minutes % 1440 == 0:
        return f"{minutes // 1440} d"
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


# --- parse ------------------------------------------------------------------------------------------------------


@command.command("parse")
@click.argument("feed")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--instrument", metavar="ID_OR_FILE", help="Watch the maker of this instrument.")
@click.option("--name", help="Watch an obligor of this exact name.")
@click.option("--cik", help="Its SEC number.")
@click.option("--ticker", "tickers", multiple=True, help="Its symbol; repeat it.")
@click.option("--docket", "dockets", multiple=True, help="Its docket; repeat it.")
@click.option("--setting", "settings", multiple=True, metavar="NAME=VALUE", help="A setting; repeat it.")
@click.option("--captured-at", metavar="INSTANT", help="When it was fetched (default: as it says, else now).")
@config_option
@json_option
def parse(
    feed: str, file: Path, instrument: str | None, name: str | None, cik: str | None, tickers: tuple[str, ...],
    dockets: tuple[str, ...], settings: tuple[str, ...], captured_at: str | None, config_path: Path | None,
    as_json: bool,
) -> None:
    """What FILE (or each file of a folder) says to FEED: facts, values it cannot map, records it cannot read.

    Nothing is written and nothing is fetched. Exit 1 when something was not understood, 2 when FILE is not what the
    feed reads.
    """
    from feeds import FEEDS
    from monitor.clock import now
    from monitor.rulebook.problems import did_you_mean, told

    wrong: list[str] = []
    if feed not in FEEDS:
        wrong.append(f"no feed {told(feed)}. {did_you_mean(feed, FEEDS)}")
    if not file.exists():
        wrong.append(f"{file}: no such file. Name a payload, or a folder of payloads.")
    elif file.is_dir() and not any(file.iterdir()):
        wrong.append(f"{file}: the folder is empty. Name a payload, or a folder of payloads.")
    chosen = _settings(feed, settings, wrong)
    at = instant(captured_at, "America/New_York", "--captured-at") if captured_at else None
    if wrong:
        raise click.UsageError("\ncovenantd: ".join(wrong))
    obligors = _obligors(instrument, name, cik, tickers, dockets, config_path)
    answers = _parse(feed, file, obligors, chosen, at, now())
    if as_json:
        print_json([_answer_json(*a) for a in answers])
    else:
        for a in answers:
            _print_answer(*a)
    refused = [error for _, _, _, error in answers if error]
    doubtful = any(parsed.errors or parsed.unmapped for _, parsed, _, _ in answers)
    sys.exit(2 if refused else 1 if doubtful else 0)


Answer = tuple[str, "Parsed", "datetime | None", str]
"""(name of the payload, what it says, when it was captured, why it is not what the feed reads)"""


def _parse(
    feed: str, file: Path, obligors: Sequence[Obligor], settings: dict[str, Any], at: datetime | None, now: datetime
) -> list[Answer]:
    from dataclasses import replace

    from feeds import load_feed
    from feeds.base import FeedChanged, FeedFailed, Parsed, Payload, Watch
    from monitor.config import FeedConfig
    from monitor.daemon.recorded import capture_time, payloads
    from monitor.daemon.world import Source

    watch = Watch(tuple(obligors), settings)
    source = Source(FeedConfig(feed, feed, file if file.is_dir() else file.parent, 0, settings), load_feed(feed), watch)
    found: list[tuple[Path | None, Payload]]
    if file.is_dir():
        try:
            found = list(payloads(source, file))
        except (FeedFailed, FeedChanged) as refused:
            raise click.UsageError(" ".join(str(refused).split())) from None
    else:
        whole = file.resolve()
        found = [(whole, Payload(source.feed.name, file.name, whole.as_uri(), file.read_bytes(), now))]
    answers: list[Answer] = []
    for path, payload in found:
        captured = at
        try:
            captured = at or capture_time(source, payload, path)
            parsed, error = source.feed.parse(replace(payload, captured_at=captured or now), watch), ""
        except FeedChanged as changed:
            parsed, error = Parsed(), " ".join(str(changed).split())
        answers.append((payload.name, parsed, captured, error))
    return answers


def _settings(feed: str, pairs: tuple[str, ...], wrong: list[str]) -> dict[str, Any]:
    """``NAME=VALUE``: commas make a list, true and false mean what they say."""
    from feeds import FEEDS, load_feed
    from monitor.config import setting_instead
    from monitor.rulebook.problems import told

    found: dict[str, Any] = {}
    known = load_feed(feed).settings if feed in FEEDS and pairs else ()
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            wrong.append(f"--setting: {pair!r} is not NAME=VALUE. Write for example date_order=mdy.")
        elif feed in FEEDS and name not in known:
            wrong.append(f"--setting: feed `{feed}` has no setting {told(name)}. {setting_instead(name, known)}.")
        elif value in ("true", "false"):
            found[name] = value == "true"
        else:
            found[name] = [part.strip() for part in value.split(",")] if "," in value else value
    return found


def _obligors(
    instrument: str | None, name: str | None, cik: str | None, tickers: tuple[str, ...], dockets: tuple[str, ...],
    config_path: Path | None,
) -> list[Obligor]:
    """Who is watched: as named by options, else the makers of the configured instruments."""
    from dataclasses import replace

    from monitor.config import load_config
    from monitor.core.clause import Obligor
    from monitor.daemon.world import watch_instruments
    from monitor.rulebook.rulebook import load_instrument, load_rulebook

    if instrument is not None:
        maker = load_instrument(instrument, load_rulebook())[0].maker
        return [replace(
            maker, name=name or maker.name, cik=cik or maker.cik, tickers=(*maker.tickers, *tickers),
            dockets=(*maker.dockets, *dockets),
        )]
    if name or cik or tickers or dockets:
        return [Obligor("maker", name or "maker", cik=cik or "", tickers=tickers, dockets=dockets)]
    try:
        config = load_config(find_config(config_path))
    except click.UsageError:
        raise click.UsageError("nobody is watched. Add --instrument, --name, --cik, --ticker or --docket.") from None
    return [w.instrument.maker for w in watch_instruments(config, load_rulebook(config.rules)).values()]


def _answer_json(name: str, parsed: Parsed, captured: datetime | None, error: str) -> dict[str, Any]:
    from monitor.core.canonical import plain
    from monitor.rulebook.facts_file import fact_to_mapping

    return {
        "payload": name, "captured_at": plain(captured) if captured else None, "error": error,
        "records": parsed.records, "through": plain(parsed.through) if parsed.through else None,
        "jurisdiction": parsed.jurisdiction, "wake": sorted(parsed.wake),
        "facts": [{**fact_to_mapping(f), "text": parsed.texts.get(f.record, "")} for f in parsed.facts],
        "unmapped": [{"label": u.label, "where": u.where} for u in parsed.unmapped], "errors": list(parsed.errors),
    }


def _print_answer(name: str, parsed: Parsed, captured: datetime | None, error: str) -> None:
    from monitor.notify.wording import one_line

    if error:
        click.echo(f"covenantd: {error if error.startswith(name) else f'{name}: {error}'}", err=True)
        return
    shown = _answer_json(name, parsed, captured, error)
    through = f", read through {shown['through']}" if shown["through"] else ", proves no absence"
    click.echo(f"{name}: {parsed.records} records, {len(parsed.facts)} facts{through}")
    for fact in shown["facts"]:
        when = fact["happened_on"]
        when = f"{when['from']}..{when['to']}" if isinstance(when, dict) else when
        click.echo(f"  {fact['kind']}  {when}  {one_line(fact['matter'], 80)}  {one_line(fact['text'], 160)}".rstrip())
    for unmapped in parsed.unmapped:
        click.echo(f"  unmapped: {one_line(unmapped.label, 120)} ({one_line(unmapped.where, 120)})")
    for line in parsed.errors:
        click.echo(f"  error: {one_line(line, 300)}", err=True)
