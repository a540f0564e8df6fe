"""Languages: `config/languages/<code>.toml` holds what is known of one, `common.toml` what belongs to none.

A file has sections, and `docs/rules.md` says what stands in each. What a language lacks it names in `missing`, so that
nothing is left out by mistake.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleancopy.cache import kept
from cleancopy.errors import ConfigurationError
from cleancopy.fields.wordlists import Section
from cleancopy.rules.tags import language_of
from cleancopy.settings import read_toml, resource

COMMON = "common"
"""The file of what belongs to no language."""

SECTIONS: Mapping[str, str] = {
    "rule": "lines that are no text of an article",
    "lexicon": "words that are evidence of such lines without being proof, by category",
    "credits": "words by which bylines and other credits are read",
    "dates": "words by which dates are read",
    "stop_words": "the commonest words, by which running text is told from lists",
    "pages": "what pages say that are no articles, by kind",
}
"""What a language has, or else names in `missing`."""
_TOP = ("language", "missing", "letters", *SECTIONS)
_COMMON_CREDITS = ("agency", "publishers", "names")
_COMMON_DATES = ("calendars", "day_halves", "zones", "domains")
_COMMON_TOP = ("language", "rule", "lexicon", *_COMMON_CREDITS, *_COMMON_DATES)
_PACK = ("rule", "lexicon")
_CODE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True, slots=True)
class Language:
    """A file of a language, or of what belongs to none: the tables it holds by their names.

    source: the file, for errors.
    """

    code: str
    source: str
    data: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> Language:
        """A file of the user's, which holds what is to stand in place of the shipped; it need not be complete.

        Raises ConfigurationError naming the file and what is wrong with it.
        """
        return cls.parse(read_toml(path), str(path))

    @classmethod
    def parse(cls, data: Mapping[str, Any], source: str) -> Language:
        """The language in `data`, the parsed file `source`; its sections are checked where they are used.

        Raises ConfigurationError for a code that is none or stands for another, and for sections that are not known.
        """
        code = data.get("language")
        if code != COMMON and (not isinstance(code, str) or not _CODE.fullmatch(code)):
            raise ConfigurationError(
                f"{source}: language is {code!r}; it must be a code of two or three letters (ISO 639) without region "
                'or script, such as "fi"'
            )
        if language_of(code) != code:
            raise ConfigurationError(
                f'{source}: language is "{code}", which is read as "{language_of(code)}"; write language = '
                f'"{language_of(code)}", or add to {language_of(code)}.toml'
            )
        known = _COMMON_TOP if code == COMMON else _TOP
        for key in data:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
                raise ConfigurationError(f"{source}: there is no section {key}; {hint}")
        if not isinstance(data.get("letters", ""), str):
            raise ConfigurationError(f'{source}: letters must be one string, such as "åäö"')
        for section in ("lexicon", "credits", "dates", "pages"):
            if not isinstance(data.get(section, {}), Mapping):
                raise ConfigurationError(f"{source}: {section} must be a table: write [{section}]")
        return cls(code, source, data)

    def check_complete(self) -> None:
        """Raises ConfigurationError unless the sections that are not there are those that `missing` names."""
        if self.code == COMMON:
            return
        named = self.data.get("missing", [])
        if not isinstance(named, list) or not set(named) <= set(SECTIONS):
            raise ConfigurationError(f"{self.source}: missing must list sections; there are {', '.join(SECTIONS)}")
        for section in SECTIONS:
            if section not in self.data and section not in named:
                raise ConfigurationError(
                    f"{self.source}: {section} is missing; write it, or name it in `missing` at the top of the file"
                )
            if section in self.data and section in named:
                raise ConfigurationError(f"{self.source}: {section} is there; take it out of `missing`")

    @property
    def has_pack(self) -> bool:
        """Whether it has rules or a lexicon, which are one pack and stand in place of the shipped one together."""
        return not set(_PACK).isdisjoint(self.data)

    def pack(self) -> Section:
        """Its rule pack, as `RulePack.parse` takes it."""
        return Section(self.source, "pack", _only(self.data, ("language", *_PACK)))


class Languages:
    """The shipped languages, where `own` says nothing else: a section there stands in place of the shipped one, rules
    and lexicon together.
    """

    def __init__(self, own: Sequence[Language] = ()) -> None:
        """Raises ConfigurationError for a shipped file that is not complete, and for two of one's own of a language."""
        self._own: dict[str, Language] = {}
        for each in own:
            if each.code in self._own:
                raise ConfigurationError(
                    f"{self._own[each.code].source} and {each.source} both say language = {each.code}; merge them"
                )
            self._own[each.code] = each
        folder = resource("config") / "languages"
        self._paths = {path.stem: path for path in sorted(folder.glob("*.toml"))}
        self._contents = {code: path.read_bytes() for code, path in self._paths.items()}
        self._parsed: dict[str, Language] = {}
        named = b"".join(b"%b %d %b" % (code.encode(), len(each), each) for code, each in self._contents.items())
        # The rules are nine tenths of the bytes, and only some packs may be asked for.
        self._reading = Path(__file__).read_bytes()
        self._words: Mapping[str, Mapping[str, Any]] = kept("words", self._reading + named, self._read_words)
        self.codes = tuple(sorted({*self._paths, *self._own} - {COMMON}))

    @property
    def packs(self) -> frozenset[str]:
        """The names of the rule packs: the languages with rules or a lexicon, and `common`."""
        names = {code for code, words in self._words.items() if not set(_PACK).isdisjoint(words["sections"])}
        return frozenset({*names, *(code for code, each in self._own.items() if each.has_pack)})

    def pack(self, code: str) -> Section:
        """The rule pack of that name, as `RulePack.parse` takes it."""
        own = self._own.get(code)
        if own is not None and own.has_pack:
            return own.pack()
        data = kept("pack", self._reading + self._contents[code], lambda: dict(self._shipped(code).pack().data))
        return Section(_shown(code), "pack", data)

    def is_own(self, code: str) -> bool:
        """Whether the pack of that name is of the user's."""
        return code in self._own and self._own[code].has_pack

    def differs_in_rules_only(self, code: str) -> bool:
        """Whether the user's file of that name says nothing else, beside its pack, than the shipped one."""
        words = self._words[code]["words"] if code in self._words else {}
        return all(words.get(key) == value for key, value in self._own[code].data.items() if key not in _PACK)

    def credits(self) -> dict[str, Section]:
        """Language → the words by which credits are read."""
        return self._sections("credits")

    def dates(self) -> dict[str, Section]:
        """Language → the words by which dates are read."""
        return self._sections("dates")

    def pages(self) -> dict[str, Section]:
        """Language → kind → what pages say that are no articles."""
        return self._sections("pages")

    def stop_words(self) -> dict[str, Section]:
        """Language → `stop_words`: its commonest words."""
        found = self._sections("stop_words").items()
        return {code: Section(each.source, "", {"stop_words": each.data}) for code, each in found}

    def letters(self) -> dict[str, str]:
        """Language → its small letters outside ASCII."""
        found = ((code, self._value(code, "letters")[1]) for code in self.codes)
        return {code: letters for code, letters in found if letters}

    def common_credits(self) -> Section:
        """Agencies, publishers, and what names of every language hold."""
        return self._common(_COMMON_CREDITS)

    def common_dates(self) -> Section:
        """Calendars, halves of the day, zones, and who writes the day first."""
        return self._common(_COMMON_DATES)

    def missing(self) -> dict[str, tuple[str, ...]]:
        """Language → the sections that it lacks, for those that lack any."""
        found = {code: tuple(section for section in SECTIONS if not self._has(code, section)) for code in self.codes}
        return {code: sections for code, sections in found.items() if sections}

    def text(self, code: str) -> str | None:
        """The shipped file as it is written; None where there is none."""
        return self._contents[code].decode() if code in self._contents else None

    def _has(self, code: str, section: str) -> bool:
        if code in self._own and section in self._own[code].data:
            return True
        return section in self._words[code]["sections"] if code in self._words else False

    def _sections(self, name: str) -> dict[str, Section]:
        found = ((code, *self._value(code, name)) for code in self.codes)
        return {code: Section(source, name, data) for code, source, data in found if data is not None}

    def _value(self, code: str, name: str) -> tuple[str, Any]:
        """The file and the value of a section that is no part of the pack; None where there is none."""
        own = self._own.get(code)
        if own is not None and (name in own.data or code not in self._paths):
            return own.source, own.data.get(name)
        return _shown(code), self._words[code]["words"].get(name)

    def _common(self, names: Collection[str]) -> Section:
        merged = dict(_only(self._words[COMMON]["words"], names))
        own = self._own.get(COMMON)
        return Section(_shown(COMMON), "", merged | (_only(own.data, names) if own else {}))

    def _read_words(self) -> dict[str, Any]:
        """Code → the sections that are no part of the pack, and the names of all."""
        read = {}
        for code in self._paths:
            data = self._shipped(code).data
            read[code] = {
                "sections": [section for section in SECTIONS if section in data],
                "words": {key: value for key, value in data.items() if key not in _PACK},
            }
        return read

    def _shipped(self, code: str) -> Language:
        """The shipped file, parsed and checked."""
        if code not in self._parsed:
            path = self._paths[code]
            language = Language.parse(read_toml(path), _shown(code))
            if language.code != code:
                raise ConfigurationError(f'{path} says language = "{language.code}"; name it {language.code}.toml')
            language.check_complete()
            self._parsed[code] = language
        return self._parsed[code]


def _only(data: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: data[name] for name in names if name in data}


def _shown(code: str) -> str:
    return f"config/languages/{code}.toml"
