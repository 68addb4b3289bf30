"""A source's own labels (docket events, 8-K items, halt codes, ACRIS types), read from ``rules/labels/<name>.yaml``.

Every value of a source is a fact kind, noise, or unmapped; these files say which, and a lawyer may change them::

    labels:
      "8-K 3.01": {kind: listing_notice_reported, title: Notice of delisting}   # opens a fact of that kind
      "8-K 9.01": noise                                                         # known, and of no interest
      "8-K 5.02": {noise: officers and directors}                               # the same, saying why
      "NYSE AMERICAN LLC": {venue: nyse_american}                               # fields, no kind
      "Motion for *": noise                                                     # * stands for any text

Keys are compared without regard to case or to runs of white space; an exact key goes before one with ``*``, and among
those the first in the file wins. All values are text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parent.parent / "rules" / "labels"


class LabelsError(Exception):
    """The labels file cannot be used. ``errors`` holds every complaint: ``file:line:column: what. What instead.``"""

    def __init__(self, errors: tuple[str, ...]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Label:
    """What one label of a source means. ``kind`` is a fact kind of rules/vocabulary.yaml, or None."""

    text: str
    kind: str | None = None
    noise: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)
    line: int = 0

    def get(self, name: str, default: str = "") -> str:
        return self.fields.get(name, default)


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of one source. ``digest`` is the sha256 of the file's bytes, for the record."""

    name: str
    digest: str
    exact: Mapping[str, Label]
    patterns: tuple[tuple[re.Pattern[str], Label], ...] = ()

    def lookup(self, label: str) -> Label | None:
        """The meaning of ``label``; None when no line covers it (report it as unmapped)."""
        key = _key(label)
        found = self.exact.get(key)
        if found is not None:
            return found
        return next((meaning for pattern, meaning in self.patterns if pattern.fullmatch(key)), None)

    def all(self) -> tuple[Label, ...]:
        return (*self.exact.values(), *(meaning for _, meaning in self.patterns))


@lru_cache(maxsize=64)
def load_labels(name: str, folder: Path | None = None) -> Labels:
    """The labels of source ``name``. Raises LabelsError (missing file, bad YAML, duplicate key, wrong shape)."""
    path = (folder or FOLDER) / f"{name}.yaml"
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise LabelsError((f"{path}:1:1: {error.strerror}. Write the labels of source {name!r} there.",)) from error
    return parse_labels(name, raw, str(path))


def parse_labels(name: str, raw: bytes, where: str) -> Labels:
    """``load_labels`` for bytes already read; ``where`` is the file named in complaints."""
    try:
        root = yaml.compose(raw, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        at = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        what = " ".join(str(getattr(error, "problem", None) or error).split())
        raise LabelsError((f"{where}:{at}: {what}. Write valid YAML.",)) from error
    section = _labels_section(root)
    if section is None:
        raise LabelsError((f"{where}:1:1: no `labels:` mapping. Write `labels:` and one line for each label.",))
    errors: list[str] = []
    exact: dict[str, Label] = {}
    patterns: dict[str, tuple[re.Pattern[str], Label]] = {}
    for key_node, value_node in section.value:
        at = f"{where}:{key_node.start_mark.line + 1}:{key_node.start_mark.column + 1}"
        key = _key(str(key_node.value)) if isinstance(key_node, yaml.ScalarNode) else ""
        if not key:
            errors.append(f"{at}: a label must be text. Write the source's own label, in quotes.")
        elif key in exact or key in patterns:
            errors.append(f"{at}: label {key_node.value!r} is given twice. Keep one of the two.")
        else:
            meaning = _meaning(key_node, value_node)
            if meaning is None:
                errors.append(f"{at}: label {key_node.value!r} has no usable meaning. "
                              "Write `noise`, `{kind: ...}` or a mapping of text fields.")
            elif "*" in key:
                patterns[key] = (re.compile(".*".join(re.escape(part) for part in key.split("*"))), meaning)
            else:
                exact[key] = meaning
    if errors:
        raise LabelsError(tuple(errors))
    return Labels(name, hashlib.sha256(raw).hexdigest(), exact, tuple(patterns.values()))


def _labels_section(root: yaml.Node | None) -> yaml.MappingNode | None:
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value == "labels" and isinstance(value, yaml.MappingNode):
                return value
    return None


def _meaning(key: yaml.ScalarNode, value: yaml.Node) -> Label | None:
    line = key.start_mark.line + 1
    if isinstance(value, yaml.ScalarNode):
        return Label(key.value, noise=True, line=line) if value.value == "noise" else None
    if not isinstance(value, yaml.MappingNode) or not value.value:
        return None
    if not all(isinstance(n, yaml.ScalarNode) for pair in value.value for n in pair):
        return None
    fields = {k.value: v.value for k, v in value.value}
    if len(fields) != len(value.value) or not all(fields.values()):
        return None
    noise = "noise" in fields
    kind = fields.pop("kind", None)
    return None if noise and kind else Label(key.value, kind, noise, fields, line)


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()
