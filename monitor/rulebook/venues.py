"""rules/venues.yaml: the markets, their dates and successors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monitor.core.days import Venue
from monitor.rulebook.problems import Problems, did_you_mean, told
from monitor.rulebook.section import Section, as_table, entries_of, read_given
from monitor.rulebook.yaml_marks import Node

VENUE_TYPES = ("exchange", "quotation")


def read_venues(node: Node, values_of: Mapping[str, Iterable[str]], problems: Problems) -> Mapping[str, Venue]:
    """``values_of``: reading -> its values, for ``given``."""
    table = as_table(node, problems, "the list of venues")
    venues: dict[str, Venue] = {}
    for name, _, value in entries_of(table):
        section = Section(
            value, problems, f"venue `{name}`",
            ("name", "type", "opened", "closed", "succeeds", "renamed", "given", "source"),
        )
        succeeds = section.text("succeeds")
        if succeeds and succeeds not in table.entries:
            problems.add(section.at("succeeds"), f"no venue {told(succeeds)}", did_you_mean(succeeds, table.entries))
        opened, closed = section.day("opened"), section.day("closed")
        if opened and closed and closed <= opened:
            problems.add(section.at("closed"), "`closed` is not after `opened`", "Correct one of the two dates")
        venues[name] = Venue(
            id=name, name=section.text("name", required=True),
            type=section.one_of("type", VENUE_TYPES, required=True),
            opened=opened, closed=closed, succeeds=succeeds or None, renamed=section.flag("renamed"),
            given=read_given(section.node("given"), values_of, problems, "`given`"),
        )
    for name, spot, _ in entries_of(table):
        seen, at = {name}, venues[name].succeeds
        while at in venues and at is not None:
            if at in seen:
                problems.add(spot, f"venue `{name}` succeeds itself", "Break the circle of `succeeds`")
                break
            seen.add(at)
            at = venues[at].succeeds
    return venues
