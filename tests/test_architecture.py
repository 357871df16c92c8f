"""The rules that hold the four packages apart and the start of a process light."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "index": {"index"},
    "rag": {"rag", "index"},
    "eval": {"eval", "rag", "index"},
    "service": {"service", "eval", "rag", "index"},
}
HEAVY = {"torch", "transformers", "sentence_transformers", "faiss", "tantivy"}
MODULES = sorted(path for package in MAY_IMPORT for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(node: ast.AST) -> set[str]:
    """First parts of the names that one statement imports."""
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        assert not node.level, "imports are absolute"
        return {(node.module or "").partition(".")[0]}
    return set()


def run_at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when a module is imported, those for the type checker left out."""
    for node in body:
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from run_at_import(node.orelse)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for field in ("body", "orelse", "finalbody"):
                yield from run_at_import(getattr(node, field, []))
            for handler in getattr(node, "handlers", []):
                yield from run_at_import(handler.body)


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_run_one_way(path):
    package = path.relative_to(ROOT).parts[0]
    ours = set().union(*(imported(node) for node in ast.walk(tree_of(path)))) & MAY_IMPORT.keys()
    assert ours <= MAY_IMPORT[package]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_heavy_is_imported_with_a_module(path):
    at_import = set().union(*(imported(node) for node in run_at_import(tree_of(path).body)))
    assert not at_import & HEAVY


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_prints_past_the_console_and_the_log(path):
    calls = [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    assert "print" not in [call.id for call in calls if isinstance(call, ast.Name)]


def test_the_rules_see_what_they_forbid():
    tree = ast.parse(
        "try:\n    import faiss\nexcept ImportError:\n    import torch.nn\nclass A:\n    import sklearn"
    )
    assert set().union(*(imported(node) for node in run_at_import(tree.body))) == {
        "faiss",
        "torch",
        "sklearn",
    }
    hidden = ast.parse("if TYPE_CHECKING:\n    import faiss\ndef f():\n    import torch")
    assert not set().union(*(imported(node) for node in run_at_import(hidden.body)))


def test_help_loads_no_model_library():
    script = (
        "import sys\n"
        "from service.cli import main\n"
        "sys.argv = ['groundwire', '--help']\n"
        "try:\n    main()\n"
        "finally:\n    print('LOADED', *sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "ask" in done.stdout
    loaded = done.stderr.rpartition("LOADED")[2].split()
    assert "service.cli" in loaded
    assert not (HEAVY | {"sklearn"}) & set(loaded)
