"""One rule pack: what a language (or every language, for the pack `common`) says on lines that are no article text.

A pack is a TOML file. Each `[[rule]]` is a rule, its documentation and its test at once; `[lexicon]` lists words that
are evidence without being proof. `docs/rules.md` explains the keys.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Annotated, Any

import re2
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, ValidationInfo, model_validator

from cleancopy.errors import ConfigurationError
from cleancopy.model import BOILERPLATE, Role
from cleancopy.rules.fold import fold

MAX_WORDS = 30
"""No rule may remove a longer line: only whole sentences are longer, and a sentence is never boilerplate by its words
alone.
"""

MAX_PROGRAM = 20_000
"""Instructions that one pattern may compile to. The largest of the shipped packs has 18,207, the next 9,888.
Alternatives inside repetitions multiply, and so large an automaton is slow to build.
"""

LEXICON_CATEGORIES = (
    "share",
    "related",
    "newsletter",
    "comments",
    "navigation",
    "legal",
    "advertisement",
    "cookie",
    "tags",
    "subscription",
    "account",
    "caption",
    "byline",
    "time",
    "media",
)
"""What a word can be evidence of. The line model has one input for each, so the order is part of the weights."""


class Effect(StrEnum):
    """How far a rule reaches. `list`: the header takes the list below it; `tail`: everything to the end, unless prose
    resumes; `box`: everything to the next line of a rule of the role that is an `end`.
    """

    LINE = "line"
    LIST = "list"
    TAIL = "tail"
    BOX = "box"
    END = "end"


class Strength(StrEnum):
    """`sure` rules decide by themselves; a `hint` is evidence for the line model and for the blocks around it."""

    SURE = "sure"
    HINT = "hint"


_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Rule(BaseModel):
    """A rule. A line matches when its folded form equals a phrase or matches a pattern from end to end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,8}(?:\.[a-z0-9_]+){2,}$")]
    role: Role
    effect: Effect = Effect.LINE
    strength: Strength = Strength.SURE
    phrases: tuple[_Text, ...] = ()
    patterns: tuple[_Text, ...] = ()
    max_words: Annotated[int, Field(ge=1, le=MAX_WORDS)] = 12
    note: str = ""
    hits: Annotated[tuple[_Text, ...], Field(min_length=1)]
    misses: Annotated[tuple[_Text, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Rule:
        if info.context == _TRUSTED:
            return self
        if self.role not in BOILERPLATE:
            raise ValueError(f"role: `{self.role}` is not removed; choose one of {', '.join(BOILERPLATE)}")
        if not self.phrases and not self.patterns:
            raise ValueError("phrases or patterns: at least one is needed")
        for pattern in self.patterns:
            compiled = _compile(pattern)
            if compiled.fullmatch(""):
                raise ValueError(f"patterns: `{pattern}` matches the empty line (an empty alternation?)")
            if compiled.programsize > MAX_PROGRAM:
                raise ValueError(
                    f"patterns: `{pattern}` compiles to {compiled.programsize:,} instructions, not {MAX_PROGRAM:,} at "
                    "most; write it as several patterns, or its wordings as phrases"
                )
        phrases = frozenset(map(fold, self.phrases))
        if "" in phrases:
            empty = next(phrase for phrase in self.phrases if not fold(phrase))
            raise ValueError(f"phrases: `{empty}` has no letter or digit")
        for line in self.hits:
            if not self._matches(fold(line), phrases):
                raise ValueError(f"hits: `{line}` is not matched (folded: `{fold(line)}`)")
        for line in self.misses:
            if self._matches(fold(line), phrases):
                raise ValueError(f"misses: `{line}` is matched (folded: `{fold(line)}`)")
        return self

    def matches(self, line: str) -> bool:
        """Whether this rule alone matches the line; `RuleBook.match` does the same for all rules at once."""
        return self._matches(fold(line), frozenset(map(fold, self.phrases)))

    def _matches(self, folded: str, phrases: Collection[str]) -> bool:
        if not folded or len(folded.split()) > self.max_words:
            return False
        return folded in phrases or any(_compile(pattern).fullmatch(folded) is not None for pattern in self.patterns)


class RulePack(BaseModel):
    """The rules and the lexicon of one language. `language` is a language code without region or script (ISO 639), or
    `common`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,8}$")]
    rule: tuple[Rule, ...] = ()
    lexicon: Mapping[str, tuple[_Text, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> RulePack:
        seen: set[str] = set()
        for rule in self.rule:
            if rule.id in seen:
                raise ValueError(f"rule: the id `{rule.id}` is given twice")
            seen.add(rule.id)
            if not rule.id.startswith(self.language + "."):
                raise ValueError(f"rule: the id `{rule.id}` must start with `{self.language}.`")
        for category, words in self.lexicon.items():
            if category not in LEXICON_CATEGORIES:
                raise ValueError(f"lexicon: unknown category `{category}`; known are {', '.join(LEXICON_CATEGORIES)}")
            if not words:
                raise ValueError(f"lexicon.{category}: the list is empty")
            for word in words:
                if len(word.split()) > 3:
                    raise ValueError(f"lexicon.{category}: `{word}` has more than three words")
        return self

    @classmethod
    def parse(cls, data: Mapping[str, Any], source: str, *, trusted: bool = False) -> RulePack:
        """The pack in `data`, the parsed TOML of the file `source`.

        trusted: the patterns, hits and misses have been checked before. Checking those of all shipped packs takes half
        a second, and the tests and `cleancopy rules test` do.

        Raises `ConfigurationError`, naming file, rule and field, for unknown keys, duplicate ids, bad or empty
        patterns, and for a rule whose own `hits` and `misses` do not hold.
        """
        try:
            return cls.model_validate(data, context=_TRUSTED if trusted else None)
        except ValidationError as error:
            problems = []
            for item in error.errors():
                place = list(item["loc"])
                if len(place) >= 2 and place[0] == "rule" and isinstance(place[1], int):
                    entry = data["rule"][place[1]]
                    name = entry.get("id", f"number {place[1] + 1}") if isinstance(entry, Mapping) else place[1] + 1
                    place[:2] = [f"rule {name}"]
                message = item["msg"].removeprefix("Value error, ")
                problems.append(f"{source}: {' · '.join(map(str, place)) or 'pack'}: {message}")
            raise ConfigurationError("\n".join(problems)) from None


def _compile(pattern: str) -> re2._Regexp[str]:
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0]
        raise ValueError(f"patterns: `{pattern}` is no RE2 pattern: {reason}") from None


_TRUSTED = "trusted"
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
