"""``review``: hints of the recorded index, confirmed or dismissed by a named person with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monitor.ledger.store import Ledger
from tests.cli.conftest import NOTE, NOW, Cli

BY = ("--by", "Jane Roe", "--reason", "read the docket")


def item_of(own: Cli, kind: str) -> dict[str, Any]:
    """The first open item with a report of that kind."""
    return next(i for i in own("review", "--json").json if any(h["kind"] == kind for h in i["hints"]))


def test_open_items_are_listed_with_what_the_source_says(own: Cli) -> None:
    ran = own("review")
    assert ran.code == 0
    assert "> Form 8-K, item 1.03: Bankruptcy or Receivership (filed 2021-05-03, report date 2021-04-30)" in ran.out
    items = own("review", "--json").json
    assert {i["state"] for i in items} == {"open"}
    shown = own("review", items[0]["item"][:6])
    assert "It may be confirmed as: " in shown.out


def test_a_confirmed_petition_is_a_default_and_the_question_is_closed(own: Cli, folder: Path) -> None:
    item = item_of(own, "bankruptcy_reported")
    ran = own("review", item["item"], "--confirm", "voluntary_petition", "--on", "2021-04-30", "--field",
              "court=deb", *BY, "--json")
    assert ran.code == 0
    (evaluated,) = ran.json["evaluated"]
    (change,) = evaluated["changes"]
    assert (change["limb"], change["now"], change["default_date"]) == ("e.iii", "event_of_default", "2021-04-30")
    assert set(ran.json["withdrawn"]) == {h["id"] for h in item["hints"]}
    assert item["item"] not in {i["item"] for i in own("review", "--json").json}
    with Ledger.open(folder / "var" / "ledger.sqlite", mode=None, at=NOW, create=False) as ledger:
        (fact,) = ledger.fact_versions(ran.json["fact"])
        decided = ledger.review_item(item["item"])
        assert decided is not None
        assert fact.matter == item["hints"][0]["matter"]
        assert "Decided on a report: read the docket" in ledger.fact_text(fact.id)
        assert [(d.verdict, d.who, d.fact) for d in decided.decisions] == [("confirm", "Jane Roe", fact.id)]
        assert ledger.fact_sources([fact.id])[fact.id].payload == item["hints"][0]["payload"]
    status = own("status")
    assert status.code == 1
    assert f"! {NOTE}: e.iii {fact.matter} is event of default" in status.out
    assert "A bankruptcy petition is on file. The automatic stay (11 U.S.C. 362) may bar collection" in status.out


def test_a_dismissed_item_stays_closed_although_the_feed_is_read_again(own: Cli) -> None:
    item = item_of(own, "listing_notice_reported")
    ran = own("review", item["item"], "--dismiss", "--by", "Jane Roe", "--reason", "an audit committee vacancy")
    assert (ran.code, ran.out.splitlines()[0]) == (0, f"Dismissed {item['item']}: {item['title']}.")
    assert own("once").code == 0
    assert item["item"] not in {i["item"] for i in own("review", "--json").json}
    again = own("review", item["item"], "--dismiss", *BY)
    assert again.code == 2
    assert again.complaints == [
        f"covenantd: item {item['item']} was decided by Jane Roe on 2021-12-15. Nothing is open in it."
    ]


def test_a_listing_hint_becomes_a_fact_about_the_listing_not_about_the_filing(own: Cli) -> None:
    item = item_of(own, "delisting_filed")
    ran = own("review", item["item"], "--confirm", "listing_suspended", "--on", "2021-05-03", "--field", "venue=nyse",
              *BY, "--json")
    (change,) = ran.json["evaluated"][0]["changes"]
    assert (change["limb"], change["matter"]) == ("a.suspension", "common stock listing")


def test_a_report_dates_itself_and_not_the_event(own: Cli) -> None:
    item = item_of(own, "delisting_filed")
    ran = own("review", item["item"], "--confirm", "listing_removed", "--field", "venue=nyse", *BY)
    assert ran.code == 2
    assert ran.complaints == [
        "covenantd: --on is missing: the report is dated 2021-05-14, which need not be when it happened. "
        "Add --on DATE, or --on FROM..TO."
    ]


def test_every_mistake_of_a_decision_is_told_at_once_and_decides_nothing(own: Cli) -> None:
    item = item_of(own, "delisting_filed")
    ran = own("review", item["item"], "--confirm", "voluntary_petition", "--on", "2021-05-03")
    assert ran.code == 2
    assert ran.complaints == [
        "covenantd: nobody is named who decides. Add --by NAME.",
        "covenantd: no reason is given. Add --reason TEXT.",
        "covenantd: --confirm: a delisting_filed does not become `voluntary_petition`. Write listing_removed or "
        "listing_suspended.",
    ]
    assert own("review", item["item"], "--confirm", "listing_remove", "--on", "2021-05-03", *BY).complaints == [
        "covenantd: --confirm: unknown kind `listing_remove`. Did you mean `listing_removed`?"
    ]
    assert own("review", item["item"], "--confirm", "listing_removed", "--dismiss", *BY).complaints == [
        "covenantd: --confirm and --dismiss exclude each other. Keep one."
    ]
    assert own("review", "--dismiss", *BY).complaints == ["covenantd: no item is named. `covenantd review` lists them."]
    assert own("review", "feedbeef").complaints == [
        "covenantd: there is no review item `feedbeef`. `covenantd review` lists them."
    ]
    assert own("review", item["item"], *BY).complaints == [
        "covenantd: nothing is decided. Add --confirm KIND or --dismiss."
    ]
    assert own("review", item["item"], "--json").json[0]["state"] == "open"
