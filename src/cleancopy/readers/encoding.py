"""Bytes to text, with the reason for the codec that was taken."""

from __future__ import annotations

import codecs
import re
import string
import unicodedata
from collections import Counter

from cleancopy.errors import RecordError
from cleancopy.repair import alphabets

# Longest first: the mark of UTF-32-LE begins with that of UTF-16-LE.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What the web means by these labels (WHATWG Encoding Standard).
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030"}
# Codecs that Python alone knows: nothing is written in them, and they fail in ways of their own or take quadratic time.
_NEVER_MEANT = frozenset(["idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"])
# Their bytes are valid UTF-8 of another meaning, so only a declaration can tell.
WIDE = frozenset(["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
_AMBIGUOUS = WIDE | {"iso2022_jp", "hz"}
# Of encodings that detection finds equally good, the one that is more common on the web (W3Techs' order) is meant.
_LIKELY = (
    "cp1252",
    "cp1251",
    "cp932",
    "gb18030",
    "cp949",
    "cp1250",
    "cp1254",
    "euc_jis_2004",
    "big5",
    "cp1253",
    "cp1255",
    "cp1256",
)
# Of Latin code pages, whose bytes are letters in all of them, the one whose letters are those of one language is meant.
# The common ones first.
_LATIN = (
    "cp1252",
    "cp1250",
    "cp1254",
    "cp1257",
    "iso8859_2",
    "iso8859_15",
    "iso8859_13",
    "cp850",
    "cp852",
    "cp437",
    "mac_roman",
    "mac_latin2",
)
_LEAST_LETTERS = 0.9
_SAMPLE_BYTES = 1 << 16
_LEAST_CONFIDENCE = 0.5
_HEAD = 4096
_PLAIN = dict.fromkeys([*range(0x20, 0x7F), *b"\t\n\r"])
_ASCII_LETTERS = string.ascii_letters.encode()
_MULTIBYTE = frozenset(["cp932", "gb18030", "cp949", "euc_jis_2004", "euc_jp", "euc_kr", "big5", "shift_jis", "utf_16"])


def decode(
    data: bytes, *, override: str | None = None, declared: str | None = None, declarer: str = ""
) -> tuple[str, str]:
    """Text and what `Record.encoding` says of it, such as `utf-8 (bom)` or `cp1252 (declared by meta)`.

    In this order: `override`, a byte order mark, valid UTF-8, the encoding that `declarer` declares, detection. Bytes
    that are valid UTF-8 by chance are so rare that a contrary declaration is a mistake of its writer.

    Raises RecordError `encoding.undecodable` where nothing fits, or where `override` does not.
    """
    if override is not None:
        try:
            return data.decode(override).removeprefix("\ufeff"), f"{override} (configured)"
        except (LookupError, ValueError) as error:
            raise RecordError("encoding.undecodable", f"is not {override} as configured: {error}") from error
    mark, name = marked(data)
    if name:
        try:
            return data[len(mark) :].decode(name), f"{name} (bom)"
        except UnicodeDecodeError:
            pass
    if not name and (name := wide(data[:_HEAD])):
        try:
            return data.decode(name), f"{name} (detected)"
        except UnicodeDecodeError:
            pass
    label = _canonical(declared) if declared else None
    if label not in _AMBIGUOUS or (b"\x1b" not in data and b"~{" not in data and b"\0" not in data):
        try:
            text = data.decode()
        except UnicodeDecodeError:
            pass
        else:
            if text.isascii() or label in ("utf-8", None):
                return text, f"utf-8 (declared by {declarer})" if label == "utf-8" else "utf-8 (valid)"
            return text, f"utf-8 (valid, though {declarer} declares {label})"
    if label is not None:
        try:
            return data.decode(label), f"{label} (declared by {declarer})"
        except UnicodeDecodeError:
            pass
    return _detect(data)


def marked(data: bytes) -> tuple[bytes, str]:
    """The byte order mark that `data` begins with and the encoding it stands for, both empty without one."""
    return next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", ""))


def is_binary(head: bytes) -> bool:
    """Whether the first bytes of a file are no text: NUL outside UTF-16 and UTF-32, or mostly control characters."""
    if marked(head)[1] or wide(head):
        return False
    controls = sum(head.count(code) for code in range(32) if code not in b"\t\n\v\f\r\x1b")
    return controls > len(head) // 20 or (head.count(0) > 0 and head.startswith(_SIGNATURES))


# Formats that begin readably: PDF, PostScript, OLE, ZIP and office files, PNG, JPEG, GIF, gzip.
_SIGNATURES = (b"%PDF", b"%!PS", b"\xd0\xcf\x11\xe0", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b")


def _canonical(label: str) -> str | None:
    """The codec that a declaration means; None for one that is unknown or not of text."""
    try:
        codec = codecs.lookup(label.strip().strip("\"'"))
    except (LookupError, ValueError):
        return None
    if not codec._is_text_encoding or codec.name in _NEVER_MEANT:
        return None
    return _MEANT.get(codec.name, codec.name)


def wide(head: bytes) -> str:
    """The UTF-16 that the first bytes of a text are in without a mark; empty if they are not.

    With zeros they are no UTF-8. In UTF-16 they are characters alone, no controls, and the right order of bytes has the
    spaces and line ends.
    """
    zeros = head.count(0)
    controls = sum(head.count(code) for code in range(1, 32) if code not in b"\t\n\r")
    # A text of single bytes, with a stray zero or some.
    if zeros == 0 or (20 * controls < len(head) > 5 * zeros and (_is_latin(head) or _is_utf_8(head))):
        return ""
    best, most = "", 0
    for name in ("utf-16-le", "utf-16-be"):
        text = head[: len(head) & ~1].decode(name, "replace")[:-1].removesuffix("\ufffd")
        kinds = Counter(map(unicodedata.category, text.translate(_PLAIN)))
        plain = len(text) - sum(kinds.values())
        if plain > most and not kinds.keys() & {"Cc", "Cn", "Co", "Cs"} and "\ufffd" not in text:
            best, most = name, plain
    return best


def _is_utf_8(head: bytes) -> bool:
    """Whether the bytes are UTF-8, but for a last character that is cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _is_latin(sample: bytes) -> bool:
    """Whether most letters are those of ASCII, as in any Latin script."""
    letters = len(sample) - len(sample.translate(None, _ASCII_LETTERS))
    return letters > 2 * sum(byte > 0x7F for byte in sample)


def _latin(sample: bytes) -> str:
    """The Latin code page in which most bytes outside ASCII are letters of one language, or marks; empty if none is."""
    counts = Counter(byte for byte in sample if byte > 0x7F)
    best, most = "", _LEAST_LETTERS * counts.total()
    for name in _LATIN:
        found: Counter[str] = Counter()
        for byte, count in counts.items():
            found[bytes([byte]).decode(name, "replace").lower()] += count
        signs = sum(found[mark] for mark in alphabets.marks())
        letters = max(alphabets.of_languages(found).values()) + signs
        if letters > most:
            best, most = name, letters
    return best


def _detect(data: bytes) -> tuple[str, str]:
    from charset_normalizer import from_bytes

    # A cut may split a character; what lies around the first odd bytes tells more than a head of plain ASCII.
    first = next(iter(re.finditer(rb"[\x80-\xff]", data)))
    sample = data[max(0, first.start() - 1024) :][:_SAMPLE_BYTES] if len(data) > _SAMPLE_BYTES else data
    matches = from_bytes(sample)
    best = matches.best()
    if best is not None:
        confidence = round(1.0 - best.chaos, 2)
        equal = [match for match in matches if (match.chaos, match.coherence) == (best.chaos, best.coherence)]
        names = {name for match in equal for name in match.could_be_from_charset}
        codec = next((name for name in _LIKELY if name in names), best.encoding)
        if codec not in _MULTIBYTE and _is_latin(sample):
            codec = _latin(sample) or codec
        if confidence >= _LEAST_CONFIDENCE:
            try:
                return data.decode(codec), f"{codec} (detected {confidence})"
            except UnicodeDecodeError:
                pass
    raise RecordError(
        "encoding.undecodable", "neither UTF-8 nor anything that can be detected; set input.encoding to what it is"
    )
