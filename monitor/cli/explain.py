"""``covenantd explain``: why each clause stands as it does, so that a lawyer can check it by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import chosen_readings, config_option, find_config, instant, json_option, print_json

if TYPE_CHECKING:
    from monitor.core.clause import Form, Instrument, Limb
    from monitor.core.facts import Fact
    from monitor.core.findings import Finding
    from monitor.core.select import Case
    from monitor.ledger.facts import FactSource
    from monitor.rulebook.rulebook import Rulebook


@click.command("explain")
@click.option("--instrument", "name", metavar="ID_OR_FILE", help="An instrument (default: the only one configured).")
@click.option("--limb", metavar="LIMB", help="One limb or clause only: b.judgment, or b.")
@click.option("--facts", "facts_path", type=click.Path(path_type=Path), help="A facts file (default: the ledger).")
@click.option("--as-of", metavar="DATE_OR_INSTANT", help="A date means its end (default: now).")
@click.option("--known-at", metavar="INSTANT", help="What had been learned by then (default: as of).")
@click.option("--reading", "readings", multiple=True, metavar="NAME=VALUE", help="Try another reading.")
@click.option("--days", is_flag=True, help="Count the days one by one.")
@config_option
@json_option
def command(
    name: str | None, limb: str | None, facts_path: Path | None, as_of: str | None, known_at: str | None,
    readings: tuple[str, ...], days: bool, config_path: Path | None, as_json: bool,
) -> None:
    """Why: the quote, the facts and their sources, the rule, the days, every reading, what was read, what is owed."""
    from monitor.cli.explain_text import show

    if facts_path is not None:
        if name is None or as_of is None:
            raise click.UsageError("--facts needs --instrument and --as-of.")
        world = _from_file(name, facts_path, as_of, known_at, readings)
    else:
        world = _from_ledger(name, as_of, known_at, readings, config_path)
    shown = gather(world, _limbs(world.form, limb), whole=limb is not None)
    if as_json:
        print_json(shown)
    else:
        show(shown, days=days)


@dataclass(frozen=True)
class Stand:
    """What is explained: one instrument on given facts at an instant. ``recorded``: what the daemon decided last."""

    rulebook: Rulebook
    instrument: Instrument
    form: Form
    facts: Sequence[Fact]
    as_of: datetime
    known_at: datetime
    readings: Mapping[str, str]
    sources: Mapping[str, FactSource]
    recorded: Sequence[Finding] = ()
    simulated: bool = False

    def case(self, readings: Mapping[str, str] | None = None) -> Case:
        from monitor.daemon.world import make_case

        chosen = {**self.readings, **(readings or {})}
        return make_case(
            self.rulebook, self.instrument, self.form, self.facts, self.as_of, self.known_at, chosen
        )


def _from_file(
    name: str, facts_path: Path, as_of: str, known_at: str | None, readings: tuple[str, ...]
) -> Stand:
    from monitor.rulebook.rulebook import load_instrument, load_rulebook, read_facts

    rulebook = load_rulebook()
    instrument, form = load_instrument(name, rulebook)
    at = instant(as_of, form.zone, "--as-of")
    known = instant(known_at, form.zone, "--known-at") if known_at else at
    chosen = chosen_readings(readings, rulebook)
    return Stand(rulebook, instrument, form, read_facts(facts_path, rulebook, instrument, form), at, known, chosen, {})


def _from_ledger(
    name: str | None, as_of: str | None, known_at: str | None, readings: tuple[str, ...], config_path: Path | None
) -> Stand:
    """A simulated ledger stands at its own last evaluation, a real one now."""
    from monitor.clock import now
    from monitor.config import load_config
    from monitor.daemon.world import watch_instruments
    from monitor.ledger.store import Ledger
    from monitor.rulebook.problems import did_you_mean, listed, told
    from monitor.rulebook.rulebook import load_rulebook

    config, at = load_config(find_config(config_path)), now()
    rulebook = load_rulebook(config.rules)
    watched = watch_instruments(config, rulebook)
    if name is None and len(watched) != 1:
        raise click.UsageError(f"say which instrument. Add --instrument: {listed(watched)}.")
    if name is not None and name not in watched:
        raise click.UsageError(
            f"--instrument: {told(name)} is not watched. {did_you_mean(name, watched)} "
            "For facts of your own add --facts FILE --as-of DATE."
        )
    one = watched[name or next(iter(watched))]
    chosen = chosen_readings(readings, rulebook)
    with Ledger.open(config.ledger, mode=None, at=at, create=False) as ledger:
        last = ledger.latest_evaluation(one.instrument.id)
        simulated = ledger.mode == "simulated"
        stands = last.as_of if simulated and last else at
        when = instant(as_of, one.form.zone, "--as-of") if as_of else stands
        known = instant(known_at, one.form.zone, "--known-at") if known_at else when if as_of else (
            last.known_at if simulated and last else at)
        facts = ledger.all_facts(one.subjects, known)
        sources = ledger.fact_sources([f.id for f in facts], known)
        recorded = ledger.latest_findings(one.instrument.id)
    return Stand(
        rulebook, one.instrument, one.form, facts, when, known, chosen, sources, recorded, simulated
    )


def _limbs(form: Form, named: str | None) -> tuple[Limb, ...]:
    from monitor.rulebook.problems import did_you_mean, told

    found = tuple(x for x in form.limbs if named is None or named in (x.id, x.clause))
    if not found:
        known = [*(x.id for x in form.limbs), *dict.fromkeys(x.clause for x in form.limbs)]
        raise click.UsageError(f"--limb: {form.id} has no limb {told(named)}. {did_you_mean(str(named), known)}")
    return found


# --- the explanation --------------------------------------------------------------------------------------------


def gather(stand: Stand, limbs: Sequence[Limb], *, whole: bool) -> dict[str, Any]:
    """Everything as plain values. ``whole``: limbs without a window in full too."""
    from monitor.core.canonical import utc_text
    from monitor.core.evaluate import findings
    from monitor.core.explain import naming_nothing
    from monitor.core.message import petition

    case = stand.case()
    wanted = {x.id: x for x in limbs}
    every = [f for f in findings(case) if f.limb in wanted]
    recorded = {f.key: f for f in stand.recorded}
    return {
        "instrument": stand.instrument.id, "title": stand.instrument.title, "simulated": stand.simulated,
        "as_of": utc_text(stand.as_of), "known_at": utc_text(stand.known_at), "zone": case.zone,
        "petition": petition(case),
        "findings": [
            _explained(f, wanted[f.limb], case, stand, recorded.get(f.key)) for f in every if f.trigger or whole
        ],
        "clear": [
            {"limb": f.limb, "verified": f.verified, "missing": list(f.missing), "reason": f.reason}
            for f in every if not f.trigger and not whole
        ],
        "readings": {n: v for n, v in case.chosen.items() if v != stand.rulebook.readings[n].default},
        "ignored": [
            {"id": f.id, "kind": f.kind, "supersedes": f.supersedes, "source": f.source, "record": f.record}
            for f in naming_nothing(stand.facts, stand.known_at)
        ],
        "terms": dict(stand.instrument.shown), "payoff": _payoff(case), "missed_interest": _missed(case),
    }


def _explained(finding: Finding, limb: Limb, case: Case, stand: Stand, recorded: Finding | None) -> dict[str, Any]:
    from monitor.core.explain import counted_days, reading_effects, rule_words, source_states, waiver_words

    return {
        **finding.as_json(), "title": limb.title, "rule": rule_words(limb), "rule_at": limb.line,
        "facts": _facts(finding, case, stand.sources),
        "days": [
            {"day": d.day.isoformat(), "number": d.number, "what": d.what, "note": d.note}
            for d in counted_days(limb, finding, case)
        ],
        "readings": [
            {"reading": e.name, "chosen": e.chosen, "meaning": e.meaning, "authority": e.authority,
             "others": [
                 {"value": a.value, "weight": a.weight.value, "state": a.state.value if a.state else None,
                  "default_date": a.default_date.isoformat() if a.default_date else None, "changes": a.changes}
                 for a in e.alternatives
             ]}
            for e in reading_effects(limb, finding, case, stand.case)
        ],
        "sources": [
            {"area": s.area, "source": s.source, "jurisdiction": s.jurisdiction,
             "through": _local(s.through, case.zone) if s.through else None}
            for s in source_states(limb, case)
        ],
        "waiver": waiver_words(finding, case) if finding.trigger else None,
        "evaluators_differ": list(recorded.both_answers) if recorded else [],
    }


def _facts(finding: Finding, case: Case, sources: Mapping[str, FactSource]) -> list[dict[str, Any]]:
    """Every fact on the matter, in the order in which it counts, with where it came from."""
    from monitor.rulebook.facts_file import fact_to_mapping

    decided = {e.fact for e in finding.evidence}
    found = []
    for event in case.events:
        if event.matter != finding.matter:
            continue
        for name in event.facts:
            fact, source = case.facts.get(name), sources.get(name)
            if fact is None:  # a market that ended: no record states it
                if event.id != finding.trigger:
                    continue
                found.append({"id": name, "kind": event.kind, "happened_on": event.first.isoformat(),
                              "source": "rules/venues.yaml", "decides": True})
                continue
            found.append({
                **fact_to_mapping(fact, case.zone), "decides": name in decided,
                "text": source.text if source else "",
                "url": str(fact.fields.get("url") or (source.url if source else "")),
                "sha256": source.payload if source else "",
            })
    return found


def _local(at: datetime, zone: str) -> str:
    """A day that is read to its end as that day; any other instant on the governing clock, to the minute."""
    from monitor.core.facts import end_of_day, local_date, zone_of

    day = local_date(at, zone)
    return day.isoformat() if at == end_of_day(day, zone) else f"{at.astimezone(zone_of(zone)):%Y-%m-%dT%H:%M%z}"


def _payoff(case: Case) -> dict[str, Any]:
    """What is owed; from the first petition the claim at its date, and nothing "a day" (semantics.md section 9)."""
    from monitor.core.message import PETITIONS, petition
    from monitor.core.payoff import payoff

    issue = case.instrument.loan.dated
    filed = min(
        (e.last for e in case.events if e.kind in PETITIONS and case.happened(e) and e.last >= issue), default=None
    )
    on = filed or case.today
    owed = payoff(case, on)
    shown = {
        "on": on.isoformat(), "claim_at_petition": filed is not None, "currency": owed.currency,
        "principal": f"{owed.balance.principal:.2f}", "interest": f"{owed.balance.interest:.2f}",
        "total": f"{owed.balance.total:.2f}",
        "payments_read_through": owed.read_through.isoformat() if owed.read_through else None,
    }
    return shown if petition(case) else {**shown, "per_diem": f"{owed.balance.per_diem:.2f}"}


def _missed(case: Case) -> list[dict[str, Any]]:
    from monitor.core.payoff import missed_interest

    return [
        {"due": m.due.nominal.isoformat(), "payable": m.due.payable.isoformat(), "amount": f"{m.due.amount:.2f}",
         "short": f"{m.short:.2f}", "known": m.known}
        for m in missed_interest(case)
    ]
