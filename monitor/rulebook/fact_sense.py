"""What a fact may not say of itself or of its instrument: each would be taken at its word and change a verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from monitor.core.clause import Form, Instrument
from monitor.core.facts import Fact, Scalar, local_date
from monitor.rulebook.problems import Problems, Spot, did_you_mean, told
from monitor.rulebook.section import Section
from monitor.rulebook.vocabulary import MATTER_REQUIRED, Kind

PAYMENTS = ("payment_received", "payment_tendered")
CENTS = -2


class Sense:
    """Notes what cannot be meant, under one instrument and its form (None: not known, and then not judged)."""

    def __init__(self, instrument: Instrument | None, form: Form | None, zone: str, problems: Problems) -> None:
        self.instrument, self.form, self.zone, self.problems = instrument, form, zone, problems

    def judge(self, fact: Fact, section: Section) -> None:
        ours = not fact.instrument or (self.instrument is not None and fact.instrument == self.instrument.id)
        before = len(self.problems)
        self._amounts(fact, section)
        if fact.kind in PAYMENTS and len(self.problems) == before:
            self._split(fact.fields, section)
        elif fact.kind == "source_read":
            self._future(fact, section)
        elif fact.kind == "default_waived" and ours:
            self._limb(str(fact.get("limb", "")), section)
        elif fact.kind == "maturity_extended" and ours:
            self._extension(fact.get("to"), section)

    def _at(self, section: Section, name: str) -> Spot:
        node = section.node(name)
        return node.spot if node else section.spot

    def _future(self, fact: Fact, section: Section) -> None:
        """Nobody reads today what will be entered tomorrow. A bare date is the whole day, the day of reading too."""
        through = fact.get("through")
        known = local_date(fact.known_at, self.zone)
        if through is not None and local_date(through, self.zone) > known:
            day = through.isoformat() if isinstance(through, datetime) else through
            what = f"`through` is {day}, but this was known on {known}: nothing can be read ahead of its day"
            self.problems.add(self._at(section, "through"), what, f"Write a day up to {known}")

    def _amounts(self, fact: Fact, section: Section) -> None:
        """`2.500` may be two thousand five hundred where a point groups thousands; money is in cents."""
        for name, value in fact.fields.items():
            if not isinstance(value, Decimal):
                continue
            if int(value.as_tuple().exponent) < CENTS:
                what = f"`{name}` {value} has more than two decimals"
                self.problems.add(self._at(section, name), what, "Write at most two; a point does not group thousands")
            elif not value and name == "amount" and fact.kind in PAYMENTS:
                what = f"`{name}` is {value}: nothing was paid"
                self.problems.add(self._at(section, name), what, "Write the amount received, or leave the fact out")

    def _split(self, fields: Mapping[str, Scalar], section: Section) -> None:
        amount = fields.get("amount")
        parts = {n: v for n in ("principal", "interest") if isinstance(v := fields.get(n), Decimal)}
        if not isinstance(amount, Decimal) or not parts:
            return
        name, value = next(iter(parts.items()))
        if len(parts) == 2 and sum(parts.values()) != amount:
            said = " and ".join(f"`{n}` {v}" for n, v in parts.items())
            what = f"{said} do not add up to the `amount` {amount}"
            self.problems.add(self._at(section, name), what, "Write parts that do, or only one, or neither")
        elif len(parts) == 1 and value > amount:
            what = f"`{name}` {value} is more than the `amount` {amount}"
            self.problems.add(self._at(section, name), what, "Write the part of this payment applied to it")

    def _limb(self, limb: str, section: Section) -> None:
        limbs = tuple(x.id for x in self.form.limbs) if self.form else ()
        if limb and limbs and limb not in limbs:
            self.problems.add(self._at(section, "limb"), f"no limb {told(limb)}", did_you_mean(limb, limbs))

    def _extension(self, to: Scalar, section: Section) -> None:
        maturity = self.instrument.loan.maturity if self.instrument else None
        if maturity and to and str(to) <= str(maturity):
            what = f"`to` is {to}, not after the maturity date {maturity}: an extension moves maturity later"
            self.problems.add(self._at(section, "to"), what, f"Write a date after {maturity}")


def refuse_misspelt_cures(
    facts: Iterable[tuple[Fact, Spot]], kinds: Mapping[str, Kind], problems: Problems
) -> None:
    """A cure whose matter differs from a known one only in capitals or punctuation would cure nothing, silently."""
    listed = list(facts)
    cures = [(f, spot) for f, spot in listed if kinds[f.kind].order > 0 and kinds[f.kind].matter == MATTER_REQUIRED]
    named = {f.matter for f, _ in listed if kinds[f.kind].order == 0}
    named |= {str(f.fields["also"]) for f, _ in listed if f.kind == "same_matter"}
    named |= {kind.matter for kind in kinds.values()}
    known = {_bare(name): name for name in sorted(named) if _bare(name)}
    for fact, spot in cures:
        meant = known.get(_bare(fact.matter))
        if meant and fact.matter not in named:
            problems.add(spot, f"no other fact is about {told(fact.matter)}", f"Did you mean {told(meant)}?")


def _bare(matter: str) -> tuple[str, ...]:
    """Its words and its numbers: `NY-123` is `ny 123`, but `1-23` is not `12-3`."""
    return tuple(re.findall(r"[^\W\d_]+|\d+", matter.casefold()))
