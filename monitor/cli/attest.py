"""``covenantd attest``: a person states a fact, under a name and with the file that shows it."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option, json_option, print_json

if TYPE_CHECKING:
    from monitor.cli.stating import Said, Setting
    from monitor.core.facts import Fact


@click.command("attest")
@click.argument("kind", required=False, default="")
@click.option("--field", "fields", multiple=True, metavar="NAME=VALUE", help="A field of the kind; repeat it.")
@click.option("--matter", help="What it is about: a file, index or docket number, the name of a debt.")
@click.option("--on", metavar="DATE", help="When it happened: a date, an instant, or FROM..TO.")
@click.option("--subject", help="The obligor's id or exact name (default: the maker).")
@click.option("--instrument", metavar="ID", help="The one instrument it concerns.")
@click.option("--supersedes", metavar="FACT_ID", help="The fact it corrects or reverses.")
@click.option("--signed/--unsigned", default=None, help="In writing, signed by the party to be charged.")
@click.option("--stated-by", metavar="NAME", help="Who states it.")
@click.option("--evidence", type=click.Path(path_type=Path), help="The file that shows it; its bytes are kept.")
@click.option("--again", is_flag=True, help="It happened a second time, although the very same is on record.")
@config_option
@json_option
def command(
    kind: str, fields: tuple[str, ...], matter: str | None, on: str | None, subject: str | None,
    instrument: str | None, supersedes: str | None, signed: bool | None, stated_by: str | None, evidence: Path | None,
    again: bool, config_path: Path | None, as_json: bool,
) -> None:
    """State a fact no feed can see. KIND is one of `covenantd vocabulary`. Asks for what is missing on a terminal."""
    from monitor.cli import recording, stating
    from monitor.clock import now
    from monitor.resolve.decisions import same_statements, stated

    setting = stating.read_setting(config_path)
    said = stating.Said(kind, on, matter, subject, instrument, supersedes, fields, signed)
    asked, terminal = False, sys.stdin.isatty() and not as_json
    if terminal:
        said, stated_by, evidence, asked = _ask(said, stated_by, evidence, setting)
    wrong: list[str] = []
    if not said.kind:
        wrong.append("no kind is named. `covenantd vocabulary` lists them.")
    else:
        _refuse_kind(said.kind, setting, wrong)
    if not (stated_by or "").strip():
        wrong.append("nobody is named who states it. Add --stated-by NAME.")
    shown = stating.read_evidence(evidence, wrong) if evidence else None
    if not evidence:
        wrong.append("no evidence is named. Add --evidence FILE, the file that shows it.")
    fact = stating.parse_said(said, setting, wrong) if said.kind else None
    who, at = " ".join((stated_by or "").split()), now()
    too_far = stating.read_ahead(fact, at, setting.zone) if fact else ""
    stating.refuse([*wrong, *([too_far] if too_far else [])])
    assert fact is not None
    ahead = future(fact, at, setting.zone)
    if ahead:
        click.echo(f"covenantd: {ahead}", err=True)
    if asked:
        click.echo(f"{fact.kind} {fact.matter}, {said.on}, {dict(fact.fields) or 'no fields'}; stated by {who}.")
    if asked or (ahead and terminal):
        click.confirm("State this all the same?" if ahead else "State this?", abort=True)
    with recording.opened(setting, at) as world:
        held = recording.held_facts(world.ledger, at)
        if fact.supersedes and fact.supersedes not in {f.id for f in held}:
            raise click.UsageError(
                f"--supersedes: no fact {fact.supersedes} stands. `covenantd explain` shows the ids of facts."
            )
        twins = same_statements(fact, held)
        if twins and not again:
            raise click.UsageError(
                f"the very same is on record already (fact {twins[0].id}, from {twins[0].source}). Add --again if it "
                "happened twice."
            )
        fact = stated(fact, who, at, before=len(twins))
        with world.ledger.write() as tx:
            recording.add(tx, world, [fact], stating.words(who, at, shown), at, shown)
        outcomes = recording.evaluate(world, [fact], at)
        channels = list(world.channels)
        notes = [*([ahead] if ahead else []), *_notes(fact.kind, fact.matter, {f.matter for f in held}, setting)]
    if as_json:
        from monitor.rulebook.facts_file import fact_to_mapping

        print_json({
            "fact": fact_to_mapping(fact, setting.zone), "stated_by": who, "evidence_sha256": shown and shown.sha256,
            "notes": notes, "evaluated": [o.as_json() for o in outcomes],
        })
        return
    click.echo(f"Stated: {fact.kind} {fact.matter} (fact {fact.id}).")
    for note in notes:
        if note != ahead:  # said already, before it was written
            click.echo(f"Note: {note}")
    recording.say(outcomes, channels)


def future(fact: Fact, at: datetime, zone: str) -> str:
    """What happens only later is stated today and counts from its day; "" when it has happened."""
    from monitor.core.facts import local_date

    first = fact.happened_on.first
    if isinstance(first, datetime):
        return f"dated in the future: counts from {first:%Y-%m-%d %H:%M %Z}." if first > at else ""
    return f"dated in the future: counts from {first}." if first > local_date(at, zone) else ""


def _refuse_kind(kind: str, setting: Setting, wrong: list[str]) -> None:
    found = setting.rulebook.vocabulary.kinds.get(kind)
    if kind == "retraction":
        wrong.append("a retraction has a command of its own. Write covenantd retract FACT_ID --reason ... --by ...")
    elif found and found.proves == "hint":
        wrong.append(f"`{kind}` is a hint, which only a source reports. State what happened.")


def _notes(kind: str, matter: str, matters: set[str], setting: Setting) -> list[str]:
    """A cure names the matter of its trigger; one that names nothing known cures nothing, and nothing would say so."""
    found = setting.rulebook.vocabulary.kinds[kind]
    if found.matter == "required" and found.order > 0 and matter not in matters:
        import difflib

        close = difflib.get_close_matches(matter, matters, n=1)
        return [
            f"nothing on record is about `{matter}`, so it ends no window yet."
            + (f" Did you mean `{close[0]}`?" if close else "")
        ]
    return []


def _ask(
    said: Said, stated_by: str | None, evidence: Path | None, setting: Setting
) -> tuple[Said, str | None, Path | None, bool]:
    """Prompts for what is missing; True when anything was asked."""
    from dataclasses import replace

    kinds = setting.rulebook.vocabulary.kinds
    asked = not (said.kind and said.on and stated_by and evidence)
    while said.kind not in kinds:
        if said.kind:
            click.echo(f"There is no kind {said.kind}; `covenantd vocabulary` lists them.")
        said = replace(said, kind=click.prompt("Kind of fact"))
    kind = kinds[said.kind]
    click.echo(kind.meaning) if asked else None
    if not said.on:
        said = replace(said, on=click.prompt("When it happened (date, instant, or FROM..TO)"))
    if not said.matter and kind.matter == "required":
        asked, said = True, replace(said, matter=click.prompt("Matter (file, index or docket number, name of a debt)"))
    given = {pair.partition("=")[0] for pair in said.fields}
    for spec in kind.fields.values():
        if spec.required and spec.name not in given:
            asked = True
            said = replace(said, fields=(*said.fields, f"{spec.name}={click.prompt(f'{spec.name} ({spec.meaning})')}"))
    if "signed" in kind.fields and said.signed is None and "signed" not in given:
        asked, said = True, replace(said, signed=click.confirm("Signed by the party to be charged?", default=False))
    stated_by = stated_by or click.prompt("Stated by")
    evidence = evidence or Path(click.prompt("Evidence file"))
    return said, stated_by, evidence, asked
