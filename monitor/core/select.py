"""As-of and known-at selection: which versions of which facts an evaluation may see, in legal dates.

Shared by both evaluators (model.md, "Two evaluators"): it chooses and dates facts, it decides nothing about them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from monitor.core.clause import Form, Instrument, Reading, Unlisted
from monitor.core.days import Calendars
from monitor.core.facts import Fact, Moment, Scalar, local_date

LISTING = "common stock listing"
"""The one matter of every listing fact: evidence of one venue settles no hint about another."""


@dataclass(frozen=True, slots=True)
class KindInfo:
    """What the vocabulary says of a kind, as far as selection needs it.

    ``proves``: evidence | hint | information | record. ``clock``: whose clock dates it (governing | court | exchange).
    ``same_event``: two reports of one matter with overlapping dates are one event, and the narrower date holds.
    ``order``: on one date, triggers (0) come before cures (1) before reversals (2).
    """

    name: str
    proves: str
    clock: str = "governing"
    same_event: bool = True
    order: int = 0
    defaults: Mapping[str, Scalar] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One settled fact as the evaluators see it.

    ``first``/``last`` are legal dates (equal unless the date is a range). ``at_first``/``at_last`` are the exact
    instants when known, else None. ``facts`` are the ids of every report of it; ``id`` is the earliest known.
    """

    id: str
    kind: str
    matter: str
    first: date
    last: date
    at_first: datetime | None
    at_last: datetime | None
    order: int
    known_at: datetime
    fields: Mapping[str, Scalar]
    facts: tuple[str, ...]
    other_dates: tuple[date, date] | None = None
    """Legal dates under the other value of reading ``court_date``, when they differ."""

    def text(self, name: str) -> str:
        """A field as the rule language compares it: ``true``/``false``, a word, or ``""`` when absent."""
        value = self.fields.get(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Read:
    """A ``source_read`` fact: ``source`` was read for a subject and jurisdiction through an instant."""

    source: str
    jurisdiction: str | None
    through: Moment
    known_at: datetime
    gap: bool = False
    since: date | None = None


@dataclass(frozen=True)
class Case:
    """Everything one evaluation needs. Both evaluators get the same one."""

    instrument: Instrument
    form: Form
    catalogue: Mapping[str, Reading]
    chosen: Mapping[str, str]
    calendars: Calendars
    events: tuple[Event, ...]
    reads: tuple[Read, ...]
    facts: Mapping[str, Fact]
    as_of: datetime
    known_at: datetime
    hints: tuple[Fact, ...] = ()
    """Hints about the maker that neither a person nor a later record has settled; they move no state."""
    settled: Mapping[str, Fact] = field(default_factory=dict)
    """Matter -> what settles its hints: a form 25 text about another class than common stock, or evidence."""

    @property
    def zone(self) -> str:
        return self.form.zone

    decided: dict[Hashable, object] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What the reference evaluator has worked out of this case once for all its combinations of readings."""

    @cached_property
    def today(self) -> date:
        """Legal date of ``as_of`` in the governing zone."""
        return local_date(self.as_of, self.zone)

    def happened(self, event: Event) -> bool:
        """Whether an event has (possibly) happened by ``as_of``: exact instants by the clock, dates by the day."""
        return event.at_first <= self.as_of if event.at_first else event.first <= self.today


def visible(facts: Iterable[Fact], known_at: datetime) -> list[Fact]:
    """The latest version of each fact known by ``known_at``, without those superseded or retracted by then."""
    latest: dict[tuple[str, str], Fact] = {}
    for fact in facts:
        if fact.known_at > known_at:
            continue
        held = latest.get((fact.subject, fact.id))
        if held is None or (held.known_at, held.version) < (fact.known_at, fact.version):
            latest[fact.subject, fact.id] = fact
    # The latest word first: a correction that was itself withdrawn corrects nothing, and of two that name each other
    # the later stands.
    gone: set[str] = set()
    for fact in sorted(latest.values(), key=lambda f: (f.known_at, f.id), reverse=True):
        if fact.supersedes and fact.id not in gone:
            gone.add(fact.supersedes)
    kept = [f for f in latest.values() if f.id not in gone and f.kind != "retraction"]
    return sorted(kept, key=lambda f: (f.known_at, f.id))


def matter_names(facts: Iterable[Fact]) -> dict[str, str]:
    """Matter -> its name: where ``same_matter`` facts join several, the alias that was known first names it."""
    parent: dict[str, str] = {}
    known: dict[str, tuple[datetime, str]] = {}

    def find(name: str) -> str:
        while parent.get(name, name) != name:
            name = parent[name]
        return name

    listed = list(facts)
    for fact in listed:
        if fact.kind != "same_matter":
            known.setdefault(fact.matter, (fact.known_at, fact.id))
    for fact in listed:
        if fact.kind == "same_matter":
            a, b = find(fact.matter), find(str(fact.fields["also"]))
            if a == b:
                continue
            late = (fact.known_at, "~")
            keep, drop = sorted((a, b), key=lambda m: (known.get(m, late), m))
            parent[drop] = keep
    return {name: find(name) for name in {*parent, *parent.values()}}


def is_about(fact: Fact, instrument: Instrument) -> bool:
    """Whether a fact concerns the maker (by id, name or exact alias) and this instrument."""
    maker = instrument.maker
    names = {maker.id.casefold(), maker.name.casefold(), *(a.casefold() for a in maker.also), "maker", ""}
    if fact.instrument and fact.instrument != instrument.id:
        return False
    return fact.subject.casefold() in names


def _dated(fact: Fact, info: KindInfo, matter: str, zone: str, court_local: bool) -> Event:
    here = fact.zone or zone
    first, last = fact.happened_on.first, fact.happened_on.last
    place, elsewhere = (here, zone) if info.clock != "court" or court_local else (zone, here)
    dates = local_date(first, place), local_date(last, place)
    others = local_date(first, elsewhere), local_date(last, elsewhere)
    return Event(
        id=fact.id, kind=fact.kind, matter=matter,
        first=dates[0], last=dates[1],
        at_first=first if isinstance(first, datetime) else None,
        at_last=last if isinstance(last, datetime) else None,
        order=info.order, known_at=fact.known_at,
        fields={k: v for k, v in fact.fields.items() if v is not None},
        facts=(fact.id,), other_dates=others if info.clock == "court" and others != dates else None,
    )


def _settle(events: list[Event], kinds: Mapping[str, KindInfo]) -> list[Event]:
    """Join reports of one event: same kind, matter and fields that identify it, overlapping dates.

    The earliest known report names the event; the narrowest dates and the latest fields hold.
    """
    settled: list[Event] = []
    for event in sorted(events, key=lambda e: (e.known_at, e.id)):
        info = kinds[event.kind]
        if info.same_event:
            for i, held in enumerate(settled):
                same = held.kind == event.kind and held.matter == event.matter
                if same and _same_place(held, event, info) and held.first <= event.last and event.first <= held.last:
                    settled[i] = _joined(held, event)
                    break
            else:
                settled.append(event)
        else:
            settled.append(event)
    # Defaults last: what one report leaves out takes nothing from another that states it.
    return [replace(e, fields={**(kinds[e.kind].defaults or {}), **e.fields}) for e in settled]


def _same_place(a: Event, b: Event, info: KindInfo) -> bool:
    left, right = (replace(e, fields={**(info.defaults or {}), **e.fields}) for e in (a, b))
    return all(left.text(name) == right.text(name) for name in ("venue", "security_class", "by"))


def _joined(held: Event, event: Event) -> Event:
    narrow, wide = (event, held) if event.last - event.first < held.last - held.first else (held, event)
    same_day = narrow.first == narrow.last == wide.first == wide.last
    return replace(
        held, first=narrow.first, last=narrow.last,
        at_first=narrow.at_first or (wide.at_first if same_day else None),
        at_last=narrow.at_last or (wide.at_last if same_day else None),
        fields={**held.fields, **event.fields}, facts=(*held.facts, *event.facts),
    )


def build_case(
    facts: Iterable[Fact], *, instrument: Instrument, form: Form, catalogue: Mapping[str, Reading],
    kinds: Mapping[str, KindInfo], calendars: Calendars, as_of: datetime, known_at: datetime,
    readings: Mapping[str, str] | None = None,
) -> Case:
    """Select, name and date the facts of one instrument. Hints never enter: they open review items instead."""
    chosen = {
        name: (readings or {}).get(name) or instrument.readings.get(name) or reading.default
        for name, reading in catalogue.items()
    }
    seen = visible(facts, known_at)
    names = matter_names(seen)
    court_local = chosen.get("court_date", "court_local") == "court_local"
    about = [f for f in seen if is_about(f, instrument)]
    events = [
        _dated(f, kinds[f.kind], names.get(f.matter, f.matter), form.zone, court_local)
        for f in about if kinds[f.kind].proves == "evidence"
    ]
    closures = frozenset(
        day for f in seen if f.kind == "market_closed" for day in _days(f, calendars.sessions.zone)
    )
    proclaimed = frozenset(day for f in seen if f.kind == "public_holiday_proclaimed" for day in _days(f, form.zone))
    reads = tuple(
        Read(str(f.fields["source"]), _text(f.fields.get("jurisdiction")), _moment(f.fields["through"]),
             f.known_at, gap=f.kind == "source_gap", since=_day(f.fields.get("since")))
        for f in seen if f.kind in ("source_read", "source_gap") and (is_about(f, instrument) or f.subject == "*")
    )
    every = [*_settle(events, kinds), *_market_events(instrument, form, calendars, chosen)]
    settled = {f.matter: f for f in about if f.kind == "delisting_settled" and f.get("security_class") != "common"}
    # A docket or a filing that was first only reported is settled by evidence of the same case or file number.
    settled |= {f.matter: f for f in about if kinds[f.kind].proves == "evidence" and f.matter != LISTING}
    return Case(
        instrument=instrument, form=form, catalogue=catalogue, chosen=chosen,
        calendars=replace(
            calendars, sessions=calendars.sessions.without(closures),
            holidays=calendars.holidays.with_proclaimed(proclaimed),
        ),
        events=tuple(sorted(every, key=event_order)), reads=reads,
        facts={f.id: f for f in seen}, as_of=as_of, known_at=known_at,
        hints=tuple(f for f in about if kinds[f.kind].proves == "hint" and f.matter not in settled),
        settled=settled,
    )


def _market_events(
    instrument: Instrument, form: Form, calendars: Calendars, chosen: Mapping[str, str]
) -> list[Event]:
    """Listing events that no record states: a market that ended, and a maker listed nowhere when the note was made."""
    named = {v for limb in form.limbs if isinstance(limb.ripens, Unlisted) for v in limb.ripens.venues}
    matter = LISTING
    found = [
        _market_event(
            f"venue_ended:{venue.id}:{venue.closed}", "venue_ended", matter, venue.closed, {"venue": venue.id}
        )
        for venue in calendars.venues.values()
        if venue.closed and calendars.counts_as(venue.id, tuple(named), _ANY_SUCCESSOR) in named
        and instrument.loan.dated <= venue.closed
    ]
    if named and not any(calendars.counts_as(v, tuple(named), chosen) for v in instrument.listed_at_issue):
        dated = instrument.loan.dated
        found.append(_market_event(f"unlisted_at_issue:{dated}", "unlisted_at_issue", matter, dated, {}))
    return found


_ANY_SUCCESSOR = {"venue_successors": "on", "otc_successor": "on"}


def _market_event(name: str, kind: str, matter: str, day: date, fields: Mapping[str, Scalar]) -> Event:
    known = datetime(1970, 1, 1, tzinfo=UTC)
    shown = {"effective": "before_open", **fields}
    return Event(name, kind, matter, day, day, None, None, 0, known, shown, (name,))


def event_order(event: Event) -> tuple[date, int, str]:
    """Legal date first, then trigger before cure before reversal, then id: never the order of arrival."""
    return (event.first, event.order, event.id)


def _days(fact: Fact, zone: str) -> list[date]:
    first, last = local_date(fact.happened_on.first, zone), local_date(fact.happened_on.last, zone)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _text(value: Scalar) -> str | None:
    return None if value is None else str(value)


def _moment(value: Scalar) -> Moment:
    if isinstance(value, date):
        return value
    raise TypeError(f"source_read.through must be a date or an instant, not {value!r}")


def _day(value: Scalar) -> date | None:
    return value if isinstance(value, date) else None
