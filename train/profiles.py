"""Make language profiles for languages that langdetect has none of.

    python -m train.profiles LINGUA.whl

LINGUA.whl: a wheel of lingua-language-detector 1.3.5 (Apache-2.0), which ships for 75 languages how probable a letter
is after one and after two others within a word. From these follow the shares of single letters, pairs and triples, and
of those at either end of a word: what begins a word is what is left of a sequence when all its continuations to the
left are taken away.

Writes `src/cleancopy/describe/language/profiles.json.gz`, in langdetect's own form: how often each sequence occurs, and
how many sequences of each length there are. `SCALE` and `CAPITALS` bring both sources to one measure.
"""

from __future__ import annotations

import argparse
import gzip
import json
import zipfile
from pathlib import Path

OUTPUT = Path(__file__).parents[1] / "src" / "cleancopy" / "describe" / "language" / "profiles.json.gz"
LANGUAGES = (
    "az", "be", "eo", "eu", "ga", "is", "kk", "la", "lg", "mi", "mn", "sn", "sr", "st", "tn", "ts", "xh", "yo", "zu",
)  # fmt: skip
"""Those that lingua knows and langdetect does not, as ISO 639-1 codes.

Bosnian, Malay and Nynorsk are told from their twins by words (`twins.toml`), not by letters: with profiles of their own
the twins lost 5 to 60 of a hundred sentences to them.
"""
TOTAL = 10_000_000
"""Sequences of each length that counts are given of."""
SCALE = (0.95, 0.82, 1.11)
"""langdetect's share of a sequence of one, two and three characters, as a multiple of what follows from lingua.

Measured over ten languages that both have (de, es, fi, pl, tr, id, hu, ro, sw, et): 0.92 to 0.96, 0.77 to 0.86 and 1.00
to 1.34 for sequences within words and at their ends.
"""
CAPITALS = 0.25
"""Share of words that begin with a capital in langdetect's profiles: 0.23 to 0.32 in nine of the ten languages. Lingua
knows small letters alone."""
RAREST = 3e-5
"""Share of a sequence below which it is left out. langdetect leaves out what is rarer than 1e-4 in most
profiles and 1e-5 in some. Over 75 languages 1e-4 got 0.926 of sentences right, 3e-5 0.932 and 1e-5 0.933.
"""


def shares(archive: zipfile.ZipFile, name: str) -> list[dict[str, float]]:
    """The share of each sequence of one, two and three characters, a space standing for the edge of a word."""
    one, after_one, after_two = (_model(archive, name, kind) for kind in ("unigrams", "bigrams", "trigrams"))
    two = {gram: one[gram[0]] * share for gram, share in after_one.items()}
    three = {gram: two[gram[:2]] * share for gram, share in after_two.items() if gram[:2] in two}
    found = [dict(one), dict(two), dict(three)]
    for short, long in ((one, two), (two, three)):
        first, last = dict(short), dict(short)
        for gram, share in long.items():
            if gram[1:] in first:
                first[gram[1:]] -= share
            last[gram[:-1]] -= share
        into = found[len(next(iter(long))) - 1]
        for gram, share in first.items():
            small, capital = f" {gram}", f" {gram[0].upper()}{gram[1:]}"
            same = len(capital) != len(small) or capital == small
            into[small] = share * (1.0 if same else 1.0 - CAPITALS)
            if not same:
                into[capital] = share * CAPITALS
        into.update((f"{gram} ", share) for gram, share in last.items())
    return found


def profile(archive: zipfile.ZipFile, name: str) -> dict[str, object]:
    """The profile of one language, as langdetect stores it."""
    counts = {
        gram: round(share * scale * TOTAL)
        for grams, scale in zip(shares(archive, name), SCALE, strict=True)
        for gram, share in sorted(grams.items())
        if share * scale >= RAREST
    }
    return {"freq": counts, "n_words": [TOTAL] * 3}


def _model(archive: zipfile.ZipFile, name: str, kind: str) -> dict[str, float]:
    import brotli

    packed = archive.read(f"lingua/language-models/{name}/{kind}.json.br")
    found = {}
    for fraction, grams in json.loads(brotli.decompress(packed))["ngrams"].items():
        above, below = fraction.split("/")
        found.update(dict.fromkeys(grams.split(" "), int(above) / int(below)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    with zipfile.ZipFile(parser.parse_args().wheel) as archive:
        made = {name: profile(archive, name) for name in LANGUAGES}
    content = json.dumps(made, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    OUTPUT.write_bytes(gzip.compress(content, mtime=0))
    print(f"{len(made)} languages, {len(content) / 1e3:.0f} kB, packed {OUTPUT.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
