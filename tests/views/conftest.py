"""What the views look at: cleaned sample pages, and small datasets made of them. Rules alone decide, which is quick."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cleancopy import settings
from cleancopy.assembly import build_cleaner
from cleancopy.cleaner import Cleaner
from cleancopy.runs.direct import run_direct

RAW = Path(__file__).parents[2] / "data" / "raw"
QUICK = {"clean.model": False, "run.engine": "inline"}

HOSTILE = """\
<script>window.pwned = 1</script>
<img src=x onerror="window.pwned = 1"> and " ' & more, with quotes, so that an attribute could break out of its place.
"><svg onload=window.pwned=1> {{ 7 * 7 }} {% raw %} closing </style></title></textarea> in a paragraph of some length.
Related articles
</li></ol><script src="https://evil.example/x.js"></script>
<a href="javascript:window.pwned=1">a link</a>
"""


@pytest.fixture(scope="session")
def cleaner() -> Cleaner:
    return build_cleaner(settings.load(overrides=QUICK))


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The dataset of the sample pages and one hostile page, by how it is partitioned and its format; each made once."""
    made: dict[tuple[str, str], Path] = {}

    def make(partition_by: str = "none", form: str = "parquet") -> Path:
        if (partition_by, form) not in made:
            hostile = tmp_path_factory.mktemp("hostile") / "hostile.txt"
            hostile.write_text(HOSTILE)
            (hostile.parent / "nothing.txt").write_text("Share this page:\n")
            out = tmp_path_factory.mktemp("datasets") / partition_by
            chosen = settings.load(overrides={**QUICK, "output.partition_by": partition_by, "output.format": form})
            run_direct([str(RAW), str(hostile.parent)], out, chosen)
            made[partition_by, form] = out
        return made[partition_by, form]

    return make
