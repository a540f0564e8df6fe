"""A bounded fuzz of the whole line; `bench/soak_fuzz.py` goes on for as long as it is given."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.runs import hostile

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@given(hostile.sources())
@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
def test_any_source_ends_in_articles_and_reasons(source: tuple[str, bytes]) -> None:
    ending, content = source
    with TemporaryDirectory() as folder:
        hostile.examine(Path(folder), f"a{ending}", content)


@pytest.mark.parametrize("partition_by", hostile.PARTITIONS)
@given(files=st.dictionaries(hostile.NAMES, hostile.sources(), min_size=1, max_size=4))
@settings(max_examples=8, deadline=None, suppress_health_check=SLOW)
def test_any_run_stays_in_its_folder(partition_by: str, files: dict[str, tuple[str, bytes]]) -> None:
    with TemporaryDirectory() as folder:
        named = {f"{name}{ending}": content for name, (ending, content) in files.items()}
        hostile.examine_run(Path(folder), named, **{"output.partition_by": partition_by})
