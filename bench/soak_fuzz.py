"""Hostile input for as long as you like: what the tests of `tests/runs/test_hostile.py` do in seconds, for hours.

    python bench/soak_fuzz.py [--seconds 300] [--seed 1]      inputs made by rules, and runs over several of them
    python bench/soak_fuzz.py --guided [--seconds 300]        inputs bred by the code that they reach (libFuzzer)

The guided fuzz needs `pip install atheris==3.0.0` (Linux); it keeps what reached new code in `--corpus`, to go on from.
Exits 1 at the first input that breaks a law, and leaves it in the current folder or prints it.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

MAX_BYTES = 8192
ROUND = 100


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guided", action="store_true")
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, help="folder of the guided fuzz (a temporary one)")
    given = parser.parse_args()
    logging.disable()  # libraries complain of what they are given
    with tempfile.TemporaryDirectory() as folder:
        if given.guided:
            _guided(given.corpus or Path(folder) / "corpus", Path(folder), given.seconds, given.seed)
        else:
            _by_rules(given.seconds, given.seed)
    return 0


def _by_rules(seconds: int, seed: int) -> None:
    """Rounds of examples, each with a seed of its own, until the time is up."""
    import hypothesis
    from hypothesis import HealthCheck, given
    from hypothesis import strategies as st

    from tests.runs import hostile

    options: dict[str, Any] = {
        "deadline": None,
        "database": None,
        "suppress_health_check": list(HealthCheck),
        "print_blob": True,
    }

    @given(hostile.sources())
    @hypothesis.settings(max_examples=ROUND, **options)
    def sources(source: tuple[str, bytes]) -> None:
        ending, content = source
        with tempfile.TemporaryDirectory() as folder:
            hostile.examine(Path(folder), f"a{ending}", content)

    @given(
        st.dictionaries(hostile.NAMES, hostile.sources(), min_size=1, max_size=4), st.sampled_from(hostile.PARTITIONS)
    )
    @hypothesis.settings(max_examples=ROUND // 5, **options)
    def runs(files: dict[str, tuple[str, bytes]], partition_by: str) -> None:
        named = {f"{name}{ending}": content for name, (ending, content) in files.items()}
        with tempfile.TemporaryDirectory() as folder:
            hostile.examine_run(Path(folder), named, **{"output.partition_by": partition_by})

    started = time.monotonic()
    rounds = 0
    while time.monotonic() - started < seconds:
        for law in (sources, runs):
            hypothesis.seed(seed + rounds)(law)()
        rounds += 1
        print(
            f"{rounds * ROUND} sources, {rounds * (ROUND // 5)} runs, seeds from {seed} to {seed + rounds - 1}",
            flush=True,
        )


def _guided(corpus: Path, folder: Path, seconds: int, seed: int) -> None:
    """libFuzzer over the bytes of one source; the first byte says how its file is called."""
    import atheris

    with atheris.instrument_imports(include=["cleancopy"]):
        from cleancopy.readers import delimited, html, jsonl, parquet, warc, whole  # noqa: F401
        from tests.runs import hostile

    endings = [ending + packing for packing in ("", ".gz", ".zst") for ending in hostile.ENDINGS]
    corpus.mkdir(parents=True, exist_ok=True)
    for path in sorted((ROOT / "data" / "raw").iterdir()):
        ending = "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix
        if ending in endings:
            (corpus / path.name).write_bytes(bytes([endings.index(ending)]) + path.read_bytes()[: MAX_BYTES - 1])
    words = folder / "words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in hostile.words()))

    def one(data: bytes) -> None:
        if data:
            hostile.examine(folder, f"a{endings[data[0] % len(endings)]}", data[1:])

    options = [f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={MAX_BYTES}", f"-dict={words}"]
    options += [f"-timeout={int(hostile.SECONDS)}", "-rss_limit_mb=3000", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], str(corpus), *options], one)
    atheris.Fuzz()


def _escaped(word: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word.encode("utf-8", "surrogatepass"))


if __name__ == "__main__":
    sys.exit(main())
