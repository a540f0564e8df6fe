"""The cleaner that a run with the shipped configuration uses, and the one without the line model, each built once."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from cleancopy import settings
from cleancopy.assembly import build_cleaner
from cleancopy.cleaner import Cleaner


@dataclass(frozen=True)
class Make:
    """Wrapped, since hypothesis wants fixtures that no example could change."""

    cleaner: Cleaner


@pytest.fixture(scope="session")
def model_make() -> Make:
    return Make(build_cleaner(settings.load()))


@pytest.fixture(scope="session")
def rules_make() -> Make:
    return Make(build_cleaner(settings.load(overrides={"clean.model": False})))


@pytest.fixture(scope="session", params=["model", "rules"])
def make(request: pytest.FixtureRequest, model_make: Make, rules_make: Make) -> Make:
    return model_make if request.param == "model" else rules_make
