"""The project as a package: entry point, packages, pins, and commands that the README names."""

import os
import re
import subprocess
import sys
import tarfile
import tomllib
from importlib.metadata import distributions, entry_points
from pathlib import Path
from zipfile import ZipFile

import pytest
import typer.main
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from service.cli import app
from service.cli import main as cli_main

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
DOCS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")]
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
CODE = re.compile(r"```[a-z]*\n.*?```|^ {4}[^\n]*|`[^`\n]+`", re.DOTALL | re.MULTILINE)
INSTALLER = {"pip", "setuptools", "wheel", "groundwire"}
"""What a virtual environment brings by itself, and the project."""


def pins():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = {}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            name, _, version = line.partition("==")
            assert version, f"{line} is no exact pin"
            found[canonicalize_name(name.strip())] = version.partition(";")[0].strip()
    return found


def commands_named_in(path, word):
    """The words after `make` or `groundwire` in the code of a document, where a command can stand."""
    code = "\n".join(found.strip("`") for found in CODE.findall(path.read_text(encoding="utf-8")))
    place = r"(?:^\s*(?:\$ )?|[&;(]\s*|\s{3,})(?:\.venv/bin/)?"
    return set(re.findall(rf"{place}{word} ([a-z][a-z-]*)", code, re.MULTILINE))


def test_the_entry_point_is_the_command_line():
    assert PROJECT["project"]["scripts"] == {"groundwire": "service.cli:main"}
    for found in entry_points(group="console_scripts", name="groundwire"):
        assert found.load() is cli_main


def test_the_four_packages_and_the_corpus_are_shipped():
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) == {"rag", "index", "service", "eval", "corpus"}
    assert all((ROOT / name).is_dir() for name in packages)
    assert set(PROJECT["tool"]["mypy"]["packages"]) == set(packages) - {"corpus"}
    assert PROJECT["tool"]["mypy"]["strict"] is True


def test_everything_that_is_required_is_pinned_inside_its_bounds():
    required = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["dev"]]
    pinned = pins()
    for line in required:
        requirement = Requirement(line)
        assert requirement.specifier, f"{line} has no lower bound"
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), line


def test_everything_that_the_requirements_bring_is_pinned_at_what_is_installed():
    installed = {canonicalize_name(found.metadata["Name"]): found for found in distributions()}
    pinned = pins()
    waiting = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["dev"]]
    seen = set()
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        wanted = not requirement.marker or any(
            requirement.marker.evaluate({"extra": extra}) for extra in ("", *requirement.extras)
        )
        if not wanted or name in seen or name in INSTALLER or name not in installed:
            continue
        seen.add(name)
        assert name in pinned, f"{name} is installed and not pinned"
        assert installed[name].version.partition("+")[0] == pinned[name].partition("+")[0]
        waiting += installed[name].requires or []
    assert len(seen) > 40


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_make_target_that_a_document_names_exists(path):
    assert commands_named_in(path, "make") <= TARGETS


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_command_that_a_document_names_exists(path):
    commands = set(typer.main.get_command(app).commands)
    assert commands_named_in(path, "groundwire") <= commands


def test_the_readme_names_what_a_newcomer_types():
    assert {"run", "ask", "test"} <= commands_named_in(ROOT / "README.md", "make")
    assert {"ask", "add", "serve"} <= commands_named_in(ROOT / "README.md", "groundwire")


def test_commands_are_found_in_code_and_nowhere_else(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "They make do. `make run`\n\n```\n$ groundwire add x && make test\n```\n", encoding="utf-8"
    )
    assert commands_named_in(page, "make") == {"run", "test"}
    assert commands_named_in(page, "groundwire") == {"add"}
    page.write_text(
        "We make do.\n\n    groundwire remove ID   groundwire status\n    make help\n", encoding="utf-8"
    )
    assert commands_named_in(page, "make") == {"help"}
    assert commands_named_in(page, "groundwire") == {"remove", "status"}


def test_every_target_of_the_makefile_is_phony_and_explained():
    phony = set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE).group(1).split())
    explained = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))
    assert TARGETS == phony == explained
    assert {"run", "ask", "test", "check", "help"} <= TARGETS


def test_the_check_that_runs_on_every_change_runs_the_suite():
    assert re.search(r"\bmake test\b", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))


def test_the_documents_of_a_project_are_there():
    for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"):
        assert (ROOT / name).read_text(encoding="utf-8").strip()
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["project"]["license"] == "Apache-2.0"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The wheel and the source archive, made as `pip` makes them."""
    folder = tmp_path_factory.mktemp("built")
    for what in ("wheel", "sdist"):
        code = f"import sys; from hatchling import build; build.build_{what}(sys.argv[1])"
        subprocess.run([sys.executable, "-c", code, str(folder)], cwd=ROOT, check=True, capture_output=True)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, source


def shipped_files():
    """Every file of the shipped packages, as a path below the root."""
    return {
        path.relative_to(ROOT).as_posix()
        for name in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
        for path in (ROOT / name).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def test_wheel_and_source_archive_hold_every_file_of_the_packages(built):
    wheel, source = built
    with ZipFile(wheel) as archive:
        in_wheel = set(archive.namelist())
    with tarfile.open(source) as archive:
        in_source = {name.partition("/")[2] for name in archive.getnames()}
    files = shipped_files()
    assert files <= in_wheel, files - in_wheel
    assert files <= in_source, files - in_source
    assert {name for name in in_wheel - files if ".dist-info/" not in name} == set()
    assert {"pyproject.toml", "README.md", "LICENSE", "constraints.txt"} <= in_source
    assert any(name.endswith(".dist-info/entry_points.txt") for name in in_wheel)


FIND = """
import sys
from importlib.resources import files
from pathlib import Path
from eval.fixed import BASELINE, FOLDER
from rag.reader.artefact import SHIPPED
from service.routes.pages import _FILES
from service.settings import SHIPPED_CORPUS

needed = [BASELINE, *FOLDER.glob("*.jsonl"), files("eval") / "report.css", files("rag") / "similarity.json"]
needed += [SHIPPED / name for name in ("reader.safetensors", "reader.json", "vocab.txt")]
needed += [*SHIPPED_CORPUS.glob("en/*.md"), *SHIPPED_CORPUS.glob("zh/*.md")]
assert {"index.html", "style.css", "main.js"} <= set(_FILES), _FILES.keys()
for path in needed:
    assert path.is_relative_to(sys.argv[1]), path
    assert path.stat().st_size, path
print(len(needed))
"""


def test_an_unpacked_wheel_finds_model_corpus_pages_and_fixed_set(built, tmp_path):
    wheel, _ = built
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", FIND, str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 20
    assert (tmp_path / "rag/models/evidence/reader.safetensors").stat().st_size > 1 << 20
