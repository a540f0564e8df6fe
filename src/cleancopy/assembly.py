"""From settings to working parts: the one place that knows both how things are configured and what they are made of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from cleancopy.cache import kept
from cleancopy.cleaner import Cleaner
from cleancopy.decide import Decider, Models, Options, Readers
from cleancopy.decide.kinds import KIND_DETAILS, Kinds
from cleancopy.describe import language
from cleancopy.describe.filtering import Filter
from cleancopy.describe.signals import StopWords
from cleancopy.errors import ConfigurationError
from cleancopy.fields.credits import CreditReader
from cleancopy.fields.dates import DateReader
from cleancopy.languages import Language, Languages
from cleancopy.linemodel.network import HEADING_WEIGHTS, HTML_WEIGHTS, TEXT_WEIGHTS, LineModel
from cleancopy.linemodel.pages import PageModel
from cleancopy.readers import ReaderOptions
from cleancopy.rules import RuleBook, RulePack, needs
from cleancopy.rules.needs import Need
from cleancopy.settings import Settings


def build_cleaner(chosen: Settings, own: Sequence[Language] = ()) -> Cleaner:
    """The cleaner that the settings describe, with the shipped rule packs, data and weights.

    own: languages of which what they have takes the place of what is shipped.

    Raises ConfigurationError for data or weights that are not valid, and for a pack that is not there.
    """
    asked = chosen.language
    threshold = None if asked.threshold == "measured" else asked.threshold
    detector = language.load(asked.detector, threshold=threshold, seed=asked.seed)
    languages = Languages(own)
    kinds = Kinds.from_sections(languages.pages(), chosen.clean.reject_pages)
    book = _rule_book(chosen, languages, trusted=True)
    decider = Decider(book, build_readers(languages), _models(chosen), _options(chosen), kinds)
    stop_words = StopWords.from_sections(languages.stop_words())
    expression = chosen.filter.expression
    return Cleaner(decider, detector, stop_words, Filter(expression) if expression else None, kinds)


def build_rule_book(chosen: Settings, own: Sequence[Language] = (), *, trusted: bool = False) -> RuleBook:
    """The packs that the settings name (by default all); `own` as in `build_cleaner`.

    trusted: the patterns, hits and misses of the shipped ones are taken for right, see `RulePack.parse`.

    Raises ConfigurationError for a pack that is not there, or not valid.
    """
    return _rule_book(chosen, Languages(own), trusted=trusted)


def _rule_book(chosen: Settings, languages: Languages, *, trusted: bool) -> RuleBook:
    wanted = frozenset(chosen.clean.packs) or languages.packs
    unknown = sorted(wanted - languages.packs)
    if unknown:
        raise ConfigurationError(
            f"clean.packs: no rule pack {', '.join(unknown)}; there are {', '.join(sorted(languages.packs))}"
        )
    sections = {name: languages.pack(name) for name in sorted(wanted)}
    packs = (
        RulePack.parse(section.data, section.source, trusted=trusted and not languages.is_own(name))
        for name, section in sections.items()
    )
    return RuleBook(packs, _needs)


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


def check_languages(chosen: Settings, own: Sequence[Language] = ()) -> tuple[RuleBook, int]:
    """All that the languages say, checked: the book of the packs that the settings name, and how many hits and misses
    of pages hold. With `own` only those are held to their hits and misses.

    Raises ConfigurationError naming file and place of what does not hold.
    """
    languages = Languages(own)
    for each in own:
        if "missing" in each.data:
            each.check_complete()
    build_readers(languages)
    StopWords.from_sections(languages.stop_words())
    pages = languages.pages()
    kinds = Kinds.from_sections(pages, list(KIND_DETAILS))
    told = {each.code for each in own if "pages" in each.data} if own else pages.keys()
    count = kinds.check({code: section for code, section in pages.items() if code in told})
    return _rule_book(chosen, languages, trusted=bool(own)), count


def build_readers(languages: Languages) -> Readers:
    """The readers of credits and dates. Raises ConfigurationError for words that are not valid."""
    dates = DateReader.from_sections(languages.dates(), languages.common_dates())
    return Readers(CreditReader.from_sections(languages.credits(), languages.common_credits(), dates=dates), dates)


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
