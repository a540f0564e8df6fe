"""The passes by their ids. `clean.passes` of the settings names those that are asked."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cleancopy.decide.passes import blocks, boxes, census, enclosed, judge, prose, rules, symbols
from cleancopy.decide.proposals import Pass

PASSES: Mapping[str, Pass] = MappingProxyType(
    {
        "judge": judge.propose,
        "prose": prose.propose,
        "boxes": boxes.propose,
        "blocks": blocks.propose,
        "census": census.propose,
        "rules": rules.propose,
        "symbols": symbols.propose,
        "enclosed": enclosed.propose,
    }
)
