"""What a row says is fingerprinted whole: every file of the package and every library that decides it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import cleancopy
from cleancopy import settings
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.receipts import Counts, Receipt
from cleancopy.runs import staleness

PACKAGE = Path(cleancopy.__file__).parent
DECIDING = {
    *("apply.py", "assembly.py", "cleaner.py", "cleaning.py", "errors.py", "languages.py", "model.py", "schema.py"),
    *("settings.py", "dataset/rejects.py", "dataset/rows.py", "dataset/sinks/", "dataset/writer.py"),
    *("runs/isolate.py", "runs/shard.py"),
    *("native/__init__.py", "native/kernel.c"),
    *("census/", "runs/census.py", "runs/counting.py"),
    *("decide/", "describe/", "fields/", "linemodel/", "readers/", "repair/", "rules/", "text/"),
}
"""Files and folders that decide what a row says. A new module belongs here or to `staleness.NEUTRAL`."""
CONVEYING = {
    *("cleancopy", "pyarrow", "pandas", "cloudpickle", "fsspec", "zstandard", "brotli"),  # values as they are
    *("pydantic", "pydantic_core", "typing_extensions", "typing-inspection", "annotated-types"),
    *("certifi", "urllib3"),  # fetching, which is not done
    *("babel", "pytz", "six", "regex", "tzlocal"),  # helpers of those that are counted
    *("threadpoolctl", "zlib-ng", "isal", "setuptools", "wcwidth", "attrs", "coverage"),
}
"""Distributions that are loaded to clean and decide nothing."""


def test_every_file_of_the_package_is_deciding_or_neutral() -> None:
    for path in PACKAGE.rglob("*"):
        below = path.relative_to(PACKAGE).as_posix()
        if not path.is_file() or "__pycache__" in below or below == "py.typed":
            continue
        deciding = any(below.startswith(each) if each.endswith("/") else below == each for each in DECIDING)
        assert deciding != staleness.is_neutral(path, PACKAGE), f"{below}: name it in DECIDING or in NEUTRAL"
        counted = path.suffix in (".py", ".toml", ".c", ".npz", ".gz")
        assert counted or not deciding, f"{below}: what kind of file is it?"


def test_every_library_that_cleaning_loads_is_counted_or_conveys() -> None:
    script = (
        "import sys, json; from importlib.metadata import packages_distributions as p\n"
        "import cleancopy.runs.shard, cleancopy.readers.html, cleancopy.readers.warc, langdetect, ftfy\n"
        "known = p(); top = {name.split('.')[0] for name in sys.modules}\n"
        "print(json.dumps(sorted({each for name in top for each in known.get(name, [])})))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    names = {name.lower().replace("_", "-") for name in json.loads(done.stdout)}
    counted = {name.lower().replace("_", "-") for name in {*staleness.LIBRARIES, *CONVEYING}}
    assert names - counted == set(), "name it in LIBRARIES, or here if it decides nothing"


def configuration(monkeypatch: pytest.MonkeyPatch, package: Path | None = None) -> dict[str, str]:
    if package is not None:
        monkeypatch.setattr(staleness, "__file__", str(package / "runs" / "staleness.py"))
    staleness._installed.cache_clear()
    try:
        return staleness.configuration(settings.load())
    finally:
        staleness._installed.cache_clear()


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("describe/language/calibration.toml", "code"),
        ("decide/passes/blocks.py", "code"),
        ("runs/shard.py", "code"),
        ("linemodel/weights/text.npz", "weights"),
        ("describe/language/profiles.json.gz", "weights"),
        ("views/page.py", None),
        ("runs/pipeline.py", None),
    ],
)
def test_a_changed_file_changes_its_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, part: str | None
) -> None:
    package = tmp_path / "cleancopy"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    before = configuration(monkeypatch, package)
    with (package / file).open("ab") as stream:
        stream.write(b"\n")
    after = configuration(monkeypatch, package)
    assert {name for name in before if before[name] != after[name]} == ({part, "fingerprint"} if part else set())


@pytest.fixture
def reasons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], list[str]]:
    """Why a shard that was cleaned with such a configuration is stale."""
    now = configuration(monkeypatch)
    monkeypatch.setattr(staleness, "is_whole", lambda *_: True)

    def why(then: dict[str, str]) -> list[str]:
        receipt = replace(Receipt("a", {}, {}, Counts(), {}, (), ()), configuration=now | then)
        return staleness.why_stale(receipt, now, Layout(tmp_path))

    return why


def test_what_changed_is_said(reasons: Callable[[dict[str, str]], list[str]]) -> None:
    assert reasons({}) == []
    assert reasons({"code": "x"}) == ["code changed"]
    now = staleness.configuration(settings.load())["libraries"]
    name, version = now.split(", ")[0].split(" ")
    other = now.replace(f"{name} {version}", f"{name} 0.1", 1)
    assert reasons({"libraries": other}) == [f"libraries changed: {name} 0.1 to {version}"]
    (said,) = reasons({"libraries": now.replace(f"{name} {version}, ", "", 1)})
    assert said == f"libraries changed: {name} none to {version}"


def test_hashing_is_done_once_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    configuration(monkeypatch)
    staleness.configuration(settings.load())
    monkeypatch.setattr(staleness, "_digest", None)
    staleness.configuration(settings.load())
