"""The Dockerfile, without Docker: what it copies is there, and not kept out; what it runs is a command."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml
from typer.testing import CliRunner

import cleancopy
from cleancopy.cli import app

ROOT = Path(__file__).parents[2]
STEPS = [
    line.split(maxsplit=1)
    for line in re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text()).splitlines()
    if line and not line.startswith("#")
]


def test_what_is_copied_is_there_and_in_the_context() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored[ignored.index("*")] == "*", "nothing else is in the context than what is named"
    named = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = [path for step, given in STEPS if step == "COPY" and "--from" not in given for path in given.split()[:-1]]
    assert copied
    assert [path for path in copied if not (ROOT / path).exists()] == []
    assert set(copied) == named


def test_what_the_wheel_needs_is_copied_before_it_is_built() -> None:
    build = [given for step, given in STEPS[: [step for step, _ in STEPS].index("FROM", 2)] if step in ("COPY", "RUN")]
    (installs,) = [place for place, given in enumerate(build) if 'requirements.lock ./packaging/core ".[' in given]
    before = " ".join(build[:installs]).split()
    for needed in ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "src", "config", "flows", "packaging"):
        assert needed in before
    assert re.search(r"uv==[\d.]+$", build[0])


def test_it_runs_as_nobody_in_particular_what_is_a_command() -> None:
    user = next(given for step, given in STEPS if step == "USER")
    assert any(f"useradd --create-home --uid 1000 {user}" in given for step, given in STEPS if step == "RUN")
    *_, (step, given) = STEPS
    assert step == "CMD"
    program, command, source, *options = json.loads(given)
    assert program == "cleancopy"
    assert (ROOT / source).is_dir()
    shown = CliRunner().invoke(app, [command, "--help"]).output
    assert all(option in shown for option in options if option.startswith("-"))


def test_deployments_take_the_image_of_this_version() -> None:
    project = yaml.safe_load((ROOT / "prefect.containers.yaml").read_text())
    image = f"cleancopy:{cleancopy.__version__}"
    assert {each["work_pool"]["job_variables"]["image"] for each in project["deployments"]} == {image}
    (folder,) = [step["prefect.deployments.steps.set_working_directory"]["directory"] for step in project["pull"]]
    assert ["WORKDIR", folder] in STEPS
    for page in (ROOT / "Dockerfile", ROOT / "docs" / "howto" / "docker.md"):
        assert set(re.findall(r"cleancopy:[\d.]*\d", page.read_text())) == {image}
