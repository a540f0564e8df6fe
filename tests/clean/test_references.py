"""Lists of literature below an article stay with their heading; lists of teasers with years do not."""

from __future__ import annotations

import pytest

import cleancopy

ARTICLES = {
    "en": (
        "The last ropewalk of the coast closes in the autumn, its owner said on Monday, after 206 years.",
        "Ropes were twisted here for ships that no sea has seen again, and for half of the county's bells.",
        "What becomes of the long shed is open; the museum would like it, and so would the rowing club next door.",
    ),
    "de": (
        "Die letzte Seilerbahn der Küste schließt im Herbst, sagte der Besitzer am Montag, nach 206 Jahren.",
        "Hier wurden Taue für Schiffe gedreht, die kein Meer mehr gesehen hat, und Seile für viele Glocken.",
        "Was aus dem langen Schuppen wird, ist offen; das Museum hätte ihn gern, der Ruderverein nebenan auch.",
    ),
}
LISTS = {
    "en": (
        "References",
        "Oake, T. (1962). Twisting hemp. Quay Press.",
        "Reed, J., & Lind, T. (2004a). Ropes of the north. Coastal Studies, 7(2), 11–40.",
        "County Archive (1911). Register of ropewalks. Sandlow.",
    ),
    "de": (
        "Literatur",
        "[1] Harms, W. (1987): Seiler und Reeper. Hafenverlag, Tarn.",
        "[2] Lührs, G.; Brandt, O. (2011): Hanf an der Küste. In: Jahrbuch der Werften 12, S. 33–58.",
        "[3] Stadtarchiv Tarn (1902): Verzeichnis der Reeperbahnen.",
    ),
}


@pytest.mark.parametrize("language", ARTICLES)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_entries_and_their_heading_stay(language: str, gap: str) -> None:
    heading, *entries = LISTS[language]
    text = "\n\n".join([*ARTICLES[language], heading, gap.join(entries)])
    article = cleancopy.clean(f"A ropewalk closes\n\n{text}")
    for line in (heading, *entries):
        assert line in article.text.split("\n")


@pytest.mark.parametrize("language", ARTICLES)
def test_what_a_rule_takes_goes_whatever_its_years(language: str) -> None:
    header = {"en": "Related articles", "de": "Mehr zum Thema"}[language]
    teasers = ["Ropes of the north (2019)", "The hemp king (2020)", "A bell without a rope (2021)"]
    article = cleancopy.clean("\n\n".join(["A ropewalk closes", *ARTICLES[language], header, "\n".join(teasers)]))
    assert not [line for line in (header, *teasers) if line in article.text]
