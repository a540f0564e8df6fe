"""The words by which credits are read, of all languages together: the section `credits` of their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cleancopy.fields.wordlists import Section, known_fields, strings, table_at
from cleancopy.model import CreditRole
from cleancopy.text.letters import WORDS, caseless

_COLONS = ":：/／=＝"
_ROLES = tuple(role for role in CreditRole if role is not CreditRole.AGENCY)
_LISTS = {
    "subjects": "subjects", "and": "joining", "with": "accompanying", "through": "through", "honorifics": "honorifics",
    "degrees": "degrees", "jobs": "jobs", "organisation": "organisation", "collective": "collective",
    "anonymous": "anonymous", "places": "prepositions", "not_names": "not_names", "portraits": "portraits",
    "suffixes": "suffixes", "interview": "interviews",
    "menu": "menu", "taken": "taken", "reporting": "reporting",
}  # fmt: skip
"""The word lists of a language, and the fields of `Vocabulary` that hold them."""
CREDIT_FIELDS: Mapping[str, str] = {
    "author": "what opens a byline (`by`, `von`); before names alone, and with `:` at its end only before a colon",
    "photographer": "what opens the credit of a picture (`photo:`)",
    "illustrator": "what opens the credit of a drawing or a chart",
    "translator": "what opens the name of a translator (`translated by`)",
    "editor": "what opens the name of an editor (`edited by`)",
    "contributor": "what opens the name of who helped (`additional reporting by`)",
    "publisher": "what opens a source (`source:`, `originally published on`)",
    "interview": "what opens the name of who asked the questions; before a job's title it names who answered them",
    "subjects": "what may stand before these (`this article was`)",
    "and": "joins two names",
    "with": "joins names, and makes the later ones contributors",
    "through": "stands before who supplied it (`via`)",
    "honorifics": "titles before a name, cut off (`dr`)",
    "degrees": "letters behind a name, cut off (`phd`)",
    "jobs": "words of job titles; what holds one is an affiliation and cut off",
    "suffixes": "roles behind a name without a mark between them (`기자`), cut off; the line is a byline",
    "organisation": "words that make a name an organisation (`university`)",
    "collective": "words of a desk or a team, which signs as an organisation",
    "anonymous": "bylines that name nobody (`admin`)",
    "places": "words before a place, an employer or a section (`in`); they end a name",
    "portraits": "what says that a picture shows somebody (`headshot of`)",
    "taken": "verbs behind the name of who made a picture, where words are not spaced (`摄`)",
    "reporting": "verbs behind the name of who reports, or behind the place from where (`報導`)",
    "menu": "words of menus, pagers and account bars; no name consists of them alone",
    "not_names": "words that no name holds",
}
"""What the section `credits` of a language may hold."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase that opens a credit, case-folded; some do so only before a colon or a slash."""

    text: str
    needs_colon: bool
    role: CreditRole


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words are case-folded and without the full stop of an abbreviation, but for `particles`, `articles` and
    `partners`, which are in small letters as they stand in the file.
    """

    phrases: tuple[Phrase, ...]
    subjects: frozenset[str]
    """What may stand before the phrase ("This article")."""
    joining: frozenset[str]
    accompanying: frozenset[str]
    through: frozenset[str]
    """Joining words: "and"; "with", before a contributor; "via", before who supplied it."""
    honorifics: frozenset[str]
    degrees: frozenset[str]
    jobs: frozenset[str]
    organisation: frozenset[str]
    """Words in names of organisations ("Press", "University")."""
    collective: frozenset[str]
    """Words for a group that signs ("Desk", "Team")."""
    anonymous: frozenset[str]
    """What stands for nobody ("Admin")."""
    prepositions: frozenset[str]
    """Before a place, an employer or a section ("in", "at")."""
    not_names: frozenset[str]
    portraits: frozenset[str]
    """What says that the words beside it describe a picture of somebody ("Headshot of")."""
    taken: frozenset[str]
    """Verbs behind the name of who made a picture ("摄", "撮影")."""
    reporting: frozenset[str]
    """Verbs behind the name of who reports, or behind the place from where ("報導")."""
    menu: frozenset[str]
    """Words and phrases of menus, pagers and account bars: no name consists of them alone."""
    interviews: frozenset[str]
    """Those phrases that open the name of who asked the questions, but before a job title of who answered them."""
    suffixes: frozenset[str]
    """Roles right behind a name in scripts without capitals ("기자", "記者")."""
    particles: frozenset[str]
    articles: frozenset[str]
    surnames: frozenset[str]
    """Surnames that are small words of some language."""
    partners: frozenset[str]
    """What follows "&" in the name of a firm ("Co.", "Sons")."""
    towns: frozenset[str]
    accounts: frozenset[str]
    """Networks and the like whose links stand behind a name ("Twitter")."""
    families: frozenset[str]
    """Family names that stand first, of one or two characters."""

    @classmethod
    def from_sections(cls, languages: Mapping[str, Section], common: Section) -> Vocabulary:
        """languages: code → words; where two disagree what a phrase opens, the first says it. common: has `names`.

        Raises ConfigurationError naming file and field for an unknown or missing field, an empty list, or a duplicate
        within a list.
        """
        phrases: dict[str, Phrase] = {}
        words: dict[str, set[str]] = {field: set() for field in _LISTS}
        for section in languages.values():
            known_fields(section.data, CREDIT_FIELDS, section.source, section.name)
            for role in _ROLES:
                asking = _listed(section, "interview") if role is CreditRole.AUTHOR else []
                for listed in (*asking, *_listed(section, role.value)):
                    bare = listed.casefold().rstrip(_COLONS).rstrip()
                    phrase = Phrase(bare, listed[-1] in _COLONS, role)
                    same = phrases.setdefault(phrase.text, phrase)
                    if same.role is role and not phrase.needs_colon:
                        phrases[phrase.text] = phrase
            for field, known in words.items():
                known.update(word.casefold().rstrip("." + _COLONS).rstrip() for word in _listed(section, field))
        source = common.source
        names = table_at(common.data, "names", source)
        known_fields(
            names,
            {"particles", "articles", "surnames", "partners", "places", "towns", "families", "accounts"},
            source,
            "names",
        )
        return cls(
            phrases=tuple(phrases.values()),
            **{_LISTS[field]: frozenset(known) for field, known in words.items()},
            particles=frozenset(strings(names.get("particles"), source, "names.particles")),
            articles=frozenset(strings(names.get("articles"), source, "names.articles")),
            surnames=frozenset(name.casefold() for name in strings(names.get("surnames"), source, "names.surnames")),
            partners=frozenset(strings(names.get("partners"), source, "names.partners")),
            towns=frozenset(
                place.casefold()
                for field in ("places", "towns")
                for place in strings(names.get(field), source, f"names.{field}")
            ),
            accounts=frozenset(map(str.casefold, strings(names.get("accounts"), source, "names.accounts"))),
            families=frozenset(strings(names.get("families"), source, "names.families")),
        )


def first_word(text: str) -> str:
    """The first word of a phrase, or the first letter in a script without spaces: the key it is looked up by."""
    if text and not text[0].isascii() and caseless(text):
        return text[0]
    match = WORDS.match(text)
    return match[0] if match else text[:1]


def _listed(section: Section, field: str) -> list[str]:
    """The list `field` of a language, which may lack it but not leave it empty."""
    data = section.data
    return strings(data.get(field, []), section.source, section.place(field), empty=field not in data)
