"""``covenantd retract``: withdraw a fact. The record keeps it and says who withdrew it, when and why."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli.options import config_option, json_option, print_json


@click.command("retract")
@click.argument("fact_id")
@click.option("--reason", metavar="TEXT", help="Why it is withdrawn.")
@click.option("--by", "who", metavar="NAME", help="Who withdraws it.")
@config_option
@json_option
def command(fact_id: str, reason: str | None, who: str | None, config_path: Path | None, as_json: bool) -> None:
    """Withdraw the fact FACT_ID (an id, or the beginning of one) from now on."""
    from monitor.cli import recording, stating
    from monitor.clock import now
    from monitor.resolve.decisions import retraction

    setting = stating.read_setting(config_path)
    wrong = []
    if not (reason or "").strip():
        wrong.append("no reason is given. Add --reason TEXT.")
    if not (who or "").strip():
        wrong.append("nobody is named who withdraws it. Add --by NAME.")
    stating.refuse(wrong)
    assert reason is not None
    assert who is not None
    at, who = now(), " ".join(who.split())
    with recording.opened(setting, at) as world:
        fact = recording.find_fact(world.ledger, fact_id)
        if fact.kind == "retraction":
            raise click.UsageError("a retraction is not withdrawn. State the fact anew with `covenantd attest`.")
        if fact.id not in {f.id for f in recording.held_facts(world.ledger, at)}:
            raise click.UsageError(f"fact {fact.id} was withdrawn or replaced before. Nothing was written.")
        made = retraction(fact, reason, who, at, setting.zone)
        with world.ledger.write() as tx:
            recording.add(tx, world, [made], stating.words(who, at, None, f"Withdrawn: {reason}"), at)
        outcomes = recording.evaluate(world, [made], at)
        channels = list(world.channels)
    if as_json:
        print_json({
            "retraction": made.id, "withdrawn": fact.id, "kind": fact.kind, "matter": fact.matter,
            "by": who, "reason": reason, "evaluated": [o.as_json() for o in outcomes],
        })
        return
    click.echo(f"Withdrawn: {fact.kind} {fact.matter} (fact {fact.id}); retraction {made.id}.")
    recording.say(outcomes, channels)
