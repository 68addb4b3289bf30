"""rules/instruments/*.yaml: one note each: parties, terms, the form whose clauses it uses, the readings chosen."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.core.alerts import AlertKind
from monitor.core.clause import Form, Instrument, LoanTerms, Obligor, SourceNeed, Unlisted
from monitor.rulebook.calendars import FIRST, LAST
from monitor.rulebook.forms import FormFile, Quotes, form_ids, load_form_file, text_beside, top_words
from monitor.rulebook.problems import Problem, Problems, RulebookError, did_you_mean, listed, shown, told
from monitor.rulebook.quotes import dates_in, numbers_in
from monitor.rulebook.scalars import amount
from monitor.rulebook.section import Section, as_choice, as_scalar, as_text
from monitor.rulebook.yaml_marks import Items, Node, Table, read_bytes, read_yaml

if TYPE_CHECKING:
    from monitor.rulebook.rulebook import Rulebook

DAY_COUNTS = {"ACT/360": (360,), "ACT/365": (365,), "30/360": (30, 360)}
"""Day count -> the numbers its quote must hold."""
_OBLIGOR = ("id", "name", "kind", "state", "address", "cik", "ein", "tickers", "dockets", "also")
_QUOTED = ("principal", "rate", "day_count", "dated", "first_payment", "maturity", "default_rate")
_TOP = (
    "instrument", "title", "form", "text_file", "simulated", "maker", "payee", "loan", "terms", "listed_at_issue",
    "readings", "sources", "shown", "next_step",
)
NOT_LISTED = "none"
"""``listed_at_issue: none``: said in so many words, because a forgotten line must not mean it."""


def load_instrument(
    id_or_path: str | Path, rulebook: Rulebook, extra_dirs: Iterable[Path] = ()
) -> tuple[Instrument, Form]:
    """An instrument by id (in ``rules/instruments`` or ``extra_dirs``) or by file, and its form.

    Raises RulebookError: every mistake in the file, or the known ids when there is none of that name.
    """
    folders = [Path(folder) for folder in extra_dirs]
    path = instrument_path(id_or_path, rulebook, folders)
    body = read_bytes(path)
    problems = Problems()
    node = read_yaml(path, problems, body)
    if node is None:
        raise RulebookError([Problem(shown(path), 1, 1, "the file is empty", "Write an instrument")])
    top = Section(node, problems, "the instrument", _TOP)
    form = _form(top, path, rulebook, folders)
    instrument = _Reader(top, path, rulebook, form).instrument(hashlib.sha256(body).hexdigest())
    problems.raise_if_any()
    assert form is not None
    return instrument, form.form


def instrument_path(id_or_path: str | Path, rulebook: Rulebook, extra_dirs: Iterable[Path] = ()) -> Path:
    """The file of an instrument. Raises RulebookError naming the known ids."""
    given = str(id_or_path)
    if isinstance(id_or_path, Path) or given.endswith((".yaml", ".yml")) or "/" in given:
        return Path(id_or_path)
    known = instrument_ids(rulebook, extra_dirs)
    if given not in known:
        close = did_you_mean(given, known, "?")
        instead = f"{'' if close == '?' else close + ' '}Known ids: {listed(known)}; or name a file"
        raise RulebookError([Problem(given, 1, 1, f"no instrument {told(given)}", instead)])
    return known[given]


def instrument_ids(rulebook: Rulebook, extra_dirs: Iterable[Path] = ()) -> Mapping[str, Path]:
    """instrument id -> file; a private folder's instrument hides a shipped one of the same id."""
    found: dict[str, Path] = {}
    for folder in (rulebook.rules_dir / "instruments", *extra_dirs):
        for below in (folder, folder / "instruments"):
            for path in sorted(below.glob("*.yaml")):
                words = top_words(path)
                if words.get("instrument") and "cases" not in words:  # a scenario test names an instrument too
                    found[words["instrument"]] = path
    return found


def _form(top: Section, path: Path, rulebook: Rulebook, folders: list[Path]) -> FormFile | None:
    """The form an instrument names: an id, or a file beside it. Its own mistakes are reported with it."""
    name = top.text("form", required=True)
    if not name:
        return None
    if name.endswith(".yaml"):
        file: Path | None = path.parent / name
    else:
        known: dict[str, Path] = {}
        for folder in (rulebook.rules_dir, *folders, path.parent, path.parent.parent):
            known = {**form_ids(folder / "forms"), **known}
        file = known.get(name)
        if file is None:
            instead = did_you_mean(name, known, f"Known: {listed(known)}")
            top.problems.add(top.at("form"), f"no form {told(name)}", instead)
            return None
    try:
        return load_form_file(file, rulebook) if file else None
    except RulebookError as error:
        top.problems.extend(error.problems)
        return None


class _Reader:
    def __init__(self, top: Section, path: Path, rulebook: Rulebook, form: FormFile | None) -> None:
        self.top, self.rulebook, self.form, self.problems = top, rulebook, form, top.problems
        text, name = text_beside(path, top)
        if "text_file" not in top and form is not None:
            text, name = form.text, form.text_file
        self.quotes = Quotes(text, name, self.problems)

    def instrument(self, digest: str) -> Instrument:
        top = self.top
        return Instrument(
            id=top.text("instrument", required=True), title=top.text("title", required=True),
            form=self.form.form.id if self.form else "",
            maker=self._obligor("maker"), payee=self._obligor("payee"), loan=self._loan(), terms=self._terms(),
            listed_at_issue=self._listed(), readings=self._readings(), sources=self._sources(), shown=self._shown(),
            next_step=self._next_step(), digest=digest, simulated=top.flag("simulated"),
        )

    def _obligor(self, key: str) -> Obligor:
        section = self.top.section(key, _OBLIGOR, required=True)
        if section is None:
            return Obligor("", "")
        cik = section.text("cik")
        if cik and not re.fullmatch(r"[0-9]{1,10}", cik):
            self.problems.add(section.at("cik"), f"`cik` is {told(cik)}", "Write its digits, e.g. 0001009672")
        ein = section.text("ein")
        if ein and not re.fullmatch(r"[0-9]{2}-?[0-9]{7}", ein):
            self.problems.add(section.at("ein"), f"`ein` is {told(ein)}", "Write nine digits, e.g. 72-1100013")
        return Obligor(
            id=section.text("id", required=True), name=section.text("name", required=True), kind=section.text("kind"),
            state=section.text("state"), address=section.text("address"), cik=cik, ein=ein,
            tickers=section.words("tickers"), dockets=section.words("dockets"), also=section.words("also"),
        )

    def _loan(self) -> LoanTerms:
        nothing = LoanTerms(Decimal(0), Decimal(0), "ACT/360", FIRST, FIRST, FIRST)
        section = self.top.section(
            "loan", (*_QUOTED, "currency", "interest_paid", "quotes"), required=True
        )
        if section is None:
            return nothing
        section.one_of("interest_paid", ("monthly",))  # the only schedule that core/schedule.py computes
        currency = section.text("currency", default="USD")
        if not re.fullmatch(r"[A-Z]{3}", currency):
            what = f"`currency` is {told(currency)}"
            self.problems.add(section.at("currency"), what, "Write three letters, e.g. USD")
        principal, rate = section.amount("principal", required=True), section.rate("rate", required=True)
        default_rate = section.rate("default_rate")
        day_count = section.one_of("day_count", DAY_COUNTS, required=True)
        dated, first, maturity = (section.day(key, required=True) for key in ("dated", "first_payment", "maturity"))
        if principal == 0:
            self.problems.add(section.at("principal"), "`principal` is zero", "Write the amount lent")
        days = {"dated": dated, "first_payment": first, "maturity": maturity}
        if all([self._in_calendar(section, key, day) for key, day in days.items()]):
            self._in_order(section, days)
        self._loan_quotes(section, {
            "principal": principal, "rate": rate, "default_rate": default_rate, "day_count": day_count, **days,
        })
        if not (principal and rate is not None and day_count and dated and first and maturity):
            return nothing
        return LoanTerms(principal, rate, day_count, dated, first, maturity, default_rate, currency)

    def _in_calendar(self, section: Section, key: str, day: date | None) -> bool:
        if day is None or self.form is None:
            return False
        table = self.rulebook.laws[self.form.form.law].holidays
        listing = key == "dated" and any(isinstance(limb.ripens, Unlisted) for limb in self.form.form.limbs)
        first, last = (FIRST, LAST) if listing else (table.first, table.last)
        if first <= day <= last:
            return True
        what = f"`{key}` is {day}, outside the calendar of {'exchange sessions' if listing else 'holidays'}"
        self.problems.add(section.at(key), what, f"Write a day from {first} to {last}")
        return False

    def _in_order(self, section: Section, days: Mapping[str, date | None]) -> None:
        dated = days["dated"]
        for key in ("first_payment", "maturity"):
            day = days[key]
            if day and dated and day <= dated:
                self.problems.add(section.at(key), f"`{key}` is not after `dated` ({dated})", "Correct one")

    def _loan_quotes(self, section: Section, loan: Mapping[str, Decimal | date | str | None]) -> None:
        """Quotes are for an instrument that carries its own text, or is the very note its form was made from."""
        quotes = section.section("quotes", _QUOTED)
        if quotes is None:
            return
        for key in quotes.table.entries:
            if key not in _QUOTED:
                continue
            words = self.quotes.check(quotes, key)
            value = loan[key]
            if words and value and not _holds(words, key, value):
                said = section.text(key)
                what = f"the `{key}` {said} is not in its quote"
                self.problems.add(quotes.at(key), what, "Correct the value or the quote")
            if key not in section:
                self.problems.add(quotes.at(key), f"a quote for `{key}`, which the loan does not say", f"Add `{key}`")

    def _terms(self) -> dict[str, Decimal]:
        terms = dict(self.form.terms) if self.form else {}
        for name, spot, node in self.top.entries("terms"):
            if self.form and name not in terms:
                instead = did_you_mean(name, terms, "Leave it out")
                self.problems.add(spot, f"the form has no term {told(name)}", instead)
            value: Decimal | None
            if isinstance(node, Table):
                section = Section(node, self.problems, f"term `{name}`", ("value", "quote"))
                value, quote = section.amount("value", required=True), self.quotes.check(section)
                if value is not None and quote and value not in numbers_in(quote):
                    what = f"the number {value} of term `{name}` is not in its quote"
                    self.problems.add(section.at("value"), what, "Correct the value or the quote")
            else:
                value = as_scalar(node, self.problems, f"term `{name}`", amount)
            if value is not None:
                terms[name] = value
        return terms

    def _listed(self) -> tuple[str, ...]:
        needed = self.form is not None and any(isinstance(li.ripens, Unlisted) for li in self.form.form.limbs)
        node = self.top.node("listed_at_issue")
        if needed and (node is None or (isinstance(node, Items) and not node.items)):
            what = "nothing says where the maker's common stock was listed on the note's date"
            instead = "Write `listed_at_issue: [otcbb]`, or `listed_at_issue: none`"
            self.problems.add(self.top.at("listed_at_issue"), what, instead)
            return ()
        if node is not None and not isinstance(node, Items) and as_text(node, Problems(), "") == NOT_LISTED:
            return ()
        return self.top.choices("listed_at_issue", self.rulebook.venues)

    def _readings(self) -> dict[str, str]:
        """The instrument's own choices over the form's (its remedy clause says whether acceleration is automatic)."""
        chosen = {"acceleration": self.form.acceleration} if self.form and self.form.acceleration else {}
        for name, spot, node in self.top.entries("readings"):
            reading = self.rulebook.readings.get(name)
            if reading is None:
                instead = did_you_mean(name, self.rulebook.readings)
                self.problems.add(spot, f"unknown reading {told(name)}", instead)
                continue
            value = as_choice(node, self.problems, f"reading `{name}`", reading.values)
            if value:
                chosen[name] = value
        return chosen

    def _sources(self) -> dict[str, tuple[SourceNeed, ...]]:
        needs: dict[str, tuple[SourceNeed, ...]] = {}
        for area, spot, node in self.top.entries("sources"):
            if area not in self.rulebook.vocabulary.areas:
                instead = did_you_mean(area, self.rulebook.vocabulary.areas)
                self.problems.add(spot, f"unknown area {told(area)} in `sources`", instead)
            items = node.items if isinstance(node, Items) else (node,)
            needs[area] = tuple(self._need(item) for item in items)
        return needs

    def _need(self, node: Node) -> SourceNeed:
        if not isinstance(node, Table):
            return SourceNeed(as_text(node, self.problems, "a source"))
        section = Section(node, self.problems, "a source", ("source", "jurisdiction"))
        return SourceNeed(section.text("source", required=True), section.text("jurisdiction") or None)

    def _shown(self) -> dict[str, str]:
        """Name -> the quoted words and the note on them, as `explain` and alerts print them."""
        found: dict[str, str] = {}
        for name, spot, node in self.top.entries("shown"):
            section = Section(node, self.problems, f"`{name}`", ("quote", "note"))
            quote, note = self.quotes.check(section), section.text("note")
            if not quote and not note and not section.table.entries:
                self.problems.add(spot, f"`{name}` shows nothing", "Add `quote` or `note`")
            found[name] = " ".join(part for part in (f'"{quote}"' if quote else "", note) if part)
        return found

    def _next_step(self) -> dict[str, tuple[str, ...]]:
        section = self.top.node("next_step")
        if section is None:
            return {}
        keys = ("default", "interest", *(kind.value for kind in AlertKind))
        steps = Section(section, self.problems, "`next_step`", keys)
        return {key: steps.words(key) for key in steps.table.entries if key in keys}


def _holds(words: str, key: str, value: object) -> bool:
    """Whether a quote holds the value of a loan's key."""
    if isinstance(value, date):
        return value in dates_in(words)
    if isinstance(value, Decimal):
        return (value * 100 if key.endswith("rate") else value) in numbers_in(words)
    return {Decimal(n) for n in DAY_COUNTS.get(str(value), ())} <= numbers_in(words)
