"""What must hold of every page, whatever stands in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

ADDRESS_ATTRIBUTES = {"src", "href", "action", "data", "poster", "srcset", "xlink:href", "formaction"}
VOID = {"meta", "input", "br", "link", "img", "hr"}


class Page(HTMLParser):
    """A parsed page: its elements with their attributes, the text of each, its scripts and its data."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self.data: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self._blocks(dict(attrs)).append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing at {self.getpos()}"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self._blocks(dict(self.elements[-1][1]))[-1] += data
        elif not self.open or self.open[-1] != "style":
            self.texts.append(data)

    def _blocks(self, attributes: dict[str, str | None]) -> list[str]:
        return self.data if attributes.get("type") == "application/json" else self.scripts

    @property
    def text(self) -> str:
        return "".join(self.texts)


def check_page(html: str) -> Page:
    """The page is well formed, loads nothing, and runs nothing but the scripts that its policy names."""
    page = Page(html)
    assert page.open == [], "elements are left open"
    policy = next(
        attributes["content"]
        for tag, attributes in page.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    allowed = re.findall(r"'sha256-([^']+)'", policy)
    found = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in page.scripts]
    assert found == allowed
    for data in page.data:
        json.loads(data)
    for tag, attributes in page.elements:
        assert tag not in {"iframe", "object", "embed", "link", "form", "base", "img"}, tag
        for name, value in attributes.items():
            assert not name.startswith("on"), f"{tag} has {name}"
            if name in ADDRESS_ATTRIBUTES:
                assert value is not None
                assert value.startswith("#"), f"{tag} points to {value}"
    assert not re.search(r"url\((?!#)|@import", html), "a style loads something"
    return page
