"""The fence refuses, with the line of the rule, each shape that durable_rules gets wrong or dies of (as measured)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from monitor.core.clause import AtOnce, Form, Limb, Pattern, Unlisted, Within
from monitor.engine.compile import STRATA, compile_form, slots_of, word
from monitor.engine.fence import OutsideFence, Rule, RuleSet, check, check_facts, fnv1a
from monitor.rulebook.rulebook import Rulebook

FIELDS: dict[str, type] = {"n": int, "t": str, "j": int, "at": int, "due": int}
FIRST = {"a": {"$and": [{"t": "open"}]}}


def rule(*conditions: Any, fields: dict[str, type] | None = None) -> RuleSet:
    return RuleSet("s", {"r": Rule(tuple(conditions), line="rules/forms/x.yaml:7")}, fields or FIELDS)


def second(*parts: Any) -> dict[str, Any]:
    return {"b": {"$and": list(parts)}}


def test_a_join_with_its_inequalities_first_and_its_equality_last_is_inside() -> None:
    good = rule(FIRST, second({"t": "close"}, {"$gte": {"at": {"a": "at"}}}, {"$lte": {"at": 9}}, {"j": {"a": "j"}}))
    check(good)
    assert all(r.conditions for r in good.rules.values())


JOIN = {"j": {"a": "j"}}
REFUSED: dict[str, tuple[tuple[Any, ...], str]] = {
    "an inequality last": (
        (FIRST, second(JOIN, {"$gte": {"at": {"a": "at"}}})), "the last comparison is an inequality",
    ),
    "an inequality after the join": (
        (FIRST, second(JOIN, {"$gte": {"at": {"a": "at"}}}, {"t": "x"})), "an inequality follows an equality join",
    ),
    "a literal after the join": ((FIRST, second(JOIN, {"t": "x"})), "must end with its equality join"),
    "a lone inequality": (({"a": {"$gt": {"at": 1}}},), "the last comparison is an inequality"),
    "no join": ((FIRST, second({"t": "close"})), "not joined to an earlier fact"),
    "a nested group": (({"a": {"$and": [{"$or": [{"t": "x"}, {"t": "y"}]}, {"t": "z"}]}},), "outside the fence"),
    "a top group": (({"a": {"$or": [{"t": "x"}, {"t": "y"}]}},), "outside the fence"),
    "absence": (({"a": {"$and": [{"$nex": {"at": 1}}, {"t": "z"}]}},), "outside the fence"),
    "presence": (({"a": {"$and": [{"$ex": {"at": 1}}, {"t": "z"}]}},), "outside the fence"),
    "inequality of words": (({"a": {"$and": [{"$neq": {"t": "x"}}, {"j": 1}]}},), "outside the fence"),
    "a text pattern": (({"a": {"$and": [{"$mt": {"t": "x.*"}}, {"j": 1}]}},), "outside the fence"),
    "arithmetic": (
        (FIRST, second({"$gt": {"at": {"$add": {"$l": {"a": "at"}, "$r": 1}}}}, JOIN)), "arithmetic",
    ),
    "one fact with itself": (({"a": {"$and": [{"$gt": {"at": {"$m": "due"}}}, {"t": "x"}]}},), "within one fact"),
    "negation": ((FIRST, {"b$not": {"$and": [{"t": "x"}, JOIN]}}), "Resolve negation between strata"),
    "any": ((FIRST, {"b$any": {"$and": [{"t": "x"}, JOIN]}}), "Resolve negation between strata"),
    "one name twice": ((FIRST, {"a": {"$and": [{"t": "x"}, JOIN]}}), "no safe name"),
    "two facts in one condition": (({"a": {"t": "x"}, "b": {"t": "y"}},), "names 2 facts"),
    "a later fact": (({"a": {"$and": [{"t": "x"}, {"j": {"b": "j"}}]}}, second({"t": "y"}, JOIN)), "which no earlier"),
    "id compared": (({"a": {"$and": [{"id": 4}]}},), "freed memory"),
    "id joined": ((FIRST, second({"t": "x"}, {"j": {"a": "id"}})), "freed memory"),
    "sid joined": ((FIRST, second({"t": "x"}, {"j": {"a": "sid"}})), "freed memory"),
    "an absent field": (({"a": {"$and": [{"colour": "red"}]}},), "no fact carries colour"),
    "an absent joined field": ((FIRST, second({"t": "x"}, {"j": {"a": "colour"}})), "no fact carries colour"),
    "a yes or no": (({"a": {"$and": [{"at": True}]}},), "misread"),
    "a decimal": (({"a": {"$and": [{"at": 1.5}]}},), "misread"),
    "nothing": (({"a": {"$and": [{"t": None}]}},), "misread"),
    "a number for a word": (({"a": {"$and": [{"t": 3}]}},), "misread"),
    "word against number": ((FIRST, second({"t": "x"}, {"j": {"a": "t"}})), "of different types"),
    "a long text": (({"a": {"$and": [{"t": "y" * 65_541}]}},), "65541 characters"),
    "an empty $and": (({"a": {"$and": []}},), "not a flat $and"),
    "no condition": ((), "without conditions"),
}


@pytest.mark.parametrize(("conditions", "says"), REFUSED.values(), ids=REFUSED)
def test_what_durable_rules_gets_wrong_is_refused_with_its_line(conditions: tuple[Any, ...], says: str) -> None:
    with pytest.raises(OutsideFence) as refused:
        check(rule(*conditions))
    assert any(c.startswith("rules/forms/x.yaml:7: ") and says in c for c in refused.value.complaints), refused.value


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(OutsideFence) as refused:
        check(rule({"a": {"$and": [{"id": 1}, {"colour": 2}, {"$nex": {"at": 1}}, {"t": "x"}]}}))
    assert len(refused.value.complaints) == 3


def test_field_names_of_one_hash_are_refused() -> None:
    assert fnv1a("costarring") == fnv1a("liquid")
    with pytest.raises(OutsideFence, match="one 32-bit hash"):
        check(rule(FIRST, fields={**FIELDS, "costarring": int, "liquid": int}))


@pytest.mark.parametrize(("name", "says"), [("id", "keeps this name"), ("sid", "keeps this name"), ("$s", "plain")])
def test_field_names_that_durable_rules_reads_its_own_way_are_refused(name: str, says: str) -> None:
    with pytest.raises(OutsideFence, match=says):
        check(rule(FIRST, fields={**FIELDS, name: str}))


def test_more_rules_than_measured_are_refused() -> None:
    rules = {f"r{n}": Rule(({"a": {"$and": [{"at": n % 200}, {"t": f"k{n}"}]}},)) for n in range(251)}
    with pytest.raises(OutsideFence, match="251 rules in one set"):
        check(RuleSet("s", rules, FIELDS))
    check(RuleSet("s", dict(list(rules.items())[:250]), FIELDS))


def test_more_literals_of_a_field_than_measured_are_refused() -> None:
    rules = {
        f"r{n}": Rule(({"a": {"$and": [{"$gt": {"at": 3 * n}}, {"$lt": {"at": 3 * n + 1}}, {"at": 3 * n + 2}]}},))
        for n in range(171)
    }
    with pytest.raises(OutsideFence, match="compared with 513 literals"):
        check(RuleSet("s", rules, FIELDS))


def test_more_rules_on_one_fact_than_measured_are_refused() -> None:
    rules = {
        f"r{n}": Rule((FIRST, second({"t": f"k{n}"}, JOIN)), line=f"x.yaml:{n}") for n in range(64)
    }
    with pytest.raises(OutsideFence, match=r"x.yaml:0: 64 rules look at the same facts"):
        check(RuleSet("s", rules, FIELDS))


FACT: dict[str, Any] = {"n": 1, "t": "x", "j": 2, "at": 3, "due": 4}


@pytest.mark.parametrize("fact", [
    {k: v for k, v in FACT.items() if k != "due"}, {**FACT, "more": 1}, {**FACT, "at": True}, {**FACT, "at": 1e16},
    {**FACT, "at": "3"}, {**FACT, "at": None}, {**FACT, "at": 2**63}, {**FACT, "t": "y" * 201},
], ids=["absent", "more", "yes", "float", "text", "none", "huge", "long"])
def test_facts_of_another_shape_never_reach_the_engine(fact: dict[str, Any]) -> None:
    check_facts(rule(FIRST), [FACT])
    with pytest.raises(OutsideFence, match="s: "):
        check_facts(rule(FIRST), [FACT, fact])


def test_the_shipped_form_and_every_stratum_are_inside(rulebook: Rulebook) -> None:
    form = rulebook.forms["roo-petty-2005"]
    compiled = compile_form(form)
    for ruleset in (*compiled.sets, *STRATA.values()):
        check(ruleset)
    assert len(compiled.slots) == len(slots_of(form)) > 100
    assert compile_form(form) is compiled


def form_of(*limbs: Limb) -> Form:
    return Form("x", "X", "us-ny", "America/New_York", limbs, Pattern("default_waived"), digest=repr(limbs))


def limb(pattern: Pattern, **more: Any) -> Limb:
    return Limb(**{"id": "x.1", "clause": "x", "title": "X", "quote": "x", "when": (pattern,), "ripens": AtOnce(),
                   "line": "rules/forms/x.yaml:12", **more})


def test_the_compiler_refuses_a_limb_of_too_many_alternatives_with_its_line() -> None:
    values = frozenset(f"v{n}" for n in range(16))
    wide = Pattern("levy", {"one": values, "two": values}, line="rules/forms/x.yaml:14")
    with pytest.raises(OutsideFence) as refused:
        compile_form(form_of(limb(wide)))
    assert any(c.startswith("rules/forms/x.yaml:12: limb x.1 needs 25") for c in refused.value.complaints)


def test_the_compiler_refuses_what_it_could_only_ignore() -> None:
    unknown = Unlisted(5, ("nyse",), (Pattern("listing_removed"),), (Pattern("rumour", line="rules/forms/x.yaml:3"),))
    with pytest.raises(OutsideFence) as refused:
        compile_form(form_of(limb(Pattern("listing_removed"), ripens=unknown, existing_at="dated")))
    assert [c.split(": ")[0] for c in refused.value.complaints] == ["rules/forms/x.yaml:3", "rules/forms/x.yaml:12"]


def test_a_form_of_many_limbs_is_split_into_sets_inside_the_fence() -> None:
    wide = Pattern("levy", {"one": frozenset(f"v{n}" for n in range(12)), "two": frozenset({"p", "q", "r", "s"})})
    limbs = [replace(limb(wide), id=f"x.{n}", ripens=Within(20, (), "cure_roll")) for n in range(7)]
    compiled = compile_form(form_of(*limbs))
    assert len(compiled.sets) == 2
    assert sum(len(s.rules) for s in compiled.sets) == 7 * (48 + 2)


def test_awkward_text_reaches_the_engine_as_one_word_for_one_text() -> None:
    odd = ['a "quoted" \\ text', "y" * 70_000, "\ud800", "NY 1/2", "été"]
    words = [word(text) for text in odd]
    assert len(set(words)) == len(odd)
    assert all(w.isascii() and w.isalnum() and len(w) <= 64 for w in words)
    assert [word(t) for t in ("true", "nasdaq_nm", "")] == ["true", "nasdaq_nm", ""]
