"""Invented histories of the ROO note, of a given size, all alike but for their dates: what the bench evaluates.

The facts go through the rulebook's own reader, as those of a facts file do. ``source_read`` facts are among them, as
they are in any real ledger. Nothing here happened.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any

from monitor.core.clause import Form, Instrument
from monitor.core.facts import Fact
from monitor.rulebook import Rulebook, parse_fact

DATED = date(2005, 5, 18)
AS_OF = date(2005, 12, 15)
SIZES = {"empty": 0, "small": 5, "twenty": 20, "hundred": 100}

SMALL: tuple[tuple[int, dict[str, Any]], ...] = (
    (10, {"kind": "lien_filed", "matter": "lien 0"}),
    (25, {"kind": "released", "matter": "lien 0"}),
    (40, {"kind": "judgment_entered", "matter": "index 0"}),
    (60, {"kind": "listing_removed", "venue": "otcbb"}),
    (62, {"kind": "listing_added", "venue": "otcbb"}),
)
"""Day after the note's date -> a fact: a lien released in time, a judgment that ripens, a removal and a relisting."""


def _more(number: int) -> list[tuple[int, dict[str, Any]]]:
    """A further handful of facts, on matters of its own."""
    day, n = 12 + 3 * number, number + 1
    return [
        (day, {"kind": "financing_statement_filed", "matter": f"ucc {n}"}),
        (day + 19, {"kind": "bonded", "matter": f"ucc {n}"}),
        (day + 1, {"kind": "levy", "matter": f"levy {n}"}),
        (day + 2, {"kind": "judgment_entered", "matter": f"index {n}"}),
        (day + 20, {"kind": "satisfied_of_record", "matter": f"index {n}"}),
        (day + 3, {"kind": "lien_filed", "matter": f"lien {n}"}),
        (day + 9, {"kind": "released", "matter": f"lien {n}"}),
        (day + 15, {"kind": "release_revoked", "matter": f"lien {n}"}),
        (day + 4, {"kind": "debt_payment_default", "matter": f"debt {n}", "principal_outstanding": 60000}),
        (day + 5, {"kind": "debt_other_default", "matter": f"debt {n}", "permits_acceleration": True}),
        (day + 6, {"kind": "involuntary_petition", "matter": f"case {n}"}),
        (day + 30, {"kind": "case_dismissed", "matter": f"case {n}"}),
        (day + 7, {"kind": "payment_received", "amount": 9166.67}),
        (day + 8, {"kind": "source_read", "source": "edgar", "through": (DATED + timedelta(day + 8)).isoformat()}),
        (day + 8, {"kind": "source_read", "source": "payments", "through": (DATED + timedelta(day + 8)).isoformat()}),
    ]


def _endless() -> Iterator[tuple[int, dict[str, Any]]]:
    yield from SMALL
    number = 0
    while True:
        yield from _more(number)
        number += 1


def histories(
    size: int, how_many: int, rulebook: Rulebook, instrument: Instrument, form: Form
) -> list[tuple[Fact, ...]]:
    """``how_many`` histories of ``size`` facts; no two have the same dates, so nothing can answer from memory."""
    chance = random.Random(20050518 + size)
    found = []
    for _ in range(how_many if size else 1):
        shift = timedelta(chance.randrange(0, 14))
        facts = [
            parse_fact(
                {**said, "id": f"fact-{n}", "happened_on": (DATED + timedelta(day) + shift).isoformat()},
                rulebook, instrument, form,
            )
            for n, (day, said) in enumerate(islice(_endless(), size))
        ]
        found.append(tuple(facts))
    return found
