"""Histories as cases, the answers of both evaluators compared, and a differing history made as small as it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from random import Random

from monitor.core.findings import Verdict
from monitor.core.reference import verdicts
from monitor.core.select import Case, build_case
from monitor.engine.pool import Engine, EngineFailure
from monitor.rulebook.instruments import load_instrument
from monitor.rulebook.rulebook import Rulebook
from tests.differential.happenings import THEMES
from tests.differential.histories import History, random_history

SEED_NOTE = "roo-petty-2005"
Answer = tuple[Verdict, ...] | str
"""Verdicts, or why there are none."""


class World:
    """The rule files as shipped: what turns a history into a case."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.catalogue = rulebook.readings
        self.instrument, self.form = load_instrument(SEED_NOTE, rulebook)
        self._kinds = rulebook.vocabulary.kind_infos
        self._calendars = rulebook.calendars_for(self.form.law)

    def case(self, history: History) -> Case:
        loan = replace(self.instrument.loan, maturity=history.maturity)
        return build_case(
            history.facts, instrument=replace(self.instrument, loan=loan, listed_at_issue=history.listed),
            form=self.form, catalogue=self.catalogue, kinds=self._kinds, calendars=self._calendars,
            as_of=history.as_of, known_at=history.known_at, readings=history.readings,
        )


def seeded(seed: int, count: int, theme: str = "") -> list[History]:
    """The histories of one seed, always the same; of one clause only, if its theme is named."""
    rng = Random(f"{theme}{seed}" if theme else seed)
    themes = {theme: THEMES[theme]} if theme else THEMES
    return [random_history(rng, themes) for _ in range(count)]


def compared(answer: Iterable[Verdict]) -> list[Verdict]:
    """Verdicts in one order. Which of several cures of one day decided is informative, not compared."""
    return sorted((replace(v, decided_by=None) for v in answer), key=lambda v: (v.limb, v.trigger))


def reference_answer(case: Case) -> Answer:
    try:
        return verdicts(case)
    except Exception as error:  # a crash is a finding of this test, told with its history
        return f"{type(error).__name__}: {error}"


def engine_answers(cases: Sequence[Case], engine: Engine) -> list[Answer]:
    return [str(a) if isinstance(a, EngineFailure) else a for a in engine.evaluate_many(cases)]


def differ(ours: Answer, theirs: Answer) -> bool:
    """Whether the two disagree; a crash of either is always a disagreement."""
    if isinstance(ours, str) or isinstance(theirs, str):
        return True
    return compared(ours) != compared(theirs)


def told(ours: Answer, theirs: Answer) -> str:
    """Only what differs, one line for each verdict."""
    if isinstance(ours, str) or isinstance(theirs, str):
        return f"reference: {ours}\nengine: {theirs}"
    left, right = compared(ours), compared(theirs)
    lines = [f"reference: {_line(v)}" for v in left if v not in right]
    return "\n".join([*lines, *(f"engine:    {_line(v)}" for v in right if v not in left)])


def _line(v: Verdict) -> str:
    dates = f"opened {v.opened} deadline {v.deadline} default {v.default_date} arguable {v.earliest_arguable}"
    return f"{v.limb} [{v.matter}] {v.trigger} {v.state.value} {dates} at {v.deadline_at}"


def smaller(history: History, fails: Callable[[History], bool]) -> History:
    """The history without everything it can lose and still fail: facts, readings, then fields and odd dates."""
    progress = True
    while progress:
        progress = False
        for candidate in _reductions(history):
            if fails(candidate):
                history, progress = candidate, True
                break
    return history


def _reductions(history: History) -> Iterable[History]:
    facts = history.facts
    for i in range(len(facts)):
        yield replace(history, facts=(*facts[:i], *facts[i + 1:]))
    for name in history.readings:
        yield replace(history, readings={k: v for k, v in history.readings.items() if k != name})
    for i, fact in enumerate(facts):
        when = fact.happened_on
        changes = [replace(fact, fields={k: v for k, v in fact.fields.items() if k != name}) for name in fact.fields
                   if name not in ("venue", "amount", "to", "also", "reason")]
        if when.is_range:
            changes += [replace(fact, happened_on=replace(when, last=when.first)),
                        replace(fact, happened_on=replace(when, first=when.last))]
        if fact.zone:
            changes.append(replace(fact, zone=None))
        for changed in changes:
            yield replace(history, facts=(*facts[:i], changed, *facts[i + 1:]))
