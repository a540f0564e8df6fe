"""Models that have seen no page of the sites of one fold. `cache` keeps them; delete its `fold-*` when features, labels
or settings have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleancopy.linemodel.network import LineModel
from train.fit import save, say
from train.learn import Item, Settings, distil, fit_headings
from train.network import exported

FITS = {"text": distil, "html": distil, "headings": fit_headings}


def unseen(
    name: str,
    fold: int,
    items: Callable[[], Sequence[dict[str, Item]]],
    folds: NDArray[np.int64],
    settings: Settings,
    cache: Path,
) -> LineModel:
    """The model `name` (text, html, headings) fitted on the items of all other folds; one network, no ensemble.

    folds: int64, the fold of each of the items, which are asked for only where the model has to be fitted.
    """
    path = cache / f"fold-{name}-{fold}.npz"
    if not path.exists():
        others = [item for item, its in zip(items(), folds, strict=True) if its != fold]
        save(exported(*FITS[name](others, replace(settings, ensemble=0))), path)
        say(f"{name}, fold {fold}")
    return LineModel.load(path)
