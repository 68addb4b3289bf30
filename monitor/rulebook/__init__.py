"""Rule files, instruments and facts files turned into the core's types, every mistake with its line."""

from monitor.rulebook.checks import check_paths
from monitor.rulebook.problems import Problem, RulebookError
from monitor.rulebook.rulebook import (
    Rulebook,
    default_rules_dir,
    fact_to_mapping,
    instrument_ids,
    instrument_path,
    load_form,
    load_instrument,
    load_rulebook,
    parse_fact,
    read_facts,
)

__all__ = [
    "Problem",
    "Rulebook",
    "RulebookError",
    "check_paths",
    "default_rules_dir",
    "fact_to_mapping",
    "instrument_ids",
    "instrument_path",
    "load_form",
    "load_instrument",
    "load_rulebook",
    "parse_fact",
    "read_facts",
]
