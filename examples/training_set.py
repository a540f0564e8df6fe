"""A dataset → a training set and a validation set: `python examples/training_set.py dataset training`."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

dataset, out = Path(sys.argv[1]), Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)

# --8<-- [start:filter]
signals = pl.col("signals").struct
good = (
    (pl.col("language") == "en")
    & (pl.col("language_confidence") >= 0.8)
    & (signals["words"] >= 40)
    & (signals["duplicate_5_gram_character_share"] <= 0.15)
)
articles = (
    pl.scan_parquet(dataset / "articles/**/*.parquet")
    .filter(good)
    .sort("doc_id")
    .unique("text_sha256", keep="first", maintain_order=True)
    .select("doc_id", "url", "site", "title", "text")
    .collect()
)
# --8<-- [end:filter]

# --8<-- [start:split]
# By site, so that no page for validation shares its template, or its stories, with one for training.
# The hash is that of a version of polars.
held_out = pl.col("site").fill_null(pl.col("doc_id")).hash(seed=0) % 10 == 0
for name, part in (("validation", articles.filter(held_out)), ("train", articles.filter(~held_out))):
    part.write_parquet(out / f"{name}.parquet")
    print(f"{name}: {part.height} articles")
# --8<-- [end:split]
