"""``explain``: as of which legal instant it speaks, and what on record it leaves out of account."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from monitor.core.facts import Fact, When
from monitor.ledger.store import Ledger
from tests.cli.conftest import NOW, Cli

AS_OF = [
    ("2005-09-10", "the end of 10 September 2005 (America/New_York)"),
    ("2005-09-10T23:59:59-04:00", "10 September 2005, 23:59:59 EDT (America/New_York)"),
    ("2005-09-11T03:59:59+00:00", "10 September 2005, 23:59:59 EDT (America/New_York)"),
    ("2005-09-11T04:00:00+00:00", "11 September 2005, 00:00:00 EDT (America/New_York)"),
    ("2005-12-31", "the end of 31 December 2005 (America/New_York)"),
    ("2006-01-01T04:59:59+00:00", "31 December 2005, 23:59:59 EST (America/New_York)"),
]


@pytest.mark.parametrize(("given", "shown"), AS_OF)
def test_the_header_has_the_legal_date_in_the_governing_zone(cli: Cli, tmp_path: Path, given: str, shown: str) -> None:
    facts = tmp_path / "facts.yaml"
    facts.write_text("[]\n")
    args = ("explain", "--instrument", "roo-petty-2005", "--facts", facts, "--as-of", given)
    assert cli(*args).out.splitlines()[0] == f"ROO Group, Inc. note of 18 May 2005, as of {shown}"
    later = cli(*args, "--known-at", "2006-02-01").out.splitlines()
    assert " ".join(later[:3]).split("  ")[0].startswith(f"ROO Group, Inc. note of 18 May 2005, as of {shown}, by what")
    assert cli(*args, "--json").json["zone"] == "America/New_York"


def test_a_retraction_of_what_is_not_on_record_is_ignored_and_said(own: Cli, letter: Path, folder: Path) -> None:
    own("attest", "judgment_entered", "--matter", "NY 1/2021", "--on", "2021-12-10", "--stated-by", "Jane Roe",
        "--evidence", letter)
    assert own("explain", "--json").json["ignored"] == []
    assert "Ignored" not in own("explain").out
    stray = Fact(
        id="stray", kind="retraction", subject="*", matter="retraction", happened_on=When.on(date(2021, 12, 13)),
        known_at=datetime(2021, 12, 13, 12, tzinfo=UTC), source="attested", record="letter 7", supersedes="feedbeef",
        fields={"reason": "a namesake"},
    )
    with Ledger.open(folder / "var" / "ledger.sqlite", mode=None, at=NOW) as ledger, ledger.write() as tx:
        tx.add_facts([stray], None, {}, "")
    shown = own("explain", "--limb", "b.judgment", "--json").json
    assert [f["state"] for f in shown["findings"]] == ["running"]
    assert [(i["id"], i["kind"], i["supersedes"]) for i in shown["ignored"]] == [("stray", "retraction", "feedbeef")]
    text = " ".join(own("explain").out.split())
    assert "Ignored: retraction stray (attested, record letter 7) names fact feedbeef, which is not on record." in text
    before = own("explain", "--as-of", "2021-12-13", "--known-at", "2021-12-13T06:59:59-05:00", "--json").json
    assert before["ignored"] == []
