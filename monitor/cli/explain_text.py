"""An explanation as text for a person. What it says is gathered in explain.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.text import Text

from monitor.cli.screen import console as make_console
from monitor.cli.screen import table as make_table
from monitor.core.day_words import as_of_words
from monitor.notify.content import stay_warning
from monitor.notify.wording import clean, one_line, shorten


def show(shown: Mapping[str, Any], *, days: bool) -> None:
    console = make_console()
    if shown["simulated"]:
        console.print(Text("SIMULATED: invented records on a simulated clock.", style="bold magenta"))
    if shown["petition"]:
        console.print(Text(stay_warning(shown["petition"]), style="bold"))
    when = f"as of {_legal(shown['as_of'], shown['zone'])}"
    if shown["known_at"] != shown["as_of"]:
        when += f", by what was known at {_legal(shown['known_at'], shown['zone'])}"
    console.print(Text(f"{shown['title']}, {when}", style="bold"))
    for finding in shown["findings"]:
        console.print()
        _finding(console, finding, days)
    if not shown["findings"]:
        console.print(Text("No window on any clause."))
    _clear(console, shown["clear"])
    for fact in shown["ignored"]:
        console.print(Text(
            f"Ignored: {fact['kind'].replace('_', ' ')} {fact['id']} ({fact['source']}, record "
            f"{one_line(fact['record'], 120)}) names fact {one_line(fact['supersedes'], 80)}, which is not on record.",
            style="yellow",
        ))
    _money(console, shown)
    if shown["terms"]:
        console.print(Text("\nTerms shown with the instrument", style="bold"))
        for name, words in shown["terms"].items():
            console.print(Text(f"  {name.replace('_', ' ')}: {words}"))
    if shown["readings"]:
        chosen = ", ".join(f"{name} {value}" for name, value in shown["readings"].items())
        console.print(Text(f"\nReadings other than the house's: {chosen}."))
    console.print(Text("\nA reading of the contract, not legal advice.", style="dim"))


def _finding(console: Console, f: Mapping[str, Any], days: bool) -> None:
    state = f["state"].replace("_", " ")
    if f["state"] == "event_of_default" and not f["verified"] and f["deadline"]:
        state = "window has run, cure not ruled out"
    matter = f"  {one_line(f['matter'], 120)}" if f["matter"] else ""
    console.print(Text(f"{f['limb']} {f['title']}: {state}{matter}", style="bold"))
    console.print(Text(f"  \"{f['quote']}\""))
    named = (("opened", f["opened"]), ("last day", f["deadline"]), ("default", f["default_date"]),
             ("earliest arguable", f["earliest_arguable"]), ("due by acceleration", f["acceleration_date"]))
    dates = ", ".join(f"{name} {value}" for name, value in named if value)
    if dates:
        console.print(Text(f"  {dates[0].upper()}{dates[1:]}."))
    console.print(Text(f"  {f['reason']}"))
    console.print(Text(f"  Rule: {f['rule']} ({f['rule_at']})"))
    for answer in f["evaluators_differ"]:
        console.print(Text(f"  The evaluators differ. {answer['evaluator']}: {one_line(str(answer['verdict']), 300)}"))
    if f["waiver"] and f["state"] in ("running", "event_of_default", "waived") and f["waiver"] not in f["reason"]:
        console.print(Text(f"  {f['waiver']}"))
    _facts(console, f["facts"])
    if days and f["days"]:
        _days(console, f["days"])
    elif days:
        console.print(Text("  Nothing is counted."))
    _readings(console, f["readings"])
    _sources(console, f["sources"], f["missing"])


def _facts(console: Console, facts: Sequence[Mapping[str, Any]]) -> None:
    for fact in facts:
        when = fact["happened_on"]
        when = f"{when['from']} to {when['to']}" if isinstance(when, dict) else when
        mark = "*" if fact["decides"] else " "
        known = f", known {_instant(fact['known_at'])}" if "known_at" in fact else ""
        kind = fact["kind"].replace("_", " ")
        console.print(Text(f"  {mark} {kind} {when} ({fact['source']}{known}; fact {fact['id']})"))
        for line in shorten(clean(str(fact.get("text") or "")), 600)[0].splitlines():
            console.print(Text(f"      > {line}"))
        more = [p for p in (fact.get("url"), f"sha256 {fact['sha256']}" if fact.get("sha256") else "") if p]
        if more:
            console.print(Text(f"      {', '.join(more)}", style="dim"))


def _days(console: Console, days: Sequence[Mapping[str, Any]]) -> None:
    made = make_table("", "Day", "", "", "", indent=4)
    for d in days:
        number = "" if d["number"] is None else str(d["number"])
        made.add_row(Text(number), Text(d["day"]), Text(_weekday(d["day"])), Text(d["what"]), Text(d["note"]))
    console.print(made)


def _readings(console: Console, readings: Sequence[Mapping[str, Any]]) -> None:
    for reading in readings:
        authority = f" {reading['authority']}." if reading["authority"] else ""
        console.print(Text(f"  Reading {reading['reading']}: {reading['chosen']}. {reading['meaning']}{authority}"))
        for other in reading["others"]:
            noted = " (noted only)" if other["weight"] == "noted" else ""
            if not other["changes"]:
                then = "the same"
            elif other["state"] is None:
                then = "no window"
            else:
                then = other["state"].replace("_", " ")
                then += f", default {other['default_date']}" if other["default_date"] else ""
            console.print(Text(f"      {other['value']}{noted}: {then}", style="" if other["changes"] else "dim"))


def _sources(console: Console, sources: Sequence[Mapping[str, Any]], missing: Sequence[str]) -> None:
    for s in sources:
        name = f"{s['source']} ({s['jurisdiction']})" if s["jurisdiction"] else s["source"]
        read = f"read through {s['through']}" if s["through"] else "never read"
        console.print(Text(f"  Source for {s['area']}: {name}, {read}"))
    for line in missing:
        console.print(Text(f"  Missing: {line}", style="yellow"))


def _clear(console: Console, clear: Sequence[Mapping[str, Any]]) -> None:
    for verified, words in ((True, "Clear"), (False, "Nothing on record, but not everything was read")):
        limbs = [c["limb"] for c in clear if c["verified"] is verified]
        if limbs:
            console.print(Text(f"\n{words}: {', '.join(limbs)}"))
    for line in sorted({m for c in clear for m in c["missing"]}):
        console.print(Text(f"  Missing: {line}", style="yellow"))


def _money(console: Console, shown: Mapping[str, Any]) -> None:
    owed = shown["payoff"]
    start = "Claim on" if shown["petition"] else "Owed on"
    if owed["claim_at_petition"]:
        start = "Claim at the petition date"
    line = f"\n{start} {owed['on']}: {_amount(owed['principal'])} principal + {_amount(owed['interest'])} interest"
    line += f" = {_amount(owed['total'])} {owed['currency']}"
    if "per_diem" in owed:
        line += f", then {_amount(owed['per_diem'])} a day"
    through = owed["payments_read_through"]
    console.print(Text(f"{line}. " + (f"Payments read through {through}." if through else "Payments were never read.")))
    for m in shown["missed_interest"]:
        sure = "was short by" if m["known"] else "may be short by (payments are not read that far)"
        console.print(Text(
            f"  Interest due {m['due']} (payable {m['payable']}) {sure} {_amount(m['short'])}: no event of default "
            "under this note."
        ))


def _amount(text: str) -> str:
    return f"{Decimal(text):,.2f}"


def _legal(text: str, zone: str) -> str:
    """An instant as the law that governs the instrument dates it."""
    return as_of_words(datetime.fromisoformat(text), zone)


def _instant(text: str) -> str:
    """An instant on whatever clock it is written, as UTC."""
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _weekday(day: str) -> str:
    return f"{date.fromisoformat(day):%a}"
