"""The shipped rule files load without a problem and say what the note says."""

from __future__ import annotations

import hashlib
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from monitor.core.clause import After, AtOnce, Unlisted, Unpaid, Within
from monitor.rulebook import (
    Rulebook,
    RulebookError,
    check_paths,
    load_form,
    load_instrument,
    load_rulebook,
)

LIMBS = (
    "a.suspension a.failure b.lien b.levy b.seizure b.judgment c.maturity d.A d.B "
    "e.i e.ii e.iii e.iv e.v e.vi e.vii f.proceeding f.relief f.analogous"
)


def test_every_shipped_rule_file_is_without_a_problem(rulebook: Rulebook, rules_dir: Path) -> None:
    assert [str(problem) for problem in check_paths([rules_dir], rulebook)] == []


def test_the_note_has_its_nineteen_limbs_in_its_own_order(rulebook: Rulebook) -> None:
    form = rulebook.forms["roo-petty-2005"]
    assert " ".join(limb.id for limb in form.limbs) == LIMBS
    assert (form.law, form.zone) == ("us-ny", "America/New_York")
    assert form.waiver.where == {"signed": frozenset({"true"})}


def test_the_windows_of_the_note_are_five_twenty_and_sixty(rulebook: Rulebook) -> None:
    limbs = {limb.id: limb for limb in rulebook.forms["roo-petty-2005"].limbs}
    lien, listing, case = limbs["b.lien"].ripens, limbs["a.failure"].ripens, limbs["f.proceeding"].ripens
    assert isinstance(lien, Within)
    assert (lien.days, lien.roll, lien.at_once_given) == (
        20,
        "cure_roll",
        {"cure_reach": frozenset({"judgments_only"})},
    )
    assert isinstance(listing, Unlisted)
    assert (listing.sessions, listing.venues) == (5, ("otcbb", "amex", "nasdaq_nm", "nasdaq_smallcap", "nyse"))
    assert isinstance(case, After)
    assert (case.days, case.pause, case.reopening) == (60, "stay_effect", "reinstatement")
    assert isinstance(limbs["e.iii"].ripens, AtOnce)
    assert limbs["c.maturity"].ripens == Unpaid("maturity_roll")


def test_what_ends_a_listing_under_one_limb_is_known_to_the_other(rulebook: Rulebook) -> None:
    suspension, failure = rulebook.forms["roo-petty-2005"].limbs[:2]
    assert isinstance(suspension.ripens, Unlisted)
    assert isinstance(failure.ripens, Unlisted)
    assert suspension.ripens.ends == failure.ripens.ends == (*suspension.when, *failure.when)


def test_exceptions_of_a_lien_are_read_with_their_own_trigger(rulebook: Rulebook) -> None:
    lien = next(limb for limb in rulebook.forms["roo-petty-2005"].limbs if limb.id == "b.lien")
    assert [p.kind for p in lien.except_] == ["lien_existing_at_issue", *["lien_consented_by_payee"] * 2]
    assert lien.except_trigger == {"in_favour_of_payee": frozenset({"true"})}
    assert lien.existing_at == "dated"
    assert lien.late_except_given == {"late_consent_cures": frozenset({"on"})}


def test_a_limb_remembers_its_line_the_same_from_every_folder(
    rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = rulebook.forms["roo-petty-2005"].limbs[0]
    text = (rulebook.rules_dir / "forms" / "roo-petty-2005.yaml").read_text("utf-8").splitlines()
    place, line = first.line.rsplit(":", 1)
    assert place == "rules/forms/roo-petty-2005.yaml"
    assert "limb: a.suspension" in text[int(line) - 1]
    monkeypatch.chdir(tmp_path)
    assert load_rulebook().forms["roo-petty-2005"] == rulebook.forms["roo-petty-2005"]


def test_the_note_is_loaded_with_its_terms(rulebook: Rulebook) -> None:
    note, form = load_instrument("roo-petty-2005", rulebook)
    assert form == rulebook.forms["roo-petty-2005"]
    assert (note.loan.principal, note.loan.rate) == (Decimal("1100000.00"), Decimal("0.1"))
    assert (note.loan.dated, note.loan.maturity) == (date(2005, 5, 18), date(2005, 12, 31))
    assert note.terms == {"cross_default_threshold": Decimal(100000)}
    assert note.listed_at_issue == ("otcbb",)
    assert note.readings == {"acceleration": "automatic"}
    assert note.shown["subordination"].startswith('"this Note shall be subordinate')


def test_every_rule_file_is_kept_by_its_digest(rulebook: Rulebook, rules_dir: Path) -> None:
    name = "forms/roo-petty-2005.yaml"
    body = (rules_dir / name).read_bytes()
    assert rulebook.digests[name] == hashlib.sha256(body).hexdigest() == rulebook.forms["roo-petty-2005"].digest
    assert rulebook.kept_files[rulebook.digests[name]] == (name, body)
    assert {"vocabulary.yaml", "law/us-ny.yaml", "forms/roo-petty-2005.txt"} <= set(rulebook.digests)


def test_a_note_on_the_form_with_other_parties_needs_no_quotes(rulebook: Rulebook, tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(
        "instrument: other\ntitle: Another note\nform: roo-petty-2005\n"
        "maker: {id: other-corp, name: Other Corp., also: [Other Inc.], cik: 0001009672, tickers: [OTHR]}\n"
        "payee: {id: h, name: H}\n"
        "loan: {principal: 250000, rate: 8.5%, day_count: 30/360, dated: 2019-10-01,\n"
        "       first_payment: 2019-11-01, maturity: 2020-12-31, default_rate: 12%}\n"
        "terms: {cross_default_threshold: 50000}\n"
        "listed_at_issue: [nyse]\nreadings: {cure_roll: off, acceleration: elective}\n"
    )
    note, form = load_instrument(file, rulebook)
    assert form == rulebook.forms["roo-petty-2005"]
    assert (note.maker.cik, note.maker.also) == ("0001009672", ("Other Inc.",))
    assert (note.loan.rate, note.loan.default_rate) == (Decimal("0.085"), Decimal("0.12"))
    assert note.terms["cross_default_threshold"] == 50000
    assert note.readings == {"cure_roll": "off", "acceleration": "elective"}
    assert load_instrument("other", rulebook, (tmp_path,))[0] == note


def test_an_instrument_may_say_that_its_maker_was_listed_nowhere(rulebook: Rulebook, tmp_path: Path) -> None:
    shipped = (rulebook.rules_dir / "instruments" / "roo-petty-2005.yaml").read_text("utf-8")
    (tmp_path / "n.yaml").write_text(shipped.replace("listed_at_issue: [otcbb]", "listed_at_issue: none"))
    assert load_instrument(tmp_path / "n.yaml", rulebook)[0].listed_at_issue == ()


def test_an_unknown_instrument_is_answered_with_the_known_ones(rulebook: Rulebook) -> None:
    with pytest.raises(RulebookError) as caught:
        load_instrument("roo-pety", rulebook)
    (problem,) = caught.value.problems
    assert "Did you mean `roo-petty-2005`?" in str(problem)
    assert "Known ids: roo-petty-2005" in str(problem)


def test_a_file_that_is_not_there_is_one_line(rulebook: Rulebook, tmp_path: Path) -> None:
    with pytest.raises(RulebookError, match=r"absent\.yaml:1:1: no such file\. Check the path\.$"):
        load_instrument(tmp_path / "absent.yaml", rulebook)
    with pytest.raises(RulebookError, match="no such folder of rules"):
        load_rulebook(tmp_path / "absent")
    assert [p.what for p in check_paths([tmp_path / "absent.yaml"], rulebook)] == ["no such file"]


def test_mistakes_in_several_house_files_are_reported_together(rules_dir: Path, tmp_path: Path) -> None:
    copy = tmp_path / "rules"
    shutil.copytree(rules_dir, copy)
    for name, old, new in (
        ("vocabulary.yaml", "proves: evidence", "proves: evidense"),
        ("readings.yaml", "default: all", "default: every"),
        ("venues.yaml", "type: quotation", "type: quote"),
    ):
        text = (copy / name).read_text("utf-8")
        (copy / name).write_text(text.replace(old, new, 1))
    with pytest.raises(RulebookError) as caught:
        load_rulebook(copy)
    assert {Path(p.file).name for p in caught.value.problems} == {"vocabulary.yaml", "readings.yaml", "venues.yaml"}


def test_a_mistake_in_the_form_is_reported_when_its_instrument_is_loaded(rules_dir: Path, tmp_path: Path) -> None:
    copy = tmp_path / "rules"
    shutil.copytree(rules_dir, copy)
    form = copy / "forms" / "roo-petty-2005.yaml"
    text = form.read_text("utf-8").replace("within: 20 calendar days", "within: 30 calendar days", 1)
    form.write_text(text)
    line = text[: text.index("30 calendar days")].count("\n") + 1
    book = load_rulebook(copy)
    with pytest.raises(RulebookError, match=rf"roo-petty-2005\.yaml:{line}:\d+: the number 30 is neither in the quote"):
        load_instrument("roo-petty-2005", book)
    with pytest.raises(RulebookError, match="the number 30"):
        load_form(form, book)


def test_the_defaults_of_fields_reach_selection(rulebook: Rulebook) -> None:
    info = rulebook.vocabulary.kind_infos["listing_removed"]
    assert info.defaults == {"security_class": "common", "effective": "unknown"}
    assert info.clock == "exchange"
    assert rulebook.vocabulary.kind_infos["released"].order == 1
    assert rulebook.vocabulary.kind_infos["payment_received"].same_event is False


def test_a_file_of_attested_statements_is_checked_for_its_facts(rulebook: Rulebook, tmp_path: Path) -> None:
    who = "stated_by: J. Roe, stated_at: 2005-09-14, evidence: e.txt"
    entry = f"- {{kind: general_assignment, happened_on: 2005-09-12, {who}}}\n"
    (tmp_path / "statements.yaml").write_text(entry)
    assert check_paths([tmp_path], rulebook) == []
    (tmp_path / "statements.yaml").write_text(entry.replace("general_a", "generl_a"))
    assert [p.what for p in check_paths([tmp_path], rulebook)] == ["unknown kind `generl_assignment`"]
