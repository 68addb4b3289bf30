"""What ``attest`` refuses although each of its words is known: taken as said, it would change a verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli

STATED = ("--stated-by", "Jane Roe")
REFUSED = [
    (("source_read", "--on", "2021-12-15", "--field", "source=liens", "--field", "through=2030-01-01"),
     "`through` is 2030-01-01, but this was known on 2021-12-15: nothing can be read ahead of its day. "
     "Write a day up to 2021-12-15."),
    (("source_read", "--on", "2030-01-01", "--field", "source=liens", "--field", "through=2030-01-01"),
     "--field: `through` is 2030-01-01, after today: nothing can be read ahead of its day. Write up to 2021-12-15."),
    (("payment_received", "--on", "2021-12-01", "--field", "amount=1000", "--field", "principal=250000", "--field",
      "interest=3.21"),
     "`principal` 250000 and `interest` 3.21 do not add up to the `amount` 1000. "
     "Write parts that do, or only one, or neither."),
    (("payment_received", "--on", "2021-12-01", "--field", "amount=1000", "--field", "principal=250000"),
     "`principal` 250000 is more than the `amount` 1000. Write the part of this payment applied to it."),
    (("default_waived", "--matter", "NY 1/2021", "--on", "2021-12-14", "--signed", "--field", "limb=b.judgement"),
     "no limb `b.judgement`. Did you mean `b.judgment`?"),
    (("maturity_extended", "--on", "2021-12-14", "--signed", "--field", "to=2022-12-30"),
     "`to` is 2022-12-30, not after the maturity date 2022-12-30: an extension moves maturity later. "
     "Write a date after 2022-12-30."),
]
TAKEN = [
    ("source_read", "--on", "2021-12-15", "--field", "source=liens", "--field", "through=2021-12-15"),
    ("payment_received", "--on", "2021-12-01", "--field", "amount=1000", "--field", "principal=900", "--field",
     "interest=100.00"),
    ("default_waived", "--matter", "NY 1/2021", "--on", "2021-12-14", "--signed", "--field", "limb=b.judgment"),
    ("maturity_extended", "--on", "2021-12-14", "--signed", "--field", "to=2022-12-31"),
]


@pytest.mark.parametrize(("words", "complaint"), REFUSED)
def test_what_cannot_be_meant_is_refused_in_one_line(
    own: Cli, letter: Path, words: tuple[str, ...], complaint: str
) -> None:
    ran = own("attest", *words, *STATED, "--evidence", letter)
    assert (ran.code, ran.complaints) == (2, [f"covenantd: {complaint}"])


@pytest.mark.parametrize("words", TAKEN, ids=lambda words: words[0])
def test_its_neighbours_are_taken(own: Cli, letter: Path, words: tuple[str, ...]) -> None:
    ran = own("attest", *words, *STATED, "--evidence", letter)
    assert (ran.code, ran.complaints) == (0, [])
