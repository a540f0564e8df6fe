"""Bytes that declare no encoding, in the encodings of their languages."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from cleancopy.readers.encoding import decode, is_binary

TEXTS: dict[str, str] = tomllib.loads((Path(__file__).parents[1] / "repair" / "languages.toml").read_text("utf-8"))[
    "text"
]
PAGES = {
    "ar": "cp1256",
    "bg": "cp1251",
    "cs": "cp1250 iso8859_2 cp852",
    "de": "cp1252 cp850",
    "el": "cp1253",
    "et": "cp1257",
    "fr": "cp1252 cp850",
    "he": "cp1255",
    "hu": "cp1250 iso8859_2",
    "is": "cp1252",
    "ja": "cp932 euc_jp",
    "ko": "cp949",
    "lt": "cp1257",
    "lv": "cp1257",
    "pl": "cp1250 iso8859_2",
    "pt": "cp1252",
    "ro": "cp1250",
    "ru": "cp1251 koi8_r cp866",
    "sk": "cp1250",
    "sv": "cp1252",
    "th": "cp874",
    "tr": "cp1254",
    "uk": "cp1251",
    "zh": "gb18030",
}


@pytest.mark.parametrize(("language", "page"), [(each, page) for each in PAGES for page in PAGES[each].split()])
def test_undeclared_code_pages_are_found(language: str, page: str) -> None:
    # Letters that the code page does not have are left out.
    data = f"{TEXTS[language]}\n".encode(page, "ignore")
    assert decode(data)[0] == data.decode(page)


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("language", TEXTS)
def test_utf_16_is_found_without_a_mark(language: str, order: str) -> None:
    text = f"{TEXTS[language]}\n"
    assert not is_binary(text.encode(order))
    assert decode(text.encode(order)) == (text, f"{order} (detected)")


@pytest.mark.parametrize("language", TEXTS)
def test_a_stray_zero_makes_no_utf_16(language: str) -> None:
    for text in (f"{TEXTS[language]}\n\0more", f"{TEXTS[language]}\nmore\0"):
        assert decode(text.encode()) == (text, "utf-8 (valid)")


def test_other_files_with_zeros_are_binary() -> None:
    assert is_binary(bytes(range(256)) * 16)
    assert is_binary(b"\0\1\0\2\0\3" * 100)
