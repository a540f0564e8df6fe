"""The skeleton of a language's file: what is shipped of it, and of all that is missing what it holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from cleancopy.decide.kinds import KIND_DETAILS, PAGE_FIELDS
from cleancopy.errors import ConfigurationError
from cleancopy.fields.credits.vocabulary import CREDIT_FIELDS
from cleancopy.fields.dates.vocabulary import DATE_FIELDS
from cleancopy.languages import SECTIONS, Language, Languages
from cleancopy.rules import LEXICON_CATEGORIES, Effect, Rule, RulePack, Strength

USUAL = 0.4
"""Share of the languages with rules that have a rule of one name which every language is asked for: 16 rules. The next
ones are those of single languages.
"""
MODELS = ("en", "de", "fr", "es")
"""Languages whose hits show what a rule is for, the first that has it."""


def skeleton(code: str, languages: Languages) -> str:
    """The file of a language, to be filled in. It is valid, since all that is missing stands in comments.

    Raises ConfigurationError for a code that is none, and where nothing of the language is missing.
    """
    Language.parse({"language": code}, code)
    missing = languages.missing().get(code, ()) if code in languages.codes else tuple(SECTIONS)
    shipped = languages.text(code)
    if not missing:
        raise ConfigurationError(
            f"there is a language {code}, and nothing of it is missing: config/languages/{code}.toml; change a copy of "
            "it, see docs/rules.md"
        )
    named = ", ".join(f'"{section}"' for section in missing)
    start = [
        "# What is missing. Remove the sign `#` before a section, fill it in, and take its name out of this list.",
        f"missing = [{named}]",
    ]
    if shipped is None:
        start += ['# letters = ""  # its small letters outside ASCII, such as "åäö"']
    if "stop_words" in missing:
        start += [f"# stop_words = []  # {SECTIONS['stop_words']}"]
    if shipped is None:
        top, rest = f'# {code}\nlanguage = "{code}"\n', ""
    else:
        top, rest = re.split(r"^missing = \[[^\]]*\]\n", shipped, maxsplit=1, flags=re.MULTILINE)
    parts = [top + "\n".join(start), rest.strip()]
    parts += ["\n".join(_SKELETONS[section](code, languages)) for section in missing if section != "stop_words"]
    return "\n\n".join(filter(None, parts)) + "\n"


def _rules(code: str, languages: Languages) -> Iterator[str]:
    yield f"# Missing: {SECTIONS['rule']}. The keys of a rule: docs/rules.md."
    packs = {name: RulePack.parse((each := languages.pack(name)).data, each.source, trusted=True) for name in MODELS}
    rules = {(name, rule.id.partition(".")[2]): rule for name, pack in packs.items() for rule in pack.rule}
    others = languages.packs - {"common"}
    counts = Counter(
        rule["id"].partition(".")[2] for name in others for rule in languages.pack(name).data.get("rule", ())
    )
    for usual, count in counts.most_common():
        model = next((rules[name, usual] for name in MODELS if (name, usual) in rules), None)
        if count >= USUAL * len(others) and model is not None:
            yield from _rule(code, usual, model)


def _rule(code: str, name: str, model: Rule) -> Iterator[str]:
    yield "#"
    yield f"# Such as {' · '.join(model.hits[:4])}"
    yield "# [[rule]]"
    yield f'# id = "{code}.{name}"'
    yield f'# role = "{model.role.value}"'
    if model.effect is not Effect.LINE:
        yield f'# effect = "{model.effect.value}"'
    if model.strength is not Strength.SURE:
        yield f'# strength = "{model.strength.value}"'
    yield "# phrases = []"
    yield "# patterns = []"
    yield f"# max_words = {model.max_words}"
    yield "# hits = []"
    yield "# misses = []"


def _lexicon(code: str, languages: Languages) -> Iterator[str]:
    yield f"# Missing: {SECTIONS['lexicon']}. One to three words each."
    yield "# [lexicon]"
    yield from (f"# {category} = []" for category in LEXICON_CATEGORIES)


def _credits(code: str, languages: Languages) -> Iterator[str]:
    yield f"# Missing: {SECTIONS['credits']}. Leave out what the language does not have."
    yield "# [credits]"
    yield from (f"# {field} = []  # {holds}" for field, holds in CREDIT_FIELDS.items())


def _dates(code: str, languages: Languages) -> Iterator[str]:
    yield f"# Missing: {SECTIONS['dates']}. Leave out what the language does not have."
    yield "# [dates]"
    for field, holds in DATE_FIELDS.items():
        yield f"# [dates.zones]  # {holds}" if field == "zones" else f"# {field} = {_EMPTY.get(field, '[]')}  # {holds}"


def _pages(code: str, languages: Languages) -> Iterator[str]:
    yield f"# Missing: {SECTIONS['pages']}."
    yield from (f"# {field}: {holds}" for field, holds in PAGE_FIELDS.items())
    for kind, detail in KIND_DETAILS.items():
        yield "#"
        yield f"# [pages.{kind}]  # {detail.partition(';')[0]}"
        yield from (f"# {field} = []" for field in PAGE_FIELDS)


_EMPTY = {"order": '"day"'}
_SKELETONS = {"rule": _rules, "lexicon": _lexicon, "credits": _credits, "dates": _dates, "pages": _pages}
