"""``covenantd status``: what is watched, how far each source is read, what waits and what is wrong."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import config_option, find_config, json_option, print_json

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.core.findings import Finding
    from monitor.ledger.store import Ledger

WORST = ("event_of_default", "undetermined", "running", "waived", "excepted", "cured", "clear")
COLOURS = {
    "event_of_default": "red", "undetermined": "magenta", "running": "yellow", "waived": "cyan", "not evaluated": "dim",
}


@click.command("status")
@config_option
@json_option
def command(config_path: Path | None, as_json: bool) -> None:
    """Where every clause stands by the ledger. Exit 1 on a default, a disagreement, a stale feed or a dead letter."""
    from monitor.clock import now
    from monitor.config import load_config
    from monitor.ledger.store import Ledger

    config, at = load_config(find_config(config_path)), now()
    with Ledger.open(config.ledger, mode=None, at=at, create=False) as ledger:
        shown = gather(config, ledger, at)
    if as_json:
        print_json(shown)
    else:
        _print(shown)
    sys.exit(1 if shown["attention"] else 0)


def gather(config: Config, ledger: Ledger, at: datetime) -> dict[str, Any]:
    """The whole answer as plain values."""
    from monitor.core.canonical import utc_text

    counts, lease = ledger.counts(), ledger.held_lease()
    simulated = ledger.mode == "simulated"
    instruments, complaint = _instruments(config, ledger)
    feeds = feed_states(config, ledger, at)
    next_attempt = ledger.next_attempt()
    dead = ledger.dead_letters()
    attention = [
        f"{i['id']}: {w['limb']} {w['matter'] or ''}".rstrip() + f" is {w['state'].replace('_', ' ')}"
        for i in instruments for w in i["windows"] if w["state"] in ("event_of_default", "undetermined")
    ]
    attention += [f"feed {f['name']}: {f['trouble']}" for f in feeds if f["stale"]]
    attention += [f"alert {d.alert.id} by {d.channel} was given up" for d in dead]
    attention += [complaint] if complaint else []
    return {
        "simulated": simulated,
        "ledger": {
            "path": str(config.ledger), "mode": ledger.mode, "facts": counts.facts, "alerts": counts.alerts,
            "unsealed": counts.unsealed, "head": counts.head,
        },
        "running": None if lease is None else {
            "owner": lease.owner, "pid": lease.pid, "since": utc_text(lease.taken_at),
            "until": utc_text(lease.expires_at), "expired": lease.expires_at <= at,
        },
        "instruments": instruments, "feeds": feeds,
        "reviews": [
            {"item": r.id, "instrument": r.instrument, "title": r.title, "opened_at": utc_text(r.opened_at)}
            for r in ledger.review_items(state="open")
        ],
        "deliveries": {
            "pending": counts.pending, "dead": counts.dead,
            "next_attempt": utc_text(next_attempt) if next_attempt else None,
        },
        "attention": attention,
    }


def _instruments(config: Config, ledger: Ledger) -> tuple[list[dict[str, Any]], str]:
    """Every instrument of the ledger and of the configuration; one line when the files of the latter are wrong."""
    from monitor.cli.unwatched import unwatched
    from monitor.daemon.world import make_sources, watch_instruments
    from monitor.rulebook.problems import RulebookError
    from monitor.rulebook.rulebook import load_rulebook

    enrolled, complaint = ledger.enrolled(), ""
    blind: dict[str, list[dict[str, Any]]] = {}
    try:
        watched = watch_instruments(config, load_rulebook(config.rules))
        sources = make_sources(config, watched)
        blind = {name: unwatched(one, sources) for name, one in watched.items()}
    except RulebookError as error:
        complaint = f"the rules or instruments have mistakes ({error.problems[0]}) `covenantd check` lists them"
    names = sorted({*enrolled, *blind})
    return [_instrument(name, ledger, enrolled.get(name), blind.get(name, [])) for name in names], complaint


def _instrument(
    name: str, ledger: Ledger, since: datetime | None, blind: list[dict[str, Any]]
) -> dict[str, Any]:
    from monitor.core.canonical import utc_text

    evaluation = ledger.latest_evaluation(name)
    found = ledger.latest_findings(name)
    states = {f.state.value for f in found}
    changes = [f.next_change_on for f in found if f.next_change_on]
    said = ledger.alerts(name)
    return {
        "id": name, "title": said[-1].instrument_title if said else name,
        "since": utc_text(since) if since else None,
        "evaluated_at": utc_text(evaluation.as_of) if evaluation else None,
        "state": next((s for s in WORST if s in states), "not evaluated"),
        "verified": bool(found) and all(f.verified for f in found),
        "next_change_on": utc_text(min(changes)) if changes else None,
        "petition": said[-1].petition if said else "",
        "windows": [_window(f) for f in sorted(found, key=_urgency) if f.trigger or f.state.value == "undetermined"],
        "missing": sorted({m for f in found for m in f.missing}), "unwatched": blind,
    }


def _urgency(finding: Finding) -> tuple[int, str, str]:
    return (WORST.index(finding.state.value), str(finding.deadline or finding.default_date or ""), finding.limb)


def _window(finding: Finding) -> dict[str, Any]:
    held = finding.as_json()
    keys = (
        "limb", "matter", "state", "opened", "deadline", "default_date", "earliest_arguable", "next_change_on",
        "verified", "reason",
    )
    return {key: held[key] for key in keys}


def feed_states(config: Config, ledger: Ledger, at: datetime) -> list[dict[str, Any]]:
    """Each configured feed: its last polls, how far it is read, and whether it has been silent for too long."""
    from monitor.core.canonical import plain
    from monitor.daemon.health import stale_after
    from monitor.daemon.world import make_sources

    simulated = ledger.mode == "simulated"
    good, latest = ledger.last_polls(good=True), ledger.last_polls()
    reads, gaps = _reads(ledger), _gaps(ledger)
    watching = bool(ledger.enrolled())
    shown = []
    for source in make_sources(config, {}):
        last, any_poll = good.get(source.name), latest.get(source.name)
        stale, trouble = False, ""
        if not simulated and watching:
            if last is None:
                stale, trouble = True, "was never read"
            elif at - last.started_at > stale_after(source):
                stale, trouble = True, f"has not been read since {last.started_at:%Y-%m-%d %H:%M} UTC"
        through = reads.get(source.feed.name)
        shown.append({
            "name": source.name, "feed": source.feed.name, "proves": source.feed.proves,
            "source": "live" if source.config.recorded is None else "recorded",
            "every_minutes": source.every_minutes, "last_good": plain(last.started_at) if last else None,
            "last_attempt": plain(any_poll.started_at) if any_poll else None,
            "through": through, "stale": stale, "trouble": trouble, "gap": gaps.get(source.feed.name, ""),
            "error": any_poll.error if any_poll else "", "unmapped": len(any_poll.unmapped) if any_poll else 0,
            "errors": list(any_poll.errors) if any_poll else [],
        })
    return shown


def _reads(ledger: Ledger) -> dict[str, Any]:
    """Source -> how far it is read for everybody it watches, by the facts: the same for polled and for played feeds."""
    from monitor.core.canonical import plain

    reached: dict[tuple[str, str, str], str] = {}
    for fact in ledger.all_facts(history=False):
        through = fact.fields.get("through")
        if fact.kind == "source_read" and through is not None:
            key = (str(fact.fields.get("source")), fact.subject, str(fact.fields.get("jurisdiction") or ""))
            reached[key] = max(reached.get(key, ""), str(plain(through)))
    found: dict[str, str] = {}
    for (source, _, _), through_text in reached.items():
        found[source] = min(found.get(source, through_text), through_text)
    return found


def _gaps(ledger: Ledger) -> dict[str, str]:
    """Source -> what it lost between two polls and nothing has seen since (monitor/daemon/reading.py)."""
    read: dict[tuple[str, str, str], Any] = {}
    gaps = []
    for fact in ledger.all_facts(history=False):
        if fact.kind in ("source_read", "source_gap"):
            key = (fact.source, fact.subject, str(fact.fields.get("jurisdiction") or ""))
            if fact.kind == "source_gap":
                gaps.append((key, fact))
            else:
                read[key] = fact.known_at
    return {
        key[0]: f"entries lost from {str(gap.happened_on.first)[:16]} to {str(gap.happened_on.last)[:16]} UTC"
        + (f" ({key[2]})" if key[2] else "") + ": save the docket reports again, or attest source_read"
        for key, gap in gaps if key not in read or read[key] < gap.known_at
    }


# --- text -------------------------------------------------------------------------------------------------------


def _print(shown: dict[str, Any]) -> None:
    from rich.text import Text

    from monitor.cli.screen import console as make_console
    from monitor.cli.screen import table as make_table
    from monitor.cli.unwatched import words as unwatched_words
    from monitor.notify.content import stay_warning
    from monitor.notify.wording import one_line

    console = make_console()
    if shown["simulated"]:
        console.print(Text("SIMULATED: this ledger holds invented records on a simulated clock.", style="bold magenta"))
    for instrument in shown["instruments"]:
        if instrument["petition"]:
            console.print(Text(stay_warning(instrument["petition"]), style="bold"))
        state = instrument["state"]
        console.print(
            Text(f"{instrument['title']} ({instrument['id']})  ", style="bold"),
            Text(state.replace("_", " "), style=f"bold {COLOURS.get(state, 'green')}"), sep="",
        )
        when = [f"evaluated {_minute(instrument['evaluated_at'])}"] if instrument["evaluated_at"] else []
        when += [f"next change {_minute(instrument['next_change_on'])}"] if instrument["next_change_on"] else []
        if when:
            console.print(Text("  " + ", ".join(when)))
        table = make_table(indent=2)
        for window in instrument["windows"]:
            table.add_row(*_row(window))
        if instrument["windows"]:
            console.print(table)
        for line in instrument["missing"]:
            console.print(Text(f"  not verified: {line}", style="dim"))
        for line in unwatched_words(instrument["unwatched"]):
            console.print(Text(f"  {line}", style="yellow"))
    console.print()
    table = make_table("Feed", "Source", "Last good poll", "Read through", "")
    for feed in shown["feeds"]:
        words = one_line(feed["trouble"] or feed["error"] or feed["gap"], 200)
        table.add_row(
            Text(feed["name"]), Text(feed["source"]), Text(_minute(feed["last_good"]) or "none"),
            Text(_minute(feed["through"]) or "not known"), Text(words, style="red" if feed["stale"] else ""),
        )
    if shown["feeds"]:
        console.print(table)
    _rest(shown, console)


def _rest(shown: dict[str, Any], console: Any) -> None:
    from rich.text import Text

    from monitor.notify.wording import one_line

    for item in shown["reviews"]:
        console.print(Text(f"For review: {item['item']}  {item['instrument']}  {one_line(item['title'], 120)}"))
    out, lease, ledger = shown["deliveries"], shown["running"], shown["ledger"]
    console.print(Text(f"Outbox: {out['pending']} pending, {out['dead']} dead."))
    who = "nobody"
    if lease:
        who = f"{lease['owner']}, process {lease['pid']}" + (", its lease has expired" if lease["expired"] else "")
    console.print(Text(f"Running: {who}. Ledger {ledger['path']} ({ledger['mode']}), {ledger['unsealed']} unsealed."))
    for line in shown["attention"]:
        console.print(Text(f"! {one_line(line, 300)}", style="bold"))


def _row(window: dict[str, Any]) -> Sequence[Any]:
    from rich.text import Text

    from monitor.notify.wording import one_line

    state = window["state"]
    words = state.replace("_", " ") + ("" if window["verified"] else " (unverified)")
    named = (("last day", window["deadline"]), ("default", window["default_date"]),
             ("arguable", window["earliest_arguable"]))
    dates = ", ".join(f"{name} {value}" for name, value in named if value)
    return (
        Text(window["limb"]), Text(words, style=COLOURS.get(state, "green")),
        Text(one_line(window["matter"] or "", 60)), Text(dates),
    )


def _minute(text: str | None) -> str:
    """``2005-07-06 14:02 UTC`` out of a canonical instant; a bare date stays."""
    if not text:
        return ""
    return f"{text[:10]} {text[11:16]} UTC" if "T" in text else text
