"""United States bankruptcy courts (rules/courts.yaml), and case numbers as they print them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import yaml

from feeds.names import fold

FILE = Path(__file__).resolve().parent.parent / "rules" / "courts.yaml"


@dataclass(frozen=True, slots=True)
class Court:
    """A court: its id (``flsb``), its district's name and its clock; ``divisions`` are seats on another clock."""

    id: str
    district: str
    zone: str
    divisions: Mapping[str, str] = field(default_factory=dict)

    def zone_at(self, division: str) -> str:
        return self.divisions.get(fold(division), self.zone)


@dataclass(frozen=True, slots=True)
class CaseNumber:
    """``2:09-bk-19166-RJH``: the office (``2``, "" when not printed), ``text`` without judge, year and serial."""

    text: str
    office: str
    year: str
    serial: str

    def same_as(self, other: CaseNumber) -> bool:
        """Serials run per office in some courts: two printed offices must agree."""
        offices = {self.office, other.office} - {""}
        return (self.year, self.serial) == (other.year, other.serial) and len(offices) < 2


_NUMBER = re.compile(
    r"(?:(\d)[:-])?(\d\d|(?:19|20)\d\d)-(?:(bk|ap|mp)-)?(\d{3,6})(?!\d)(?:-[A-Za-z]{1,5}\d{0,2})?", re.I
)


def case_number(text: str) -> CaseNumber | None:
    """The case number in ``text`` (``10-13020-AJC``, ``2:09-bk-19166-RJH``, ``8-09-78584-ast``), or None."""
    found = _NUMBER.search(text)
    if not found:
        return None
    kept = found[0]
    judge = re.search(r"-[A-Za-z]+\d*$", kept)
    return CaseNumber(kept[: judge.start()] if judge else kept, found[1] or "", found[2][-2:], found[4].zfill(6))


def matches(listed: str, court: str, number: CaseNumber) -> bool:
    """Whether an obligor's docket (``flsb 10-13020``) is this case. Without its court a number proves nothing."""
    own = case_number(listed)
    named = listed.split()[0].casefold() if listed.split() else ""
    return own is not None and named == court and own.same_as(number)


@lru_cache(maxsize=4)
def courts(path: Path = FILE) -> Mapping[str, Court]:
    """Every court by id."""
    rows = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)["courts"]
    return {
        name: Court(name, row["district"], row["zone"], {fold(k): v for k, v in row.get("divisions", {}).items()})
        for name, row in rows.items()
    }


def court_of(district: str) -> Court | None:
    """The court whose district a docket prints (any case); None when rules/courts.yaml does not know it."""
    wanted = fold(district)
    return next((c for c in courts().values() if fold(c.district) == wanted), None)
