"""rules/readings.yaml: the named switches for ambiguous points."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.core.clause import Reading, Weight
from monitor.rulebook.problems import Problems, did_you_mean, told
from monitor.rulebook.section import Section, as_choice, as_table, entries_of
from monitor.rulebook.yaml_marks import Node


def read_readings(node: Node, problems: Problems) -> Mapping[str, Reading]:
    table = as_table(node, problems, "the list of readings")
    return {name: _reading(name, value, problems) for name, _, value in entries_of(table)}


def _reading(name: str, node: Node, problems: Problems) -> Reading:
    section = Section(node, problems, f"reading `{name}`", ("default", "values", "meaning", "authority"))
    section.needed("values", "{...: arguable}")
    values: dict[str, Weight] = {}
    for value, _, weight in section.entries("values"):
        word = as_choice(weight, problems, f"the weight of `{value}`", tuple(Weight))
        values[value] = Weight(word) if word else Weight.NOTED
    default = section.text("default", required=True)
    if default and values and default not in values:
        problems.add(section.at("default"), f"`default` is {told(default)}, which is no value of `{name}`",
                     did_you_mean(default, values))
    return Reading(name, default, values, section.text("meaning", required=True), section.text("authority"))
