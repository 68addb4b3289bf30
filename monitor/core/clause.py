"""The checked clause tree: what the rule files say once they have been read, and nothing else.

Both evaluators interpret this tree. Every closed key of the rule language is one field here; there are no
expression strings. ``where_`` fields hold ``file:line`` so that a complaint can name the rule it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

# --- readings ---------------------------------------------------------------------------------------------------


class Weight(StrEnum):
    """How strong a reading is: arguable ones drive ``earliest_arguable``, noted ones are only disclosed."""

    ARGUABLE = "arguable"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Reading:
    """A named switch for one ambiguous point: house default, the other values, and how strong each is."""

    name: str
    default: str
    values: Mapping[str, Weight]
    meaning: str
    authority: str = ""

    def alternatives(self, chosen: str) -> tuple[str, ...]:
        """The chosen value first, then every other value strong enough to argue."""
        rest = (v for v, weight in self.values.items() if v != chosen and weight is Weight.ARGUABLE)
        return (chosen, *rest)


# --- patterns ---------------------------------------------------------------------------------------------------

Given = Mapping[str, frozenset[str]]
"""Reading name -> the values under which a pattern applies. Empty: always."""

ATTESTED_OLD = "lien_existing_at_issue"
"""The kind that says an item is old: it never excepts an item that is fresh by its own nature."""


@dataclass(frozen=True, slots=True)
class Exceeds:
    """The principal of the defaulted debt must be strictly more than a term of the instrument.

    Readings ``principal_measure`` and ``aggregate_debts`` decide what is compared (semantics.md section 6).
    """

    term: str
    given: Given = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WaitsFor:
    """The trigger takes effect only the day after the date in the fact's ``date_field`` (a cure period elsewhere),
    unless one of ``unless`` happens on the same matter by that date."""

    date_field: str
    unless: tuple[Pattern, ...]
    given: Given = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which facts count: a kind, values of its fields, and the readings under which it applies.

    ``where``: field -> accepted values (as text: ``true``, ``false``, a word). A field the fact does not carry
    takes the vocabulary's default before matching.
    ``undone_by``: later facts on the same matter that make this one count for nothing.
    ``follows``: the matter must already have a fact of one of these kinds, on or before this one's date.
    ``not_after``: the matter must not have one, on or before this one's date.
    ``fresh``: opens a new item of its own, so that the age of the matter (``existing_at``) does not except it, and no
    exception dated before it does (consent to a lien is no consent to its later increase).
    ``ahead``: an exception that was given in advance for fresh items too, whatever its date.
    """

    kind: str
    where: Mapping[str, frozenset[str]] = field(default_factory=dict)
    given: Given = field(default_factory=dict)
    undone_by: tuple[Pattern, ...] = ()
    follows: frozenset[str] = frozenset()
    not_after: frozenset[str] = frozenset()
    exceeds: Exceeds | None = None
    waits_for: WaitsFor | None = None
    fresh: bool = False
    ahead: bool = False
    line: str = ""


# --- ripening ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Default on the act, dated by it. ``unless`` holds later facts that flow through (a reading), if any."""

    unless: tuple[Pattern, ...] = ()


@dataclass(frozen=True, slots=True)
class Within:
    """A cure period: ``days`` calendar days, the day of the trigger excluded; default the day after the last.

    ``roll``: the reading under which a last day on a Saturday, Sunday or public holiday moves to the next
    business day (GCL 25). ``at_once_given``: readings under which there is no cure period at all.
    """

    days: int
    unless: tuple[Pattern, ...]
    roll: str
    at_once_given: Given = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class After:
    """A state that must continue for ``days`` calendar days; default the day after day N.

    ``stops`` end the window (dismissal); ``reopens`` follow a stop (reinstatement), and the reading named by
    ``reopening`` says whether they open a new window (``new_window``) or undo the stop (``relate_back``).
    ``pauses`` are stays and ``resumes`` lift them; the reading named by ``pause`` says whether a stay ends the window
    and its lifting opens a new one (``reset``), stops the clock (``resume``) or is irrelevant (``none``).
    ``roll``: reading under which a last day that is no business day moves. ``at_once_given``: readings under which
    there is no period at all.
    """

    days: int
    stops: tuple[Pattern, ...]
    roll: str
    pause: str = ""
    pauses: tuple[Pattern, ...] = ()
    resumes: tuple[Pattern, ...] = ()
    reopening: str = ""
    reopens: tuple[Pattern, ...] = ()
    at_once_given: Given = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unlisted:
    """The maker's common stock listed on none of ``venues`` for ``sessions`` whole consecutive sessions.

    ``ends`` are the facts that take a venue away under any limb of the clause (each limb's own ``when`` says which
    of them open its window); ``relists`` those that put one back. ``at_once_given``: readings with no period at all.
    """

    sessions: int
    venues: tuple[str, ...]
    ends: tuple[Pattern, ...]
    relists: tuple[Pattern, ...]
    at_once_given: Given = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unpaid:
    """Principal and interest unpaid at the end of the maturity date (rolled under reading ``roll``)."""

    roll: str


Ripening = AtOnce | Within | After | Unlisted | Unpaid


# --- limbs, clauses, forms --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limb:
    """One independent branch of a clause.

    ``except_``: facts on the matter, dated by the deadline, that take the trigger out of the clause. For a fresh
    trigger they are dated on its day or later, unless their pattern reaches ``ahead``.
    ``except_given``: readings under which the exceptions apply at all (empty: always).
    ``except_trigger``: fields of the trigger itself that except it (the payee's own filing).
    ``late_except_given``: readings under which such a fact works after the deadline too (empty: never).
    ``existing_at``: an instrument term (its date); items of that day or before are excepted.
    ``window_quote``: the words its period comes from.
    ``trigger_area``, ``cure_area``: what must have been read for the finding to be verified.
    """

    id: str
    clause: str
    title: str
    quote: str
    when: tuple[Pattern, ...]
    ripens: Ripening
    except_: tuple[Pattern, ...] = ()
    except_given: Given = field(default_factory=dict)
    except_trigger: Mapping[str, frozenset[str]] = field(default_factory=dict)
    late_except_given: Given = field(default_factory=dict)
    existing_at: str = ""
    readings: tuple[str, ...] = ()
    window_quote: str = ""
    trigger_area: str = ""
    cure_area: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """The clauses of one form of agreement, each limb quoting its words.

    ``checks``: area -> the next step that looks for a cure there, from the vocabulary of its house.
    """

    id: str
    title: str
    law: str
    zone: str
    limbs: tuple[Limb, ...]
    waiver: Pattern
    digest: str
    checks: Mapping[str, str] = field(default_factory=dict)


# --- instruments ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Obligor:
    """Whoever owes. ``also`` holds identifiers and exact former names under which its facts arrive."""

    id: str
    name: str
    kind: str = ""
    state: str = ""
    address: str = ""
    cik: str = ""
    ein: str = ""
    tickers: tuple[str, ...] = ()
    dockets: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """Money terms. ``rate`` and ``default_rate`` are per annum as fractions (0.10)."""

    principal: Decimal
    rate: Decimal
    day_count: str
    dated: date
    first_payment: date
    maturity: date
    default_rate: Decimal | None = None
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class SourceNeed:
    """A source that must have been read for an area of the instrument's clauses to count as watched."""

    source: str
    jurisdiction: str | None = None


@dataclass(frozen=True, slots=True)
class Instrument:
    """One note or agreement: parties, terms, the form whose clauses it uses, the readings chosen."""

    id: str
    title: str
    form: str
    maker: Obligor
    payee: Obligor
    loan: LoanTerms
    terms: Mapping[str, Decimal]
    listed_at_issue: tuple[str, ...]
    readings: Mapping[str, str]
    sources: Mapping[str, tuple[SourceNeed, ...]]
    shown: Mapping[str, str]
    next_step: Mapping[str, tuple[str, ...]]
    digest: str
    simulated: bool = False
