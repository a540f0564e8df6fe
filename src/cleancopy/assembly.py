"""From settings to working parts: the one place that knows both how things are configured and what they are made of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from cleancopy import settings
from cleancopy.cache import kept
from cleancopy.cleaner import Cleaner
from cleancopy.decide import Decider, Models, Options, Readers
from cleancopy.decide.kinds import Kinds
from cleancopy.describe import language
from cleancopy.describe.filtering import Filter
from cleancopy.describe.signals import StopWords
from cleancopy.errors import ConfigurationError
from cleancopy.fields.credits import CreditReader
from cleancopy.fields.dates import DateReader
from cleancopy.linemodel.network import HEADING_WEIGHTS, HTML_WEIGHTS, TEXT_WEIGHTS, LineModel
from cleancopy.linemodel.pages import PageModel
from cleancopy.readers import ReaderOptions
from cleancopy.rules import RuleBook, RulePack, needs
from cleancopy.rules.needs import Need
from cleancopy.settings import Settings


def build_cleaner(chosen: Settings, own: Sequence[RulePack] = ()) -> Cleaner:
    """The cleaner that the settings describe, with the shipped rule packs, data and weights.

    own: packs that take the place of the shipped ones of their languages.

    Raises ConfigurationError for data or weights that are not valid, and for a pack that is not there.
    """
    asked = chosen.language
    threshold = None if asked.threshold == "measured" else asked.threshold
    detector = language.load(asked.detector, threshold=threshold, seed=asked.seed)
    kinds = _kinds(chosen)
    book = build_rule_book(chosen, own, trusted=True)
    decider = Decider(book, _readers(), _models(chosen), _options(chosen), kinds)
    stop_words = StopWords(settings.read_shipped("stopwords.toml"))
    expression = chosen.filter.expression
    return Cleaner(decider, detector, stop_words, Filter(expression) if expression else None, kinds)


def build_rule_book(chosen: Settings, own: Sequence[RulePack] = (), *, trusted: bool = False) -> RuleBook:
    """The packs that the settings name (by default all): those in `own`, and the shipped ones of other languages.

    trusted: the patterns, hits and misses of the shipped ones are taken for right, see `RulePack.parse`.

    Raises ConfigurationError for a pack that is not there, or not valid.
    """
    shipped = {path.stem: path for path in sorted((settings.resource("config") / "rules").glob("*.toml"))}
    known = {*shipped, *(pack.language for pack in own)}
    wanted = set(chosen.clean.packs) or known
    unknown = sorted(wanted - known)
    if unknown:
        raise ConfigurationError(
            f"clean.packs: no rule pack {', '.join(unknown)}; there are {', '.join(sorted(known))}"
        )
    replaced = {pack.language for pack in own}
    packs = [
        RulePack.parse(settings.read_shipped(f"rules/{path.name}"), str(path), trusted=trusted)
        for language, path in shipped.items()
        if language in wanted - replaced
    ]
    return RuleBook([*packs, *(pack for pack in own if pack.language in wanted)], _needs)


def _needs(patterns: Sequence[str]) -> list[Need]:
    """What each pattern needs, from the cache where it was read off the same patterns before."""
    content = json.dumps(patterns).encode() + Path(needs.__file__).read_bytes()
    entries = kept("needs", content, lambda: [needs.plain(needs.need(pattern)) for pattern in patterns])
    return list(map(needs.restored, entries))


def reader_options(chosen: Settings) -> ReaderOptions:
    """How sources are read."""
    return ReaderOptions(
        **chosen.input.fields.model_dump(),
        format=chosen.input.format or None,
        encoding=chosen.input.encoding or None,
        max_record_bytes=int(chosen.limits.record_bytes),
        max_payload_bytes=int(chosen.limits.payload_bytes),
    )


def _readers() -> Readers:
    dates = DateReader.from_mapping(settings.read_shipped("dates.toml"), "config/dates.toml")
    credits = CreditReader.from_mapping(settings.read_shipped("credits.toml"), "config/credits.toml", dates=dates)
    return Readers(credits, dates)


def _kinds(chosen: Settings) -> Kinds:
    return Kinds.from_mapping(settings.read_shipped("kinds.toml"), "config/kinds.toml", chosen.clean.reject_pages)


def _models(chosen: Settings) -> Models:
    if not chosen.clean.model:
        return Models()
    return Models(
        text=LineModel.shipped(TEXT_WEIGHTS),
        html=LineModel.shipped(HTML_WEIGHTS),
        headings=LineModel.shipped(HEADING_WEIGHTS),
        pages=PageModel.shipped(),
    )


def _options(chosen: Settings) -> Options:
    return Options(
        threshold=chosen.clean.threshold,
        heading_threshold=chosen.clean.heading_threshold,
        passes=chosen.clean.passes,
        captions_in_text=chosen.clean.captions == "text",
    )
