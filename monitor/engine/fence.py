"""The fence: the only shapes of durable_rules definitions and facts that were measured to be safe and right.

Why each rule is here: shared/design/engine.md, "Silent wrong answers" and "Crashes, hangs, limits" (durable_rules
2.0.28). Whatever is outside is refused with the file and line of the rule it came from; nothing is repaired silently.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

FactValue = int | str
FactRow = Mapping[str, FactValue]

MOST_RULES = 250
MOST_LITERALS = 510
MOST_ALIKE = 63
LONGEST_WORD = 200
LARGEST_INT = 2**62
INEQUALITIES = frozenset({"$lt", "$lte", "$gt", "$gte"})
RESERVED = frozenset({"id", "sid"})
"""Names that durable_rules keeps for itself."""
FIELD = re.compile(r"[a-z][a-z0-9_]{0,60}\Z")
ALIAS = re.compile(r"[a-z][a-z0-9]{0,10}\Z")


@dataclass(frozen=True, slots=True)
class Rule:
    """One durable_rules rule: conditions per alias, in order, and the line of the rule file it was compiled from."""

    conditions: tuple[Mapping[str, Mapping[str, Any]], ...]
    line: str = ""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The definitions of one stratum. ``name`` is unique for its content; ``fields`` are the keys of every fact."""

    name: str
    rules: Mapping[str, Rule]
    fields: Mapping[str, type]


class OutsideFence(ValueError):
    """Definitions or facts that the engine must not see. ``complaints``: one line each, ``place: what. Instead``."""

    def __init__(self, complaints: Iterable[str]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("\n".join(self.complaints))


def fnv1a(text: str) -> int:
    """The 32-bit hash under which durable_rules knows a field name; it never compares the names themselves."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value


def check(ruleset: RuleSet) -> None:
    """Raise OutsideFence, with every complaint at once, unless all the definitions are inside the fence."""
    found = [*_names(ruleset.fields), *_sizes(ruleset)]
    for name, rule in ruleset.rules.items():
        found += [f"{rule.line or ruleset.name + '.' + name}: {text}" for text in _rule(rule, ruleset.fields)]
    if found:
        raise OutsideFence(found)


def check_facts(ruleset: RuleSet, rows: Iterable[FactRow]) -> None:
    """Raise OutsideFence unless every fact carries exactly the set's keys, each an int or a short word of its type."""
    keys, types = set(ruleset.fields), tuple(ruleset.fields.items())
    for row in rows:
        if row.keys() != keys:
            raise OutsideFence([f"{ruleset.name}: a fact has keys {sorted(row)}. Send exactly {sorted(keys)}"])
        for name, kind in types:
            value = row[name]
            if type(value) is not kind:
                raise OutsideFence([f"{ruleset.name}: {name} is {value!r}. Send {kind.__name__}, nothing else"])
            if isinstance(value, int) and not -LARGEST_INT < value < LARGEST_INT:
                raise OutsideFence([f"{ruleset.name}: {name} is {value}. Integers saturate at 2**63; scale it"])
            if isinstance(value, str) and len(value) > LONGEST_WORD:
                raise OutsideFence([f"{ruleset.name}: {name} has {len(value)} characters. "
                                    f"Send at most {LONGEST_WORD} (longer words by their digest)"])


def _names(fields: Mapping[str, type]) -> list[str]:
    found: list[str] = []
    by_hash: dict[int, str] = {}
    for name in fields:
        if name in RESERVED:
            found.append(f"field {name}: durable_rules keeps this name for itself. Use another name")
        elif not FIELD.match(name):
            found.append(f"field {name!r} is not a plain lower-case word. Rename it")
        other = by_hash.setdefault(fnv1a(name), name)
        if other != name:
            found.append(f"fields {other} and {name} have one 32-bit hash, so durable_rules takes one for the other. "
                         "Rename one")
    return found


def _sizes(ruleset: RuleSet) -> list[str]:
    found: list[str] = []
    if len(ruleset.rules) > MOST_RULES:
        found.append(f"{ruleset.name}: {len(ruleset.rules)} rules in one set. Split it; at most {MOST_RULES}")
    literals: dict[str, set[Any]] = defaultdict(set)
    first: dict[str, str] = {}
    alike: Counter[tuple[Any, ...]] = Counter()
    for name, rule in ruleset.rules.items():
        for condition in rule.conditions:
            for expression in condition.values():
                own = sorted(repr(part) for part in _parts(expression) if not _joins(part))
                alike[tuple(own)] += 1
                first.setdefault(repr(own), rule.line or f"{ruleset.name}.{name}")
                for part in _parts(expression):
                    if (said := _said(part)) and not isinstance(said[2], Mapping):
                        literals[said[1]].add(said[2])
    found += [
        f"{ruleset.name}: field {field} is compared with {len(values)} literals. durable_rules hangs from 512; "
        "send the value as a fact"
        for field, values in literals.items() if len(values) > MOST_LITERALS
    ]
    found += [
        f"{first[repr(list(own))]}: {count} rules look at the same facts. durable_rules loses facts beyond "
        f"{MOST_ALIKE} alternatives; say it in fewer patterns"
        for own, count in alike.items() if count > MOST_ALIKE
    ]
    return found


def _parts(expression: Mapping[str, Any]) -> list[Any]:
    parts = expression.get("$and") if set(expression) == {"$and"} else [expression]
    return list(parts) if isinstance(parts, list | tuple) else []


def _said(part: Any) -> tuple[str, str, Any] | None:
    """(operator, field, right side) of a flat comparison, ``=`` for equality; None if it is anything else."""
    if not isinstance(part, Mapping) or len(part) != 1:
        return None
    ((name, right),) = part.items()
    if name in INEQUALITIES:
        if not isinstance(right, Mapping) or len(right) != 1:
            return None
        ((field, value),) = right.items()
        return (name, str(field), value)
    return None if name.startswith("$") else ("=", name, right)


def _joins(part: Any) -> bool:
    said = _said(part)
    return said is not None and isinstance(said[2], Mapping)


def _rule(rule: Rule, fields: Mapping[str, type]) -> list[str]:
    found: list[str] = []
    earlier: set[str] = set()
    if not rule.conditions:
        return ["a rule without conditions fires for nothing. Give it a pattern"]
    for condition in rule.conditions:
        if len(condition) != 1:
            found.append(f"a condition names {len(condition)} facts. Name one; durable_rules ignores the second")
            continue
        ((alias, expression),) = condition.items()
        if not ALIAS.match(alias) or alias in earlier:
            found.append(f"{alias!r} is no safe name for a fact (none, any and all are wrong answers). "
                         "Resolve negation between strata")
        found += _expression(alias, expression, earlier, fields)
        earlier.add(alias)
    return found


def _expression(alias: str, expression: Any, earlier: set[str], fields: Mapping[str, type]) -> list[str]:
    if not isinstance(expression, Mapping) or not _parts(expression):
        return [f"{alias}: {expression!r} is not a flat $and. Write one list of comparisons"]
    found: list[str] = []
    seen_join_equality = False
    parts = _parts(expression)
    for part in parts:
        said = _said(part)
        if said is None:
            found.append(f"{alias}: {part!r} is outside the fence (a group, arithmetic, $nex, $neq, $ex or a text "
                         "pattern). Use = < <= > >= on one field; say the rest as another fact")
            continue
        operator, field, right = said
        if field in RESERVED:
            found.append(f"{alias}: durable_rules reads freed memory when it compares {field}. Use a field of your own")
        elif field not in fields:
            found.append(f"{alias}: no fact carries {field}; an absent field compares with stale memory. Declare it")
        if operator != "=" and seen_join_equality:
            found.append(f"{alias}: an inequality follows an equality join; durable_rules crashes. "
                         "Put the equality last")
        found += _right(alias, field, right, earlier, fields)
        seen_join_equality |= operator == "=" and isinstance(right, Mapping)
    last = _said(parts[-1])
    if last is not None and last[0] != "=":
        found.append(f"{alias}: the last comparison is an inequality; durable_rules crashes. Put an equality last")
    if any(_joins(p) for p in parts) and not _joins(parts[-1]):
        found.append(f"{alias}: a joined pattern must end with its equality join. Put the equality join last")
    if earlier and not any(_joins(p) for p in parts):
        found.append(f"{alias}: not joined to an earlier fact, so every pair would fire. Join it on a key")
    return found


def _right(alias: str, field: str, right: Any, earlier: set[str], fields: Mapping[str, type]) -> list[str]:
    if not isinstance(right, Mapping):
        if type(right) is not fields.get(field, type(right)) or type(right) not in (int, str):
            return [f"{alias}: {field} is compared with {right!r}. Compare it with "
                    f"{fields.get(field, str).__name__}; None, true, decimals and dates are misread"]
        if isinstance(right, str) and len(right) > LONGEST_WORD:
            return [f"{alias}: {field} is compared with a text of {len(right)} characters. Shorten it"]
        return []
    if len(right) != 1:
        return [f"{alias}: {right!r} is not one field of one fact. Write {{alias: field}}"]
    ((other, name),) = right.items()
    if str(other).startswith("$"):
        return [f"{alias}: {other} is outside the fence (arithmetic, or a comparison within one fact). "
                "Compute it before, as a fact"]
    if other not in earlier:
        return [f"{alias}: refers to {other!r}, which no earlier condition names; durable_rules would take it as true. "
                "Name an earlier fact"]
    if name in RESERVED:
        return [f"{alias}: durable_rules reads freed memory when it joins on {name}. Use a field of your own"]
    if name not in fields:
        return [f"{alias}: no fact carries {name}. Declare it"]
    if fields[name] is not fields.get(field, fields[name]):
        return [f"{alias}: {field} and {name} are of different types, which durable_rules compares at random. "
                "Use one type"]
    return []
