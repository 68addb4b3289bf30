"""Goldens: what a parser is known to give, in tests/goldens, written only by ``make golden`` (COVENANTD_GOLDEN=1).

A missing golden fails, so that a test can never agree with whatever it happens to see first.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from monitor.core.canonical import plain

FOLDER = Path(__file__).resolve().parent / "goldens"


def golden(name: str, value: Any) -> None:
    """Compares ``value`` with tests/goldens/<name>.json, field by field; each difference is named."""
    path = FOLDER / f"{name}.json"
    seen = json.loads(json.dumps(plain(value)))
    if os.environ.get("COVENANTD_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(seen, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        return
    assert path.exists(), f"no golden {path.name}: look at what the parser gives, then run `make golden`"
    found = list(_differences(json.loads(path.read_text(encoding="utf-8")), seen, name))
    assert not found, "\n".join(found)


def _differences(expected: Any, seen: Any, where: str) -> list[str]:
    if isinstance(expected, dict) and isinstance(seen, dict):
        pairs = {k: (expected.get(k, "(absent)"), seen.get(k, "(absent)")) for k in sorted({*expected, *seen})}
        return [d for k, (e, s) in pairs.items() for d in _differences(e, s, f"{where}.{k}")]
    if isinstance(expected, list) and isinstance(seen, list):
        if len(expected) != len(seen):
            return [f"{where}: {len(expected)} expected, {len(seen)} seen"]
        items = enumerate(zip(expected, seen, strict=True))
        return [d for i, (e, s) in items for d in _differences(e, s, f"{where}[{i}]")]
    return [] if expected == seen else [f"{where}: {expected!r} expected, {seen!r} seen"]
