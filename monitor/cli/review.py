"""``covenantd review``: what sources report and only a person can decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import config_option, find_config, json_option, print_json

if TYPE_CHECKING:
    from monitor.core.facts import Fact
    from monitor.ledger.reviews import ReviewItem
    from monitor.ledger.store import Ledger, Reader


@click.command("review")
@click.argument("item", required=False)
@click.option("--confirm", metavar="KIND", help="What happened: a kind the hint may become.")
@click.option("--dismiss", is_flag=True, help="It concerns nothing here.")
@click.option("--on", metavar="DATE", help="When it happened: a date, an instant, or FROM..TO.")
@click.option("--field", "fields", multiple=True, metavar="NAME=VALUE", help="A field of the kind; repeat it.")
@click.option("--matter", help="The matter, when it is not the hint's own.")
@click.option("--evidence", type=click.Path(path_type=Path), help="A file that shows it (default: the source's own).")
@click.option("--by", "who", metavar="NAME", help="Who decides.")
@click.option("--reason", metavar="TEXT", help="Why.")
@config_option
@json_option
def command(
    item: str | None, confirm: str | None, dismiss: bool, on: str | None, fields: tuple[str, ...], matter: str | None,
    evidence: Path | None, who: str | None, reason: str | None, config_path: Path | None, as_json: bool,
) -> None:
    """List the open items; show ITEM; or decide it with --confirm KIND or --dismiss, a name and a reason."""
    from monitor.clock import now
    from monitor.config import load_config
    from monitor.ledger.store import Ledger

    deciding = confirm is not None or dismiss
    if item is None and (deciding or who or reason):
        raise click.UsageError("no item is named. `covenantd review` lists them.")
    if not deciding:
        if who or reason or on or fields or matter or evidence:
            raise click.UsageError("nothing is decided. Add --confirm KIND or --dismiss.")
        config = load_config(find_config(config_path))
        with Ledger.open(config.ledger, mode=None, at=now(), create=False) as ledger:
            found = [find_item(ledger, item)] if item else ledger.review_items(state="open")
            if as_json:
                print_json([item_json(ledger, one) for one in found])
            else:
                _show(ledger, found, whole=item is not None)
        return
    assert item is not None
    if confirm is not None and dismiss:
        raise click.UsageError("--confirm and --dismiss exclude each other. Keep one.")
    _decide(item, confirm, on, fields, matter, evidence, who, reason, config_path, as_json)


def find_item(ledger: Ledger, given: str) -> ReviewItem:
    """An item by its id or the beginning of it. Raises UsageError."""
    from monitor.rulebook.problems import listed, told

    close = [i for i in ledger.review_items() if i.id == given or (len(given) >= 4 and i.id.startswith(given))]
    if len(close) > 1:
        raise click.UsageError(f"several items begin with {told(given)}: {listed(i.id for i in close)}.")
    if not close:
        raise click.UsageError(f"there is no review item {told(given)}. `covenantd review` lists them.")
    return close[0]


def hints_of(ledger: Reader, item: ReviewItem) -> list[Fact]:
    """The latest version of every report in the item."""
    latest: dict[str, Fact] = {}
    for fact_id, _ in item.hints:
        versions = ledger.fact_versions(fact_id)
        if versions:
            latest[fact_id] = versions[-1]
    return list(latest.values())


# --- deciding ---------------------------------------------------------------------------------------------------


def _decide(
    item: str, confirm: str | None, on: str | None, fields: tuple[str, ...], matter: str | None,
    evidence: Path | None, who: str | None, reason: str | None, config_path: Path | None, as_json: bool,
) -> None:
    from monitor.cli import recording, stating
    from monitor.clock import now
    from monitor.resolve.decisions import decide

    setting = stating.read_setting(config_path)
    wrong: list[str] = []
    if not (who or "").strip():
        wrong.append("nobody is named who decides. Add --by NAME.")
    if not (reason or "").strip():
        wrong.append("no reason is given. Add --reason TEXT.")
    if confirm is None and (on or fields or matter):
        wrong.append("--dismiss states nothing. Leave out --on, --field and --matter.")
    shown = stating.read_evidence(evidence, wrong) if evidence else None
    at, who, why = now(), " ".join((who or "").split()), " ".join((reason or "").split())
    with recording.opened(setting, at) as world:
        found = find_item(world.ledger, item)
        if found.state == "decided":
            last = found.decisions[-1]
            wrong.append(f"item {found.id} was decided by {last.who} on {last.at:%Y-%m-%d}. Nothing is open in it.")
        if found.instrument not in world.watched:
            wrong.append(f"item {found.id} is about {found.instrument}, which is not watched any more.")
        hints = hints_of(world.ledger, found)
        fact = _confirmed(confirm, hints, found, on, fields, matter, setting, wrong) if confirm is not None else None
        stating.refuse(wrong)
        sources = world.ledger.fact_sources([h.id for h in hints])
        standing = {f.id for f in recording.held_facts(world.ledger, at)}
        made = decide([h for h in hints if h.id in standing], fact, why, who, at, setting.zone)
        origin = next((s for s in sources.values() if s.payload), None)
        said = next((s.text for s in sources.values() if s.text), "")
        more = f"Decided on a report: {why}." + (f" The source said: {said}" if said else "")
        text = stating.words(who, at, shown, more)
        with world.ledger.write() as tx:
            recording.add(
                tx, world, made.facts, text, at, shown, payload=origin.payload if origin else None,
                url=_url(hints, origin.url if origin else ""),
            )
            stated = made.stated.id if made.stated else ""
            for one in (found, *_siblings(tx, found, {h.id for h in hints})):
                tx.decide(one.id, "confirm" if fact else "dismiss", who=who, reason=why, at=at, fact=stated)
        outcomes = recording.evaluate(world, made.facts, at)
        channels = list(world.channels)
    if as_json:
        print_json({
            "item": found.id, "verdict": "confirm" if fact else "dismiss", "by": who, "reason": why, "fact": stated,
            "withdrawn": [r.supersedes for r in made.retractions], "evaluated": [o.as_json() for o in outcomes],
        })
        return
    if made.stated:
        click.echo(f"Confirmed {found.id}: {made.stated.kind} {made.stated.matter} (fact {made.stated.id}).")
    else:
        click.echo(f"Dismissed {found.id}: {found.title}.")
    recording.say(outcomes, channels)


def _confirmed(
    kind: str, hints: list[Fact], item: ReviewItem, on: str | None, fields: tuple[str, ...], matter: str | None,
    setting: Any, wrong: list[str],
) -> Fact | None:
    """The fact a hint is confirmed as, on the hint's own matter where the kind needs one."""
    from monitor.cli import stating
    from monitor.resolve.decisions import OWN_DATE, may_become
    from monitor.rulebook.facts_file import fact_to_mapping
    from monitor.rulebook.problems import did_you_mean, listed, told

    if not hints:
        wrong.append(f"item {item.id} has no report left. Dismiss it.")
        return None
    hint, vocabulary = hints[0], setting.rulebook.vocabulary.kinds
    allowed = tuple(dict.fromkeys(k for h in hints for k in may_become(h)))
    if kind in vocabulary and kind not in allowed:
        wrong.append(f"--confirm: a {hint.kind} does not become `{kind}`. Write {listed(allowed, 30)}.")
        return None
    if kind not in vocabulary:
        wrong.append(f"--confirm: unknown kind {told(kind)}. {did_you_mean(kind, allowed)}")
        return None
    dated: Any = on
    if on is None and hint.kind in OWN_DATE:
        dated = fact_to_mapping(hint, setting.zone)["happened_on"]
    elif on is None:
        wrong.append(
            f"--on is missing: the report is dated {_dates(hint)}, which need not be when it happened. "
            "Add --on DATE, or --on FROM..TO."
        )
        dated = fact_to_mapping(hint, setting.zone)["happened_on"]
    own = hint.matter if vocabulary[kind].matter == "required" else None
    fact = stating.parse_said(
        stating.Said(kind, dated, matter or own, hint.subject, hint.instrument, None, fields), setting, wrong
    )
    return replace(fact, zone=fact.zone or hint.zone) if fact else None


def _siblings(tx: Reader, item: ReviewItem, hints: set[str]) -> list[ReviewItem]:
    """The same reports asked about another note of the same maker: the answer is the same."""
    return [
        i for i in tx.review_items(state="open")
        if i.id != item.id and {fact for fact, _ in i.hints} <= hints
    ]


def _url(hints: list[Fact], payload: str) -> str:
    return next((str(h.fields["url"]) for h in hints if h.fields.get("url")), payload)


# --- showing ----------------------------------------------------------------------------------------------------


def item_json(ledger: Ledger, item: ReviewItem) -> dict[str, Any]:
    from monitor.core.canonical import utc_text
    from monitor.resolve.decisions import may_become
    from monitor.rulebook.facts_file import fact_to_mapping

    hints = hints_of(ledger, item)
    sources = ledger.fact_sources([h.id for h in hints])
    return {
        "item": item.id, "instrument": item.instrument, "title": item.title, "state": item.state,
        "opened_at": utc_text(item.opened_at), "simulated": ledger.mode == "simulated",
        "may_become": list(dict.fromkeys(k for h in hints for k in may_become(h))),
        "hints": [
            {**fact_to_mapping(h), "text": sources[h.id].text if h.id in sources else "",
             "payload": sources[h.id].payload if h.id in sources else ""}
            for h in hints
        ],
        "decisions": [
            {"verdict": d.verdict, "by": d.who, "reason": d.reason, "at": utc_text(d.at), "fact": d.fact}
            for d in item.decisions
        ],
    }


def _show(ledger: Ledger, items: list[ReviewItem], *, whole: bool) -> None:
    from monitor.notify.wording import one_line

    if ledger.mode == "simulated":
        click.echo("SIMULATED ledger: invented records.")
    if not items:
        click.echo("Nothing waits for review.")
    for item in items:
        shown = item_json(ledger, item)
        click.echo(f"{item.id}  {item.instrument}  {one_line(item.title)}  (opened {item.opened_at:%Y-%m-%d})")
        for hint in shown["hints"]:
            _show_hint(hint)
        if whole:
            for d in item.decisions:
                click.echo(f"  {d.verdict} by {d.who} on {d.at:%Y-%m-%d}: {one_line(d.reason)}")
            click.echo(f"  State: {item.state}. It may be confirmed as: {', '.join(shown['may_become'])}")
    if items and not whole:
        click.echo("Decide: covenantd review ITEM --confirm KIND --on DATE --by NAME --reason TEXT (or --dismiss)")


def _show_hint(hint: Mapping[str, Any]) -> None:
    """One report, as the source words it: untrusted text, made harmless."""
    from monitor.notify.wording import clean, shorten

    dated = hint["happened_on"]
    dated = f"{dated['from']} to {dated['to']}" if isinstance(dated, dict) else dated
    click.echo(f"  {hint['kind'].replace('_', ' ')}, {dated}, {hint['source']}, {hint['matter']}")
    text = shorten(clean(str(hint["text"] or hint.get("title") or "")), 600)[0]
    for line in text.splitlines():
        click.echo(f"    > {line}")
    if hint.get("url"):
        click.echo(f"    {hint['url']}")


def _dates(hint: Fact) -> str:
    from monitor.core.facts import local_date

    ends, zone = (hint.happened_on.first, hint.happened_on.last), hint.zone or "America/New_York"
    first, last = (local_date(m, zone) for m in ends)
    return f"{first}" if first == last else f"{first} to {last}"
