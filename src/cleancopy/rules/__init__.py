"""Rules as data: packs, their validation, and the book that matches a line against all of them at once."""

from cleancopy.rules.fold import fold
from cleancopy.rules.pack import LEXICON_CATEGORIES, Effect, Rule, RulePack, Strength
from cleancopy.rules.rulebook import ALL_GROUPS, MAX_CHARACTERS, Match, RuleBook
from cleancopy.rules.tags import ALWAYS, language_of, packs_of

__all__ = [
    "ALL_GROUPS",
    "ALWAYS",
    "LEXICON_CATEGORIES",
    "MAX_CHARACTERS",
    "Effect",
    "Match",
    "Rule",
    "RuleBook",
    "RulePack",
    "Strength",
    "fold",
    "language_of",
    "packs_of",
]
