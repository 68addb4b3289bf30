"""The clause tree compiled to durable_rules definitions, once per form.

A pattern becomes one rule for each way in which it can hold: its kind and field values are literals, the readings
under which it applies are joined from facts. Terms, thresholds, dates and chosen readings are facts, so no reading
and no instrument needs another compile. What pairs with what (STRATA) is the same for every form.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any

from monitor.core.clause import After, AtOnce, Form, Given, Limb, Pattern, Unlisted, Within
from monitor.engine.fence import MOST_RULES, OutsideFence, Rule, RuleSet, check

PLAIN = re.compile(r"[A-Za-z0-9_.\-]{1,64}\Z")

RESTORES: Mapping[str, frozenset[str] | None] = {
    "listing_added": None,
    "listing_resumed": frozenset({"listing_suspended", "sec_trading_suspended"}),
    "trading_resumed": frozenset({"trading_halted"}),
    "sec_suspension_ended": frozenset({"sec_trading_suspended"}),
}
"""What a fact that puts a venue back restores: the kinds that took it away; None restores everything."""


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """One pattern in one place of one limb. ``role``: when, except, self, cure, pause, resume, reopen, end, relist,
    wait, flow, undo, prior, owed, waiver. ``parent``: the slot whose facts it undoes, precedes or adds up with."""

    number: int
    limb: int
    role: str
    pattern: Pattern
    parent: int = -1


@dataclass(frozen=True, slots=True)
class Compiled:
    """A form's slots and the rule sets that match facts to them (split so that no set outgrows the fence)."""

    digest: str
    slots: tuple[Slot, ...]
    sets: tuple[RuleSet, ...]
    where: tuple[str, ...]
    owner: Mapping[str, int]

    def of(self, limb: int) -> tuple[Slot, ...]:
        return tuple(s for s in self.slots if s.limb == limb)


def word(text: str) -> str:
    """Text as the engine may see it: plain words as they are, anything else by its digest (one word for one text)."""
    if not text or PLAIN.match(text):
        return text
    return "x" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def both(one: Given, other: Given) -> Given:
    """Readings under which both hold."""
    return {name: one.get(name, other.get(name, frozenset())) & other.get(name, one.get(name, frozenset()))
            for name in {**one, **other}}


def _patterns(limb: Limb, waiver: Pattern) -> Iterator[tuple[str, Pattern]]:
    """(role, pattern) of everything that bears on a limb."""
    for pattern in limb.when:
        yield "when", pattern
        for name, accepted in limb.except_trigger.items():
            where = {**pattern.where, name: pattern.where.get(name, accepted) & accepted}
            yield "self", Pattern(pattern.kind, where, both(pattern.given, limb.except_given), line=pattern.line)
    for pattern in limb.except_:
        yield "except", replace(pattern, given=both(pattern.given, limb.except_given))
    ripens = limb.ripens
    if isinstance(ripens, AtOnce):
        yield from (("flow", p) for p in ripens.unless)
    elif isinstance(ripens, Within):
        yield from (("cure", p) for p in ripens.unless)
    elif isinstance(ripens, After):
        yield from (("cure", p) for p in ripens.stops)
        yield from (("pause", p) for p in ripens.pauses)
        yield from (("resume", p) for p in ripens.resumes)
        yield from (("reopen", p) for p in ripens.reopens)
    elif isinstance(ripens, Unlisted):
        yield from (("end", p) for p in ripens.ends)
        yield from (("relist", p) for p in ripens.relists)
    where = {**waiver.where, "limb": frozenset({"", limb.id})}
    yield "waiver", replace(waiver, where=where)


def _below(role: str, pattern: Pattern) -> Iterator[tuple[str, Pattern]]:
    """Patterns that hang on another: what undoes it, what it follows, what it waits for, what adds up with it."""
    yield from (("undo", p) for p in pattern.undone_by)
    yield from (("prior", Pattern(kind, line=pattern.line)) for kind in sorted(pattern.follows))
    yield from (("bar", Pattern(kind, line=pattern.line)) for kind in sorted(pattern.not_after))
    if role == "when" and pattern.waits_for:
        yield from (("wait", p) for p in pattern.waits_for.unless)
    if role == "when" and pattern.exceeds:
        yield "owed", Pattern(pattern.kind, pattern.where, line=pattern.line)


def slots_of(form: Form) -> tuple[Slot, ...]:
    """Every pattern of a form in its place, numbered."""
    found: list[Slot] = []
    for number, limb in enumerate(form.limbs):
        for role, pattern in _patterns(limb, form.waiver):
            line = pattern.line or limb.line
            slot = Slot(len(found), number, role, replace(pattern, line=line))
            found.append(slot)
            for below, inner in _below(role, pattern):
                found.append(Slot(len(found), number, below, replace(inner, line=inner.line or line), slot.number))
    return tuple(found)


def _rules(slot: Slot) -> Iterator[tuple[str, Rule]]:
    """One rule for each combination of accepted field values and reading values: the fence has no $or."""
    pattern = slot.pattern
    wheres = [[(f"f_{name}", word(v)) for v in sorted(accepted)] for name, accepted in sorted(pattern.where.items())]
    givens = [[(name, word(v)) for v in sorted(accepted)] for name, accepted in sorted(pattern.given.items())]
    for variant, choice in enumerate(product(*wheres, *givens)):
        own: list[Mapping[str, Any]] = [{name: value} for name, value in choice[: len(wheres)]]
        conditions: list[Mapping[str, Mapping[str, Any]]] = [
            {"e": {"$and": [*own, {"limb": slot.limb}, {"kind": word(pattern.kind)}]}}
        ]
        for position, (name, value) in enumerate(choice[len(wheres):]):
            join = {"grp": {"e": "grp"}} if position == 0 else {"combo": {"r0": "combo"}}
            conditions.append({f"r{position}": {"$and": [{"name": word(name)}, {"val": value}, join]}})
        yield f"s{slot.number}v{variant}", Rule(tuple(conditions), slot.pattern.line)


def compile_form(form: Form) -> Compiled:
    """Definitions for one form, cached by its digest. Raises OutsideFence with every complaint at once."""
    return _compiled(form.digest, _Once(form))


@dataclass(frozen=True)
class _Once:
    """A form that counts as equal to any other here: the cache goes by the digest beside it."""

    form: Form

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Once)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=64)
def _compiled(digest: str, once: _Once) -> Compiled:
    form = once.form
    slots = slots_of(form)
    complaints = [
        f"{s.pattern.line}: no rule says what {s.pattern.kind} restores when it puts a venue back. "
        f"Use one of {', '.join(RESTORES)}"
        for s in slots if s.role == "relist" and s.pattern.kind not in RESTORES
    ]
    complaints += [
        f"{limb.line}: limb {limb.id} excepts items by their age or by their own fields, which only `within` and "
        "`at_once` limbs can. Take `existing_at` and `trigger` out"
        for limb in form.limbs
        if (limb.existing_at or limb.except_trigger) and not isinstance(limb.ripens, Within | AtOnce)
    ]
    where = tuple(sorted({name for s in slots for name in s.pattern.where}))
    fields: dict[str, type] = {
        "n": int, "limb": int, "grp": int, "combo": int, "kind": str, "name": str, "val": str,
        **{f"f_{name}": str for name in where},
    }
    owner: dict[str, int] = {}
    sets: list[RuleSet] = []
    part: dict[str, Rule] = {}
    for number, limb in enumerate(form.limbs):
        of_limb: dict[str, Rule] = {}
        for slot in slots:
            if slot.limb == number:
                for name, rule in _rules(slot):
                    of_limb[name] = rule
                    owner[name] = slot.number
        if len(of_limb) > MOST_RULES:
            complaints.append(f"{limb.line}: limb {limb.id} needs {len(of_limb)} engine rules; at most {MOST_RULES}. "
                              "Give its patterns fewer alternative values, or split the limb")
        if len(part) + len(of_limb) > MOST_RULES:
            sets.append(RuleSet(f"m{digest[:24]}p{len(sets)}", part, fields))
            part = {}
        part.update(of_limb)
    sets.append(RuleSet(f"m{digest[:24]}p{len(sets)}", part, fields))
    for ruleset in sets:
        try:
            check(ruleset)
        except OutsideFence as refused:
            complaints += [c for c in refused.complaints if c not in complaints]
    if complaints:
        raise OutsideFence(complaints)
    return Compiled(digest, slots, tuple(sets), where, owner)


def _pair(first: str, second: str, *bounds: Mapping[str, Any]) -> Rule:
    """Fact ``a`` of one type and fact ``b`` of another: inequalities first, the join on key ``j`` last."""
    return Rule((
        {"a": {"$and": [{"t": first}]}},
        {"b": {"$and": [{"t": second}, *bounds, {"j": {"a": "j"}}]}},
    ), line=f"engine stratum {first}/{second}")


_SAME: dict[str, type] = {"n": int, "t": str, "j": int, "at": int}

LINEAGE = RuleSet("lineage", {
    # a cure that a later reversal undoes; a dismissal that a reinstatement makes as if it had never been
    "undone": _pair("done", "undoing", {"$gte": {"at": {"a": "at"}}}),
    # an item that must follow another of its matter, and the one it follows
    "follows": _pair("needs", "earlier", {"$lte": {"at": {"a": "at"}}}),
    # an item of the issue date or before
    "old": _pair("issue", "item", {"$lte": {"at": {"a": "at"}}}),
    # every event of a case before this one, by which it was stayed or dismissed at the time
    "before": _pair("turn", "status", {"$lt": {"at": {"a": "at"}}}),
    # a venue taken away, and what puts it back
    "back": _pair("taken", "put", {"$gt": {"at": {"a": "at"}}}),
    # a debt in default that was cured or waived before the date in question
    "settled": _pair("debt", "settling", {"$gte": {"at": {"a": "at"}}}),
}, _SAME)

WEIGHING = RuleSet("weighing", {
    # principal strictly more than the term
    "over": _pair("term", "principal", {"$gt": {"at": {"a": "at"}}}),
    # something of principal, or of interest, still owed (both are zero when paid)
    "short": _pair("nothing", "owed", {"$gt": {"at": {"a": "at"}}}),
}, _SAME)

PAIRING = RuleSet("pairing", {
    "cured": _pair("window", "cure", {"$gte": {"at": {"a": "low"}}}, {"$lte": {"at": {"a": "high"}}}),
    "excepted": _pair("excepting", "exception", {"$gte": {"at": {"a": "low"}}}, {"$lte": {"at": {"a": "high"}}}),
    "waived": _pair("waiving", "waiver", {"$gte": {"at": {"a": "low"}}}),
    "flowed": _pair("flowing", "flow", {"$gte": {"at": {"a": "low"}}}),
    "freed": _pair("ending", "discharge", {"$lt": {"at": {"a": "low"}}}),
}, {**_SAME, "low": int, "high": int})

RIPENING = RuleSet("ripening", {
    "ripe": _pair("clock", "live", {"$lte": {"at": {"a": "at"}}}),
}, _SAME)

STRATA: Mapping[str, RuleSet] = {s.name: s for s in (LINEAGE, WEIGHING, PAIRING, RIPENING)}
"""The strata after matching, the same for every form. Each is positive; negation is set difference between them."""

for _stratum in STRATA.values():
    check(_stratum)
