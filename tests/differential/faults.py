"""Faults to plant in one evaluator, each one edit of one function, to see that the comparison finds them.

A fault replaces the code of the living function, so that it holds wherever the function was imported, and is taken
back afterwards. An edit whose text is no longer in the function is an error: a fault that plants nothing is caught
by nobody.
"""

from __future__ import annotations

import importlib
import inspect
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FunctionType


@dataclass(frozen=True)
class Fault:
    """``old`` becomes ``new`` in ``function`` (``name`` or ``Class.name``) of ``module``; ``theme``: where it shows."""

    what: str
    module: str
    function: str
    old: str
    new: str
    theme: str

    @property
    def id(self) -> str:
        return f"{self.module.removeprefix('monitor.')}: {self.what}"


def _function(fault: Fault) -> FunctionType:
    found: object = importlib.import_module(fault.module)
    for part in fault.function.split("."):
        found = inspect.getattr_static(found, part)
    found = found.fget if isinstance(found, property) else found
    found = getattr(found, "__wrapped__", found)
    assert isinstance(found, FunctionType), f"{fault.id}: {fault.function} is no function"
    return found


@contextmanager
def planted(fault: Fault) -> Iterator[None]:
    """The fault in place, then gone. Raises AssertionError if its text does not stand exactly once in the function."""
    function = _function(fault)
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(fault.old) == 1, f"{fault.id}: {fault.old!r} stands {source.count(fault.old)} times"
    lines = source.replace(fault.old, fault.new).splitlines()
    while lines[0].startswith("@"):
        del lines[0]
    made: dict[str, object] = {}
    head = "from __future__ import annotations\n"
    exec(compile(head + "\n".join(lines), f"<{fault.id}>", "exec"), function.__globals__, made)
    changed = made[function.__name__]
    assert isinstance(changed, FunctionType)
    whole = function.__code__
    function.__code__ = changed.__code__
    try:
        yield
    finally:
        function.__code__ = whole


_R, _W, _L, _K = "monitor.core.reference", "monitor.core.windows", "monitor.core.listing", "monitor.core.look"

REFERENCE = (
    Fault("a cure on the last day is refused", _W, "within_windows", "<= deadline)", "< deadline)", "liens"),
    Fault("a cure on the trigger's day is refused", _W, "within_windows", "opened <= look", "opened < look", "items"),
    Fault("a period is a day short", _W, "last_day", "range(days)", "range(days - 1)", "judgments"),
    Fault("a period is a day long", _W, "last_day", "range(days)", "range(days + 1)", "liens"),
    Fault("nothing rolls", _W, "last_day", "if look.on(roll):", "if False:", "liens"),
    Fault("a roll stops at the first day tried", _W, "last_day", "        while look", "        if look", "items"),
    Fault("consent on the last day is refused", _W, "_exception", "day <= deadline",
          "day < deadline", "liens"),
    Fault("consent to a lien covers its later increase", _W, "_exception", "day < look.opens(event)", "False", "liens"),
    Fault("consent on the day of an increase is refused", _W, "_exception", "day < look.opens(event)",
          "day <= look.opens(event)", "liens"),
    Fault("no consent reaches ahead", _W, "_exception", "if p.ahead)", "if False)", "liens"),
    Fault("a lien of the note's own date is new", _W, "_existed", "look.opens(other) <= issue",
          "look.opens(other) < issue", "liens"),
    Fault("sixty days ripen a day late", _W, "_walk", "counted >= rule.days", "counted > rule.days", "involuntary"),
    Fault("a stay does not stop the count", _W, "_walk", '"pause": True', '"pause": False', "involuntary"),
    Fault("a lifting opens nothing", _W, "_restarts", "if stayed and", "if not stayed and", "involuntary"),
    Fault("a cure elsewhere on the last day of grace is refused", _W, "_waiting", "<= until", "< until", "debts"),
    Fault("a payment on the last day is late", _W, "unpaid_windows", "p.on <= final", "p.on < final", "maturity"),
    Fault("an extension on the last day is too late", _W, "maturity_dates", "look.acts(event) <= final",
          "look.acts(event) < final", "maturity"),
    Fault("a cure of any matter cures", _K, "Look.cures", "if event.matter == matter else []", "", "liens"),
    Fault("a revocation of any matter revokes", _K, "Look._undone", "other.matter == event.matter and ", "", "liens"),
    Fault("a revocation of the same day does not revoke", _K, "Look._undone", ">= self.acts(event)",
          "> self.acts(event)", "liens"),
    Fault("the threshold itself is over", _K, "Look._exceeds", "return total > self", "return total >= self", "debts"),
    Fault("cures come before triggers", _K, "Look.opens", "[0 if self.trigger_first else 1]",
          "[1 if self.trigger_first else 0]", "items"),
    Fault("what happens at the very instant has not happened", _K, "Look.triggered", "at <= self.case.as_of",
          "at < self.case.as_of", "acts"),
    Fault("removal at the open comes after it", _L, "_phase", "at <= sessions.open_at", "at < sessions.open_at",
          "listing"),
    Fault("five sessions are six", _L, "_walk", "counted == rule.sessions", "counted > rule.sessions", "listing"),
    Fault("a removal takes only the market it names", _L, "_same_listing", "while market and", "while False and",
          "listing"),
    Fault("relisting on the fifth session is too late", _L, "_walk", "relisted.day == day and", "False and", "listing"),
    Fault("payment in full ends nothing", _R, "_until_discharge", "if paid is None:", "if True:", "maturity"),
    Fault("a waiver of any limb waives", _R, "_waiver", 'in ("", limb.id)', 'in (event.text("limb"),)', "liens"),
    Fault("a waiver on the trigger's day does nothing", _R, "_waiver", ">= window.opened", "> window.opened", "debts"),
    Fault("only the house's reading is tried", _R, "_looks", "product(*values)", "list(product(*values))[:1]", "liens"),
    Fault("a restart forgets its chain", _R, "_earliest", "window.opened <= opened]", "opened < window.opened]",
          "involuntary"),
)

_E = "monitor.engine."

ENGINE = (
    Fault("a period is a day long", _E + "items", "_window", "day + ripens.days", "day + ripens.days + 1", "judgments"),
    Fault("default on the last day", _E + "items", "period", "default=deadline + 1", "default=deadline", "liens"),
    Fault("ripe a day early", _E + "items", "period", "due=deadline + 1", "due=deadline", "liens"),
    Fault("a cure needs no join on its matter", _E + "prepare", "_matters",
          "[(matter, indices) for matter, indices in sorted(by_matter.items())",
          "[(matter, [*range(len(case.events))]) for matter, indices in sorted(by_matter.items())", "items"),
    Fault("every fact joins every other", _E + "board", "Board.put", "self._keys.setdefault(key, len(self._keys) + 1)",
          "1", "liens"),
    Fault("field values are not compared", _E + "compile", "_rules", "choice[: len(wheres)]]", "choice[:0]]", "acts"),
    Fault("readings are not compared", _E + "compile", "_rules", "sorted(pattern.given.items())]", "()]", "listing"),
    Fault("nothing rolls", _E + "board", "BusinessDays.roll", "return index[place]", "return day", "liens"),
    Fault("an age is not of the matter", _E + "items", "open_windows", "(of_matter and not fresh)", "False", "liens"),
    Fault("consent to a lien covers its later increase", _E + "items", "open_windows", "since=day", "since=0", "liens"),
    Fault("no consent reaches ahead", _E + "items", "offer_exceptions", "match.slot.pattern.ahead", "False", "liens"),
    Fault("every consent reaches ahead", _E + "items", "offer_exceptions", "match.slot.pattern.ahead", "True", "liens"),
    Fault("a day of the event itself counts", _E + "persistence", "_deadline", "turn.day + ripens.days",
          "turn.day + ripens.days - 1", "involuntary"),
    Fault("days of a stay count", _E + "persistence", "_deadline", "left - (stay.day - since)", "left",
          "involuntary"),
    Fault("a dismissal on the sixtieth day is refused", _E + "persistence", "_window",
          "deadline * ORDERS + ORDERS - 1", "deadline * ORDERS - 1", "involuntary"),
    Fault("five sessions are six", _E + "listing", "_window", "first + ripens.sessions - 1", "first + ripens.sessions",
          "listing"),
    Fault("a removal takes only the market it names", _E + "listing", "line_of", "if not goes_on or", "if True or",
          "listing"),
    Fault("the removal day never counts", _E + "listing", "first_unlisted", 'if before_open and', "if False and",
          "listing"),
    Fault("the threshold itself is over", _E + "debts", "ask_over", "scaled(total), label)",
          "scaled(total) + 1, label)", "debts"),
    Fault("debts cured since add up", _E + "debts", "ask_settled", "if day is not None and day <= until:", "if False:",
          "debts"),
    Fault("a payment after the last day is in time", _E + "maturity", "ask_short", "by=date.fromordinal(last)",
          "by=case.today", "maturity"),
    Fault("unsigned extensions extend", _E + "maturity", "maturity_of", 'event.text("signed") == "true"', "True",
          "maturity"),
    Fault("a date of tomorrow has come", _E + "prepare", "happened", "day <= case.today",
          "day.toordinal() <= case.today.toordinal() + 1", "items"),
    Fault("payment in full frees nothing", _E + "strata", "_state", "elif freed is not None:", "elif False:", "liens"),
    Fault("a waiver leaves the default date", _E + "strata", "_state", "default <= waived[0] else None",
          "True else None", "liens"),
)
