"""From a person's decision on a hint to facts: which kinds a hint may become, and what the decision writes.

Pure. A hint never becomes a default by itself (feeds.md): a person confirms it, under a name and with a reason, as
evidence of a kind of its own; or dismisses it. Either way the hint itself is withdrawn by a ``retraction``, so that it
is decided once; a new report of the source is another hint and opens the question again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.core.canonical import digest, plain, utc_text
from monitor.core.facts import Fact, When, fact_id, local_date

SOURCE = "attested"
"""The source of everything a person states: feeds/attested.py uses the same name."""

LISTING = (
    "listing_removed", "listing_suspended", "listing_added", "listing_resumed", "trading_halted", "trading_resumed",
    "sec_trading_suspended", "sec_suspension_ended",
)
LIENS = (
    "lien_filed", "financing_statement_filed", "lien_increased", "lien_continued", "future_advance", "levy",
    "execution", "seizure", "attachment", "garnishment", "judgment_entered", "released", "satisfied_of_record",
    "bonded", "judgment_vacated", "judgment_paid", "enforcement_stayed", "release_revoked",
)
INSOLVENCY = (
    "voluntary_petition", "involuntary_petition", "debtor_relief_petition", "receiver_applied_for",
    "receivership_sought", "involuntary_acquiesced", "general_assignment", "winding_down_announced",
    "order_for_relief", "case_converted", "case_dismissed", "case_stayed", "stay_lifted", "case_reinstated",
    "analogous_act", "analogous_proceeding", "venue_transferred", "plan_confirmed", "case_closed",
)
DEBTS = ("debt_accelerated", "debt_other_default", "debt_payment_default", "debt_default_cured", "debt_default_waived")

MAY_BECOME: Mapping[str, tuple[str, ...]] = {
    "listing_notice_reported": LISTING,
    "delisting_filed": ("listing_removed", "listing_suspended"),
    "deregistered": ("listing_removed", "listing_suspended"),
    "symbol_missing": ("listing_removed", "listing_suspended"),
    "symbol_status_changed": (*LISTING, "voluntary_petition", "involuntary_petition"),
    "halt_reported": LISTING,
    "bankruptcy_reported": INSOLVENCY,
    "docket_reported": INSOLVENCY,
    "acceleration_reported": DEBTS,
    "non_reliance_reported": DEBTS,
    "lien_reported": LIENS,
}
"""Hint kind -> the kinds a person may confirm it as. Every hint of the vocabulary has a row (a test compares)."""

OWN_DATE = frozenset({"lien_reported", "docket_reported"})
"""Hints of a public register: their date is the event's. The date of a report is only when it was reported."""

ABOUT_THE_NOTE = frozenset({
    "payment_received", "payment_tendered", "payment_reversed", "maturity_extended", "default_waived",
    "note_discharged", "acceleration_declared", "forbearance_agreed", "lien_consented_by_payee",
    "lien_existing_at_issue",
})
"""Kinds that concern one instrument only: with several notes of one maker, the others must not see them."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What deciding writes: the stated fact (confirmed only) and the retraction of every report of the hint."""

    stated: Fact | None
    retractions: tuple[Fact, ...]

    @property
    def facts(self) -> tuple[Fact, ...]:
        return (*((self.stated,) if self.stated else ()), *self.retractions)


def may_become(hint: Fact) -> tuple[str, ...]:
    """Kinds the hint may be confirmed as; what its source suggests (``becomes``) comes first."""
    kinds = MAY_BECOME.get(hint.kind, ())
    suggested = hint.get("becomes")
    return (suggested, *(k for k in kinds if k != suggested)) if suggested else kinds


def stated(fact: Fact, who: str, at: datetime, *, before: int = 0) -> Fact:
    """A parsed fact as a person's statement: known from now on, with an identity that no other statement has.

    ``before``: how many equal statements stand already (two equal payments are two).
    """
    content = plain([fact.kind, fact.subject, fact.instrument, fact.matter, fact.happened_on, fact.supersedes,
                     dict(fact.fields)])
    record = f"stated {utc_text(at)} {digest([content, who, before])[:8]}"
    return replace(
        fact, id=fact_id(SOURCE, record, fact.kind, fact.subject), source=SOURCE, record=record, known_at=at,
        published_at=at,
    )


def same_statements(fact: Fact, others: Iterable[Fact]) -> list[Fact]:
    """Earlier facts that say the very same: stated twice by mistake, a payment would count twice."""

    def said(f: Fact) -> tuple[object, ...]:
        return (f.kind, f.subject.casefold(), f.instrument, f.matter, f.happened_on, f.supersedes, dict(f.fields))

    return [other for other in others if said(other) == said(fact)]


def retraction(fact: Fact, reason: str, who: str, at: datetime, zone: str) -> Fact:
    """The fact that withdraws ``fact``: selection leaves both out from ``at`` on; the record keeps both."""
    made = Fact(
        id="", kind="retraction", subject=fact.subject, matter="retraction", happened_on=When.on(local_date(at, zone)),
        known_at=at, source=SOURCE, record="", instrument=fact.instrument, supersedes=fact.id,
        fields={"reason": reason},
    )
    return stated(made, who, at)


def decide(hints: Iterable[Fact], confirmed: Fact | None, reason: str, who: str, at: datetime, zone: str) -> Decision:
    """``confirmed``: the evidence a person states in place of the hints; None dismisses them."""
    verb = f"confirmed as {confirmed.kind}" if confirmed else "dismissed"
    return Decision(
        stated(confirmed, who, at) if confirmed else None,
        tuple(retraction(h, f"decided by {who}: {verb}. {reason}", who, at, zone) for h in hints),
    )
