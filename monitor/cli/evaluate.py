"""``covenantd evaluate``: the findings of one instrument on given facts, decided by both evaluators."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from monitor.cli.options import chosen_readings, instant, json_option, print_json
from monitor.core.canonical import utc_text
from monitor.core.evaluate import findings
from monitor.core.findings import Finding, State


@click.command("evaluate")
@click.option("--instrument", "name", required=True, metavar="ID_OR_FILE", help="An instrument's id, or a file.")
@click.option("--facts", "facts_path", required=True, type=click.Path(path_type=Path), help="YAML list or JSON Lines.")
@click.option("--as-of", required=True, metavar="DATE_OR_INSTANT", help="A date means its end.")
@click.option("--known-at", metavar="INSTANT", help="What had been learned by then (default: as of).")
@click.option("--reading", "readings", multiple=True, metavar="NAME=VALUE", help="Try another reading.")
@json_option
def command(
    name: str, facts_path: Path, as_of: str, known_at: str | None, readings: tuple[str, ...], as_json: bool
) -> None:
    """Findings of one instrument on given facts: one for each window, one `clear` for each limb without any.

    Exit 1 when the two evaluators differ on one of them.
    """
    from monitor.daemon.world import digests_of, make_case
    from monitor.engine.pool import Engine, EngineFailure
    from monitor.rulebook.rulebook import load_instrument, load_rulebook, read_facts

    rulebook = load_rulebook()
    instrument, form = load_instrument(name, rulebook)
    chosen = chosen_readings(readings, rulebook)
    at = instant(as_of, form.zone, "--as-of")
    known = instant(known_at, form.zone, "--known-at") if known_at else at
    facts = read_facts(facts_path, rulebook, instrument, form)
    case = make_case(rulebook, instrument, form, facts, at, known, chosen)
    with Engine() as engine:
        try:
            found = findings(case, engine.evaluate(case), digests_of(rulebook, instrument, form))
        except EngineFailure as error:
            found = findings(case, str(error), digests_of(rulebook, instrument, form))
    if as_json:
        print_json({
            "instrument": instrument.id, "as_of": utc_text(at), "known_at": utc_text(known),
            "findings": [f.as_json() for f in found],
        })
    else:
        _print(found, instrument.title, as_of)
    sys.exit(1 if any(f.state is State.UNDETERMINED for f in found) else 0)


COLOURS = {
    State.CLEAR: "green", State.RUNNING: "yellow", State.CURED: "green", State.EXCEPTED: "green",
    State.EVENT_OF_DEFAULT: "red", State.WAIVED: "cyan", State.UNDETERMINED: "magenta",
}


def _print(found: tuple[Finding, ...], title: str, as_of: str) -> None:
    """Windows first, each with its dates and reason; limbs without any in one line."""
    from rich.text import Text

    from monitor.cli.screen import console as make_console

    console = make_console()
    console.print(Text(f"{title}, as of {as_of}", style="bold"))
    for f in found:
        if not f.trigger:
            continue
        console.print()
        console.print(
            Text(f"{f.limb}  "), Text(f.state.value.replace("_", " "), style=f"bold {COLOURS[f.state]}"),
            Text(f"  {f.matter}" + ("" if f.verified else "  (unverified)")), sep="",
        )
        dates = (
            ("opened", f.opened), ("last day", f.deadline), ("default", f.default_date),
            ("earliest arguable", f.earliest_arguable),
        )
        console.print(Text("  " + ", ".join(f"{name} {value}" for name, value in dates if value)))
        console.print(Text(f"  {f.reason}"))
    clear = [f for f in found if not f.trigger]
    for verified, words in ((True, "Clear"), (False, "Nothing on record, but not everything was read")):
        limbs = [f.limb for f in clear if f.verified is verified]
        if limbs:
            console.print(Text(f"\n{words}: {', '.join(limbs)}"))
    unread = sorted({m for f in clear for m in f.missing})
    if unread:
        console.print(Text("  " + "\n  ".join(unread), style="dim"))
    console.print(Text("\nA reading of the contract, not legal advice.", style="dim"))
