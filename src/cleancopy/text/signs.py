"""Signs by what they do, of every script: what ends a sentence, quotes, opens and closes, or stands before an item.

Each is a string of characters, for sets and for classes of patterns (`rf"[{ENDS}]"`); none holds `^`, `-` or a
backslash but `DASHES`, which a class begins with.
"""

from __future__ import annotations

STOPS = ".…。．｡।॥۔።၊။៕"
"""What ends a statement, or breaks it off."""
EXCLAIMED = "!?！？؟‼⁇⁈⁉"
"""What ends a question or an exclamation, and stands at the end of titles as well."""
ENDS = STOPS + EXCLAIMED
"""What ends a sentence."""
WIDE_ENDS = "。！？"
"""What ends a sentence in scripts that write no space behind it."""
COMMAS = ",;，、；،؛"
"""What divides a sentence."""
DASHES = "-–—"

OPENING_BRACKETS, CLOSING_BRACKETS = "([（【", ")]）】"
"""Brackets that hold a remark: a credit, an agency."""
QUOTES = "\"'“‘„«‹「『"
"""What opens a quotation."""
UNQUOTES = "\"'”’»›」』"
"""What ends one; `›` is a bar between links as often, and in no set beside this one."""
OPENING = "\"'“‘„«([{「『【（〈《"
CLOSING = "\"'”’»)]}」』】）〉》"
"""Quotation marks and brackets, as sentences and titles begin and end with them. A class needs `CLOSING_CLASS`."""
OPENING_CLASS, CLOSING_CLASS = OPENING.replace("[", r"\["), CLOSING.replace("]", r"\]")

BULLETS = "*•·∙▪●○■□◦‣►▸✓✔"
"""What stands before an item of a list, beside dashes."""
ARROWS = "▶►▸▷▹☞→⇒➜➔➤»›>◀◄◂←«‹"
"""What points at another page."""
BULLET = rf"[{DASHES}{BULLETS}]\s"
"""Pattern: the bullet or dash before an item, with a space."""
NUMBER = r"\(?(?:[0-9]{1,3}|[a-zA-Z])[.)]\s"
"""Pattern: the number or letter before an item, with a space."""

SENTENCE_END = rf"[{ENDS}][{CLOSING_CLASS}]?\Z"
"""Pattern: the end of a line that ends a sentence, in quotation marks or brackets too."""
COPYRIGHT = r"(?:©|\(c\)|\bcopyright:?)"
"""Pattern, in any case: the sign of rights, or the word."""
