"""What is declared is imported, what is imported is declared, and the core needs neither."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OURS = {"monitor", "feeds", "rules"}
DATA_ONLY = {"tzdata"}  # read by zoneinfo where the system has no zones


def imported(*folders: Path) -> dict[str, set[str]]:
    """Top-level module name -> the files that import it (relative imports are our own)."""
    found: dict[str, set[str]] = {}
    for folder in folders:
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                    names = [node.module]
                for name in names:
                    found.setdefault(name.split(".")[0], set()).add(str(path))
    return found


def third_party(*folders: Path) -> dict[str, set[str]]:
    return {name: files for name, files in imported(*folders).items() if name not in sys.stdlib_module_names | OURS}


def declared(project: dict[str, Any]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}


def test_the_core_imports_the_standard_library_only(root: Path) -> None:
    assert third_party(root / "monitor" / "core") == {}


def test_every_dependency_is_imported_somewhere(root: Path, project: dict[str, Any]) -> None:
    distributions = packages_distributions()
    modules = third_party(root / "monitor", root / "feeds")
    used = {canonicalize_name(name) for module in modules for name in distributions.get(module, [])}
    assert declared(project) - used - DATA_ONLY == set()


def test_every_import_is_declared(root: Path, project: dict[str, Any]) -> None:
    distributions = packages_distributions()
    undeclared = {
        module: sorted(files)
        for module, files in third_party(root / "monitor", root / "feeds").items()
        if not {canonicalize_name(name) for name in distributions.get(module, [])} & declared(project)
    }
    assert undeclared == {}
