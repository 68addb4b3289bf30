"""Random histories of a note: facts crowded around the edges of windows, and the moment at which they are judged.

A history is made from a source of randomness, so one maker serves the seeded campaign (``random.Random``) and
hypothesis (``st.randoms``, which shrinks). Matters are few, so that facts meet; all names and amounts are invented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from monitor.core.facts import Fact, Moment, Scalar, When, end_of_day
from tests.differential.happenings import LISTINGS, THEMES, Terms, Theme, fields_of, payoff

NEW_YORK = "America/New_York"
ISSUE = date(2005, 5, 18)
MATURITIES = (
    date(2005, 12, 31), date(2005, 12, 31), date(2006, 4, 14), date(2005, 11, 8), date(2005, 8, 31), date(2009, 12, 31),
)
CLOCKS = (
    time(0, 0), time(9, 29, 59), time(9, 30), time(9, 30, 0, 1), time(12, 0), time(12, 59, 59), time(13, 0),
    time(15, 59, 59, 999999), time(16, 0), time(16, 0, 1), time(21, 0), time(23, 59, 59, 999999),
)
ZONES = ("America/Los_Angeles", "Asia/Tokyo", "America/Chicago")
MAKER = "roo-group"


@dataclass(frozen=True)
class History:
    """Everything a case is built from but the rule files. ``listed``, ``maturity``: terms in place of the seed's."""

    facts: tuple[Fact, ...]
    as_of: datetime
    known_at: datetime
    listed: tuple[str, ...] = ("otcbb",)
    maturity: date = date(2005, 12, 31)
    readings: Mapping[str, str] = field(default_factory=dict)

    def told(self) -> str:
        """The history as a person can read it, and as code that makes it again."""
        lines = [f"as_of {self.as_of} known_at {self.known_at} listed {self.listed} maturity {self.maturity}"]
        lines += [f"readings {dict(self.readings)}"] if self.readings else []
        for fact in sorted(self.facts, key=lambda f: (str(f.happened_on.first), f.id)):
            when = fact.happened_on
            day = f"{when.first}" if not when.is_range else f"{when.first} .. {when.last}"
            more = "".join(f" {k}={v}" for k, v in fact.fields.items())
            more += f" zone={fact.zone}" if fact.zone else ""
            more += f" supersedes={fact.supersedes}" if fact.supersedes else ""
            more += f" subject={fact.subject}" if fact.subject != MAKER else ""
            more += f" instrument={fact.instrument}" if fact.instrument else ""
            known = f"{fact.known_at:%Y-%m-%dT%H:%M:%SZ}"
            lines.append(f"  {fact.id}: {day} {fact.kind} [{fact.matter}] known {known}{more}")
        return "\n".join(lines)


def random_history(rng: Random, themes: Mapping[str, Theme] = THEMES) -> History:
    """One history: mostly of one clause, now and then of two, with corrections, aliases, waivers and payments."""
    names = rng.sample(sorted(themes), 2 if len(themes) > 1 and rng.random() < 0.1 else 1)
    terms = Terms(rng.choice(MATURITIES), rng.choice(LISTINGS) if "listing" in names else ("otcbb",))
    facts: list[Fact] = []
    for name in names:
        theme = themes[name]
        kinds = rng.sample(theme.kinds, min(len(theme.kinds), rng.randint(1, theme.variety)))
        kinds += [kind for kind in rng.sample(theme.openers, 1) if kind not in kinds]
        script = rng.choice(theme.scripts) if theme.scripts and rng.random() < 0.6 else ()
        facts += _played(rng, script, theme, terms)
        anchors = [rng.choice(theme.anchors) for _ in range(rng.randint(1, 2))]
        for _ in range(rng.randint(0, 2) if script else rng.randint(1, 5 if len(names) == 1 else 3)):
            facts.append(_fact(rng, rng.choice(kinds), theme, _day_of(rng, theme, anchors), terms, len(facts)))
    facts += _beside(rng, facts, terms.maturity)
    facts += _corrections(rng, facts)
    rng.shuffle(facts)
    as_of, known_at = _judged(rng, facts, terms.maturity)
    return History(
        facts=tuple(facts), as_of=as_of, known_at=known_at, maturity=terms.maturity, listed=terms.listed,
        readings=_readings(rng, [themes[name] for name in names]),
    )


@st.composite
def histories(draw: st.DrawFn) -> History:
    """The same histories for hypothesis, which makes a failing one smaller."""
    return random_history(draw(st.randoms(use_true_random=False)))


# --- facts --------------------------------------------------------------------------------------------------------


def _day_of(rng: Random, theme: Theme, anchors: Sequence[date]) -> date:
    return rng.choice(anchors) + timedelta(days=rng.choice(theme.steps))


def _played(rng: Random, script: Sequence[str], theme: Theme, terms: Terms) -> list[Fact]:
    """The acts of a script one after another, mostly on one matter."""
    day = rng.choice(theme.anchors)
    found: list[Fact] = []
    for kind in script:
        played = rng.choice(theme.openers) if kind == "*" else kind
        found.append(_fact(rng, played, theme, day, terms, len(found), elsewhere=0.2))
        day += timedelta(days=rng.choice(theme.gaps))
    return found


def _fact(
    rng: Random, kind: str, theme: Theme, day: date, terms: Terms, number: int, elsewhere: float = 0.3,
) -> Fact:
    matters = theme.matters
    matter = matters[0] if len(matters) == 1 or rng.random() >= elsewhere else rng.choice(matters[1:])
    zone = rng.choice(ZONES) if rng.random() < theme.elsewhere else None
    when = _when(rng, day, zone)
    return Fact(
        id=f"{rng.choice('abcdefgh')}{number}", kind=kind,
        subject=MAKER if rng.random() < 0.97 else rng.choice(("maker", "", "another-maker")),
        matter=matter, happened_on=when, known_at=_known(rng, when), source="test", record=str(number),
        instrument=None if rng.random() < 0.97 else rng.choice(("roo-petty-2005", "another-note")),
        zone=zone, fields=fields_of(rng, kind, day, terms),
    )


def _when(rng: Random, day: date, zone: str | None) -> When:
    exact = rng.random() < (0.6 if zone else 0.2)
    first = _moment(rng, day, zone, exact)
    if rng.random() >= 0.08:
        return When.on(first)
    last = _moment(rng, day + timedelta(days=rng.choice((1, 1, 2, 3, 7))), zone, exact or rng.random() < 0.1)
    return When(first, last)


def _moment(rng: Random, day: date, zone: str | None, exact: bool) -> Moment:
    if not exact:
        return day
    return datetime.combine(day, rng.choice(CLOCKS), tzinfo=ZoneInfo(zone or NEW_YORK))


def _day(moment: Moment) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _known(rng: Random, when: When) -> datetime:
    told = end_of_day(_day(when.last), NEW_YORK)
    if rng.random() < 0.8:
        return told
    return told + timedelta(days=rng.choice((-3, 1, 2, 5, 20, 40)))


def _beside(rng: Random, facts: Sequence[Fact], maturity: date) -> list[Fact]:
    """What bears on any clause: waivers, payment in full, extensions, closures, proclaimed holidays, hints."""
    found: list[Fact] = []
    days = [_day(f.happened_on.first) for f in facts]

    def add(
        kind: str, matter: str, fields: Mapping[str, Scalar], day: date | None = None, subject: str = MAKER
    ) -> None:
        when = _when(rng, day or rng.choice(days) + timedelta(days=rng.choice((-1, 0, 1, 3, 10, 20, 21, 25, 61))), None)
        found.append(Fact(
            id=f"{rng.choice('abcdefgh')}b{len(found)}", kind=kind, subject=subject, matter=matter, happened_on=when,
            known_at=_known(rng, when), source="test", record=f"b{len(found)}", fields=fields,
        ))

    if rng.random() < 0.25:
        about = rng.choice(facts)
        limb = rng.choice((*[None] * 3, "b.lien", "a.failure", "f.proceeding", "c.maturity", "d.B"))
        fields: dict[str, Scalar] = {"signed": rng.random() < 0.8}
        matter = rng.choice((about.matter, about.matter, "maturity"))
        add("default_waived", matter, {**fields, "limb": limb} if limb else fields)
    if rng.random() < 0.06:
        add("note_discharged", "payments", {})
    if rng.random() < 0.08:
        day = rng.choice(days) + timedelta(days=rng.choice((-1, 0, 5, 21, 60)))
        add("payment_received", "payments", {"amount": payoff(rng, max(day, ISSUE), maturity)}, day)
    if rng.random() < 0.06:
        add("market_closed", "market", {}, rng.choice(days) + timedelta(days=rng.randint(0, 8)), subject="*")
    if rng.random() < 0.06:
        add("public_holiday_proclaimed", "calendar", {}, rng.choice(days) + timedelta(days=rng.randint(19, 24)))
    if rng.random() < 0.05:
        add("symbol_missing", rng.choice(facts).matter, {})
    if rng.random() < 0.08 and len({f.matter for f in facts}) > 1:
        one, other = rng.sample(sorted({f.matter for f in facts}), 2)
        add("same_matter", one, {"also": other})
    return found


def _corrections(rng: Random, facts: Sequence[Fact]) -> list[Fact]:
    """New versions, facts that supersede others, retractions."""
    found: list[Fact] = []
    for fact in facts:
        later = fact.known_at + timedelta(days=rng.choice((0, 1, 3, 20)), microseconds=1)
        chance = rng.random()
        moved = timedelta(days=rng.choice((-1, 1, 2)))
        when = When(fact.happened_on.first + moved, fact.happened_on.last + moved)
        if chance < 0.03:
            found.append(replace(fact, happened_on=when, known_at=later))
        elif chance < 0.05:
            found.append(replace(fact, id=f"{fact.id}n", happened_on=when, known_at=later, supersedes=fact.id))
        elif chance < 0.07:
            found.append(Fact(
                id=f"{fact.id}r", kind="retraction", subject=MAKER, matter="retraction",
                happened_on=When.on(later.astimezone(ZoneInfo(NEW_YORK)).date()), known_at=later, source="test",
                record=f"{fact.record}r", supersedes=fact.id, fields={"reason": "entered in error"},
            ))
        elif chance < 0.09:  # a second report of the same event
            found.append(replace(fact, id=f"{fact.id}s", record=f"{fact.record}s", known_at=later))
    return found


# --- when it is judged, and how ---------------------------------------------------------------------------------


def _judged(rng: Random, facts: Sequence[Fact], maturity: date) -> tuple[datetime, datetime]:
    """As-of and known-at: near the edges of the windows, or long after everything."""
    days = [_day(f.happened_on.first) for f in facts]
    if rng.random() < 0.4:
        day = max(days) + timedelta(days=200)
    else:
        edges = (-1, 0, 1, 3, 4, 5, 6, 7, 8, 19, 20, 21, 22, 23, 59, 60, 61, 62, 63)
        start = maturity if rng.random() < 0.1 else rng.choice(days)
        day = start + timedelta(days=rng.choice(edges))
    as_of = end_of_day(day, NEW_YORK)
    if rng.random() < 0.3:
        as_of = datetime.combine(day, rng.choice(CLOCKS), tzinfo=ZoneInfo(NEW_YORK))
    instants = [f.happened_on.last for f in facts if isinstance(f.happened_on.last, datetime)]
    if instants and rng.random() < 0.15:
        as_of = rng.choice(instants) + timedelta(microseconds=rng.choice((-1, 0, 0, 1)))
    known = as_of
    if rng.random() < 0.5:
        known = as_of + timedelta(days=400)
    elif rng.random() < 0.2:
        known = rng.choice(facts).known_at + timedelta(microseconds=rng.choice((-1, 0, 1)))
    return as_of, known


def _readings(rng: Random, themes: Sequence[Theme]) -> dict[str, str]:
    if rng.random() < 0.5:
        return {}
    values = {name: said for theme in themes for name, said in theme.readings.items()}
    names = rng.sample(sorted(values), min(len(values), rng.randint(1, 3)))
    return {name: rng.choice(values[name]) for name in names}
