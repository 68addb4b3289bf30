"""What the entries of a docket mean, by the ordered patterns of rules/labels/court_docket.yaml.

Docket text is free text that quotes other entries: the title is taken apart from the quotes first, because
"Order of the Court to Adjourn (related documents Motion to Dismiss Case)" dismisses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from feeds.docket_page import Entry
from feeds.labels import Label, LabelsError, load_labels

NAME = "court_docket"


@dataclass(frozen=True, slots=True)
class Rule:
    """One label with its patterns, compiled."""

    label: Label
    match: re.Pattern[str]
    unless: re.Pattern[str] | None
    ruling: re.Pattern[str] | None

    @property
    def voids(self) -> bool:
        return self.label.get("voids") == "yes"

    @property
    def on_error(self) -> bool:
        return self.label.get("error") == "yes"

    def doubts(self, kind: str) -> bool:
        """Whether this is a guard against evidence of ``kind``."""
        named = self.label.get("doubts").split()
        return ("any" in named or kind in named) and kind not in self.label.get("spares").split()

    def covers(self, title: str, text: str, involuntary: bool) -> bool:
        if self.label.get("only") == "involuntary" and not involuntary:
            return False
        if not self.match.search(title) or (self.unless and self.unless.search(title)):
            return False
        return self.ruling is None or self.ruling.search(text) is not None


@dataclass(frozen=True, slots=True)
class Meaning:
    """An entry, the label that covers it (None: unmapped), and whether it was made in error (``void``)."""

    entry: Entry
    label: Label | None
    void: bool = False


@lru_cache(maxsize=2)
def entry_rules() -> tuple[Rule, ...]:
    """The patterns in file order. Raises LabelsError when one is no regular expression."""
    rules: list[Rule] = []
    errors: list[str] = []
    for label in load_labels(NAME).all():
        if not label.get("match"):
            continue
        try:
            unless, ruling = (_pattern(label.get(name)) if label.get(name) else None for name in ("unless", "ruling"))
            rules.append(Rule(label, _pattern(label.get("match")), unless, ruling))
        except re.error as error:
            at = f"rules/labels/{NAME}.yaml:{label.line}:1"
            errors.append(f"{at}: label {label.text!r}: {error}. Write a regular expression.")
    if errors:
        raise LabelsError(tuple(errors))
    return tuple(rules)


def title_of(text: str) -> str:
    """The entry's own words: without quoted documents, and from "Order" on when words such as "Agreed" go before it."""
    kept = _without_quotes(text)
    kept = re.sub(r"^\W*\(?RE:? related document.*", "", kept, flags=re.I).strip(' "')
    return _BEFORE_ORDER.sub("order", kept) if _BEFORE_ORDER.match(kept) else kept


def lead_of(text: str) -> str:
    """The leading words of an entry, up to who filed it and to what it refers: the label reported when unmapped."""
    head = _LEAD_ENDS.split(text.strip(), maxsplit=1)[0]
    return (head or text)[:80].strip(" .;:,-")


def meanings(entries: Sequence[Entry], involuntary: bool) -> list[Meaning]:
    """Each entry's meaning, in the docket's order; entries that a later corrective entry strikes are void."""
    struck: set[str] = set()
    found: list[Meaning] = []
    for entry in entries:
        void = [r for r in entry_rules() if r.voids and r.covers(_without_quotes(entry.text), entry.text, involuntary)]
        label = _label_of(entry.text, involuntary, error=not void)
        if void and label is not None and label.kind == "case_reinstated":
            label, void = None, []  # "Order vacating ... ENTERED IN ERROR" can be read both ways: a person looks
        if void and not _own_words(entry.text):
            struck |= _quoted_numbers(entry.text)
        found.append(Meaning(entry, label, bool(void)))
    return _amended_aside(
        m if m.void or m.entry.number not in struck else Meaning(m.entry, m.label, True) for m in found
    )


def _amended_aside(found: Iterable[Meaning]) -> list[Meaning]:
    """An amended order restates the first one: the first one's date holds, so the second gives nothing."""
    kept: list[Meaning] = []
    kinds: set[str] = set()
    for meaning in sorted(found, key=lambda m: m.entry.filed):
        kind = meaning.label.kind if meaning.label and not meaning.void else None
        if kind and kind in kinds and re.match(r"\W*(amended|corrected)\b", meaning.entry.text, re.I):
            meaning = Meaning(meaning.entry, Label("amended order", noise=True))
        elif kind:
            kinds.add(kind)
        kept.append(meaning)
    return kept


def _label_of(text: str, involuntary: bool, *, error: bool) -> Label | None:
    """The first rule that covers the entry. Not ``error`` (it is void): what it said before, which is withdrawn."""
    bare = _VOID_WORDS.sub("", text)
    title, whole = title_of(bare), title_of(text)
    for rule in entry_rules():
        if rule.voids or rule.label.get("doubts") or (rule.on_error and not error):
            continue
        if rule.covers(whole if rule.on_error else title, bare, involuntary):
            return _guarded(rule.label, title, bare, involuntary) if error else rule.label
    return None


def _guarded(label: Label, title: str, text: str, involuntary: bool) -> Label:
    """``label``, or a hint of its kind when a guard finds words that make the ruling doubtful."""
    kind = label.kind
    if not kind or kind == "docket_reported":
        return label
    guard = next((r.label for r in entry_rules() if r.doubts(kind) and r.covers(title, text, involuntary)), None)
    if guard is None:
        return label
    return Label(f"{label.text}, {guard.text}", "docket_reported", fields={"becomes": kind}, line=guard.line)


def _own_words(text: str) -> str:
    return re.sub(r"\W+", "", _VOID_WORDS.sub("", _without_quotes(_CLERK.sub("", text))))


def _quoted_numbers(text: str) -> set[str]:
    quoted = re.findall(r"(?:related (?:document|doc)\S*|\bRE:)\s*[#:]*\s*((?:\d+\s*(?:,|and|&)?\s*)+)", text, re.I)
    return {number for group in quoted for number in re.findall(r"\d+", group)}


def _without_quotes(text: str) -> str:
    """Drop "(RE: ...)", "(related document(s) ...)", "(Attachments ...)" with what they hold; unclosed, to the end."""
    out = text
    while True:
        start = _QUOTE.search(out)
        if not start:
            return " ".join(out.split())
        depth, at = 0, start.start()
        for at in range(start.start(), len(out)):
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(out[at], 0)
            if depth == 0:
                break
        out = out[: start.start()] + " " + (out[at + 1:] if depth == 0 else "")


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.I | re.S)


_QUOTE = re.compile(r"[(\[]\s*(?:RE:?\b|related\s*(?:document|doc|docket|to)|attachments?\b|entered:|reference)", re.I)
_CLERK = re.compile(r"\((?:[A-Z][\w.'-]*,?\s*[\w. ]{0,20}|[a-z]{2,10})\)|Modified on \S+", re.A)
_VOID_WORDS = re.compile(
    r"^\W*corrective entry:?\W*|\W*\b(?:entered|docketed|filed) in error\b\W*"
    r"|^\W*incorrect event\w*[^\])]*[\])]\W*", re.I
)
_LEAD_ENDS = re.compile(r"\s*(?:\(|\bfiled by\b|\bre:|\brelated\b|\bsigned on\b|\bdated\b)", re.I)
_BEFORE_ORDER = re.compile(
    r"^\W*(?:(?:amended|agreed|stipulated|stipulation and|consent|final|endorsed|corrected|default|sua sponte|ex parte|"
    r"exparte|oral|bench|text|minute|opinion and|memorandum(?: decision| opinion)? and|findings of fact.{0,40}? and|"
    r"court'?s|joint|revised|second|modified|interim|unopposed|the|judgment and|decision and|general)\W+)*order\b"
    r"(?:\s*\((?:final|stipulated|amended|agreed|interim)\))?:?",
    re.I,
)
