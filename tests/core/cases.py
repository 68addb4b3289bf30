"""Cases of the ROO note from facts written as in a facts file. Every event here is invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from monitor.core.evaluate import findings
from monitor.core.facts import Fact, end_of_day
from monitor.core.findings import Finding
from monitor.core.select import Case, build_case
from monitor.rulebook.facts_file import parse_fact
from monitor.rulebook.instruments import load_instrument
from monitor.rulebook.rulebook import Rulebook

NEW_YORK = "America/New_York"
NOTE = "roo-petty-2005"
Said = Mapping[str, Any]

LIEN: Said = {"kind": "lien_filed", "matter": "NY-123", "happened_on": "2005-06-16", "known_at": "2005-06-17"}
"""Last cure day Wednesday 6 July 2005; default 7 July."""


def moment(text: str) -> datetime:
    """An instant with offset, or a date: its end in New York."""
    return datetime.fromisoformat(text) if "T" in text else end_of_day(date.fromisoformat(text), NEW_YORK)


def fact(rulebook: Rulebook, said: Said) -> Fact:
    instrument, form = load_instrument(NOTE, rulebook)
    return parse_fact(said, rulebook, instrument, form)


def case(
    rulebook: Rulebook, facts: Sequence[Said | Fact], as_of: str, known_at: str | None = None, **readings: str
) -> Case:
    instrument, form = load_instrument(NOTE, rulebook)
    stated = [f if isinstance(f, Fact) else parse_fact(f, rulebook, instrument, form) for f in facts]
    return build_case(
        stated, instrument=instrument, form=form, catalogue=rulebook.readings,
        kinds=rulebook.vocabulary.kind_infos, calendars=rulebook.calendars_for(form.law), as_of=moment(as_of),
        known_at=moment(known_at or as_of), readings=readings,
    )


def found(decided: Case) -> dict[str, Finding]:
    """Findings with a window by ``limb matter``; of limbs without any by ``limb``."""
    return {f"{f.limb} {f.matter}" if f.trigger else f.limb: f for f in findings(decided)}


def read(source: str, through: str, known_at: str, **more: str) -> Said:
    """A source was read."""
    return {
        "kind": "source_read", "source": source, "through": through, "happened_on": through[:10], "known_at": known_at,
        "record": f"{source} {more.get('jurisdiction', '')} {through} {known_at}", **more,
    }


def paid(on: str, amount: str, **more: str) -> Said:
    return {"kind": "payment_received", "happened_on": on, "amount": amount, "record": f"wire {on} {amount}", **more}
