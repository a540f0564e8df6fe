"""`cleancopy-core` and `cleancopy`: two distributions of one tree, and what the light one does on its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from cleancopy import __version__
from cleancopy.native import LIBRARY, PURE
from cleancopy.native.build import compiler

ROOT = Path(__file__).parents[2]
PROJECTS = {"cleancopy": ROOT, "cleancopy-core": ROOT / "packaging" / "core"}
MOST_PACKAGES = 25
"""That `pip install cleancopy-core` may install, itself among them."""
PAGE = """<html><head><title>A mill is mended</title></head><body><nav><a href="/">Home</a></nav><article>
<h1>A mill is mended</h1><p>The old mill by the river has a new wheel, which turned for the first time on Monday.</p>
<p>Children of the village threw flowers into the water, and the miller showed them how flour is made.</p></article>
<footer>All rights reserved</footer></body></html>"""
TEXT = """Home
A mill is mended

The old mill by the river has a new wheel, which turned for the first time on Monday.

Children of the village threw flowers into the water, and the miller showed them how flour is made.

Share on Facebook
"""
ALONE = """
import json, sys
sys.path[:0] = sys.argv[1:3]
calls = json.loads(sys.argv[3])
from cleancopy.cli import main
for call in calls:
    sys.argv = ["cleancopy", *call]
    try:
        main()
    except SystemExit as end:
        print("exit", end.code or 0, flush=True)
"""
"""Several commands in one process, which sees the given folders and the standard library."""


def project(name: str) -> dict[str, Any]:
    return tomllib.loads((PROJECTS[name] / "pyproject.toml").read_text())["project"]  # type: ignore[no-any-return]


def build(folder: Path, kind: str, out: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(out)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=600)
    [made] = out.iterdir()
    return made


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: build(folder, "wheel", tmp_path_factory.mktemp(name)) for name, folder in PROJECTS.items()}


def contents(wheel: Path) -> dict[str, bytes]:
    with ZipFile(wheel) as opened:
        return {name: opened.read(name) for name in opened.namelist() if ".dist-info/" not in name}


def test_every_file_of_the_tree_is_in_one_of_the_two(wheels: dict[str, Path]) -> None:
    whole, core = contents(wheels["cleancopy"]), contents(wheels["cleancopy-core"])
    assert not whole.keys() & core.keys()
    places = {"src/cleancopy": "cleancopy", "config": "cleancopy/config", "flows": "cleancopy/flows"}
    tree = {
        f"{place}/{path.relative_to(ROOT / folder).as_posix()}": path.read_bytes()
        for folder, place in places.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path != LIBRARY
    }
    compiled = core.pop(f"cleancopy/native/{LIBRARY.name}", None)
    assert (compiled is None) == (compiler() is None or os.environ.get(PURE, "0") == "1")
    assert whole | core == tree


@pytest.mark.parametrize("name", PROJECTS)
def test_a_source_distribution_builds_the_same_wheel(name: str, wheels: dict[str, Path], tmp_path: Path) -> None:
    with tarfile.open(build(PROJECTS[name], "sdist", tmp_path / "sdist")) as opened:
        opened.extractall(tmp_path / "unpacked", filter="data")
    [folder] = (tmp_path / "unpacked").iterdir()
    made = build(folder, "wheel", tmp_path / "wheel")
    with ZipFile(made) as again, ZipFile(wheels[name]) as first:
        assert {each: again.read(each) for each in again.namelist()} == {
            each: first.read(each) for each in first.namelist()
        }
        assert any(each.endswith("licenses/LICENSE") for each in again.namelist())


def test_there_is_one_version() -> None:
    assert [project(name)["version"] for name in PROJECTS] == [__version__, __version__]
    assert f"cleancopy-core[html]=={__version__}" in project("cleancopy")["dependencies"]


def needed(requirements: list[str]) -> Iterator[str]:
    """The installed distributions that these requirements, and theirs in turn, bring."""
    waiting, seen = [Requirement(each) for each in requirements], set()
    while waiting:
        wanted = waiting.pop()
        key = (wanted.name.lower().replace("_", "-"), *sorted(wanted.extras))
        if key in seen:
            continue
        seen.add(key)
        yield key[0]
        for each in map(Requirement, distribution(wanted.name).requires or ()):
            extras = wanted.extras or {""}
            if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(each)


def requirements(*extras: str) -> list[str]:
    core = project("cleancopy-core")
    return [*core["dependencies"], *(each for extra in extras for each in core["optional-dependencies"][extra])]


def test_the_light_one_is_light() -> None:
    packages = {"cleancopy-core", *needed(requirements())}
    assert len(packages) <= MOST_PACKAGES, sorted(packages)


@pytest.fixture(scope="module")
def core(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The light wheel, unpacked; what Python compiles of it stays for the next test, as does the cache beside it."""
    folder = tmp_path_factory.mktemp("core")
    with ZipFile(wheels["cleancopy-core"]) as opened:
        opened.extractall(folder)
    return folder


@pytest.fixture
def alone(core: Path, tmp_path: Path) -> Any:
    """Runs commands with the light wheel and what it needs, and nothing else that is installed here."""
    (tmp_path / "page.html").write_text(PAGE)
    (tmp_path / "page.txt").write_text(TEXT)

    def run(extras: list[str], *calls: list[str]) -> str:
        seen = tmp_path / "-".join(["needed", *extras])
        seen.mkdir()
        for name in set(needed(requirements(*extras))):
            for file in distribution(name).files or ():
                top = file.parts[0]
                if top not in ("..", "__pycache__") and not (seen / top).exists():
                    (seen / top).symlink_to(Path(str(distribution(name).locate_file(top))))
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", ALONE, str(core), str(seen), json.dumps(calls)],
            cwd=tmp_path,
            env=os.environ | {"CLEANCOPY_CACHE": str(core.with_name("cache"))},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run


def test_the_light_one_cleans_and_explains(alone: Any) -> None:
    said = alone(
        ["html"],
        ["clean", "page.txt", "--format", "text"],
        ["clean", "page.html"],
        ["explain", "page.txt"],
        ["explain", "page.html", "--html", "why.html"],
        ["run", "page.txt", "--out", "dataset"],
        ["rules", "list"],
    )
    text, page, why, drawn, run, rules = said.split("exit ")[:6]
    assert text.startswith("The old mill by the river")
    assert "Facebook" not in text
    assert page.startswith("0\n# A mill is mended\n\nThe old mill by the river")
    assert "en.share" in why
    assert "wrote why.html" in drawn
    assert "`cleancopy run` needs more of cleancopy than is installed here; type: pip install cleancopy\n" in run
    assert "`cleancopy rules` needs more" in rules
    assert said.count("exit 2") == 2


def test_what_the_light_one_cannot_read_says_what_to_type(alone: Any, tmp_path: Path) -> None:
    (tmp_path / "table.parquet").write_bytes(b"PAR1")
    (tmp_path / "dataset" / "_cleancopy").mkdir(parents=True)
    said = alone(
        [],
        ["clean", "page.txt", "--format", "text"],
        ["clean", "page.html"],
        ["clean", "table.parquet"],
        ["clean", "s3://bucket/page.html"],
        ["explain", "dataset"],
    )
    assert said.startswith("The old mill by the river")
    assert (
        'reading HTML needs more of cleancopy than is installed here; type: pip install "cleancopy-core[html]"' in said
    )
    for what in ("table.parquet", "s3://bucket/page.html", "a dataset"):
        assert f"{what} needs more of cleancopy than is installed here; type: pip install cleancopy\n" in said
    assert said.count("exit 2") == 4
