from __future__ import annotations

import gzip
import json
import re
import tomllib
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleancopy.errors import RecordError
from cleancopy.model import NAME_GROUPS, About
from cleancopy.readers.html import document, parse
from cleancopy.readers.html.align import kept_shares
from cleancopy.readers.html.metadata import describe
from cleancopy.readers.html.render import render
from tests.benchmark import ABSENT, BENCH

FOLDER = Path(__file__).parent
BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "h1 h2 h3 h4 h5 h6 p li dt dd td th caption blockquote figcaption pre address summary legend label button a "
        "div",
    )
)
REGIONS = frozenset(["article", "nav", "header", "footer", "aside", "form", "figure", "hidden", "embedded"])
PROSE = "The bees have come back to the old town, and this time they are here to stay, says the keeper. "


def cases(name: str) -> Any:
    return pytest.mark.parametrize(
        "case", tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))["case"], ids=lambda case: case["id"]
    )


@cases("render")
def test_render(case: dict[str, Any]) -> None:
    page = render(parse(f"<html><head></head><body>{case['html']}</body></html>"))
    rendered = zip(page.tags, page.links, page.lines, strict=True)
    assert [f"{tag} | {share:g} | {line}" for tag, share, line in rendered] == case["lines"]


@cases("surroundings")
def test_surroundings(case: dict[str, Any]) -> None:
    page = render(parse(f"<html><body class='{case.get('body', '')}'>{case['html']}</body></html>"))
    at = page.lines.index(case["line"])
    for name, groups in (("near", page.near[at]), ("far", page.far[at])):
        assert sorted(group for bit, group in enumerate(NAME_GROUPS) if groups >> bit & 1) == sorted(case[name])
    if "boxes" in case:
        boxes = [page.boxes[at][first : first + 3] for first in range(0, len(page.boxes[at]), 3)]
        assert [" ".join(f"{value:g}" for value in box) for box in boxes] == case["boxes"]


@cases("align")
def test_align(case: dict[str, Any]) -> None:
    assert kept_shares(case["lines"], case["extraction"])[0] == case["shares"]


@cases("metadata")
def test_metadata(case: dict[str, Any]) -> None:
    stated = describe(parse(f"<html>{case['html']}</html>"), case.get("url"))
    assert {"title": stated.title, "author": stated.author, "date": stated.date} == {
        key: case.get(key) for key in ("title", "author", "date")
    }


@cases("about")
def test_what_a_page_says_of_itself(case: dict[str, Any]) -> None:
    stated = describe(parse(f"<html>{case['html']}</html>"), case.get("url"))
    said = {**asdict(stated.about), "tags": list(stated.about.tags), "modified": stated.modified}
    assert {name: value for name, value in said.items() if value not in (None, [])} == case.get("says", {})


def test_texts_and_lists_that_a_page_states_are_bounded() -> None:
    def stated(**said: Any) -> About:
        script = json.dumps({"@type": "Article", **said})
        return describe(parse(f"<html><script type='application/ld+json'>{script}</script></html>")).about

    long = stated(description="bees " * 1000, articleSection="b" * 121, keywords=[f"bee {n}" for n in range(500)])
    assert long.description is not None
    assert len(long.description) <= 1000
    assert long.description.endswith("bees…")
    assert (long.section, len(long.tags)) == (None, 100)
    assert stated(description="b" * 1001).description == "b" * 999 + "…"
    assert stated(description="b" * 1000, articleSection="b" * 120).section == "b" * 120
    assert stated(image=f"https://a.example/{'b' * 2000}").image is None


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["#a", "http://[", "//a.example/b#c", "https://u:p@a.example:x/", "2024-05-06", "\ud800", "&copy;"]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["@id", "@type", "@value", "name", "url", "contentUrl"]), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = ("headline", "description", "articleSection", "keywords", "image", "publisher", "license", "dateModified")


@given(
    st.lists(
        st.dictionaries(st.sampled_from([*NAMES, "isAccessibleForFree", "@id", "hasPart", "thumbnailUrl"]), VALUES),
        max_size=3,
    ),
    st.sampled_from([None, "https://a.example/b", "http://[", "c:\\a.html", ""]),
)
def test_no_statement_breaks_a_page(nodes: list[dict[str, Any]], url: str | None) -> None:
    kinds = ["Article", "WebPage", "WebSite"]
    script = json.dumps([{"@type": kind, **node} for kind, node in zip(kinds, nodes, strict=False)])
    about = describe(
        parse(f"<html><script type='application/ld+json'>{script.replace('<', ' ')}</script></html>"), url
    ).about
    for text in (about.description, about.site_name, about.section, *about.tags, about.license):
        assert text is None or (text.encode() and text == " ".join(text.split()))
    for address in (about.image, about.canonical_url):
        assert address is None or (address.startswith(("http://", "https://")) and "#" not in address)
    assert about.paywalled in (None, True, False)


def page(body: str) -> str:
    return (
        f"<html><head><title>Bees | The Daily</title></head><body><nav><a href='/'>Home</a></nav>{body}</body></html>"
    )


def test_document_has_every_line_and_what_is_extracted() -> None:
    found = document(
        page(f"<article><h1>Bees</h1><p>{PROSE * 3}</p><p>{PROSE * 2}</p></article>"),
        url="http://a.example/",
        extraction=True,
    )
    assert found.lines[0] == "Home"
    assert found.extracted is not None
    assert found.extracted[0] == 0.0
    assert found.extracted[-1] == found.extracted[-2] == 1.0
    assert found.numbers == (1, 2, 3, 4)
    assert (found.url, found.title) == ("http://a.example/", "Bees")


@pytest.mark.parametrize(
    ("stated", "shares"),
    [
        ({"@type": "NewsArticle", "articleBody": "The ferry sails on Monday again. It is new."}, (0, 0, 1, 1)),
        ({"@type": "NewsArticle", "articleBody": "&lt;p&gt;The ferry sails on Monday again.&lt;/p&gt;"}, (0, 0, 1, 0)),
        ({"@type": "Organization", "articleBody": "The ferry sails on Monday again. It is new."}, (0, 0, 0, 0)),
        ({"@type": "NewsArticle", "articleBody": ["no string"]}, (0, 0, 0, 0)),
        ({"@type": "NewsArticle"}, (0, 0, 0, 0)),
    ],
    ids=["stated", "mark-up in it", "of something else", "no text", "not stated"],
)
def test_what_the_page_states_as_its_article(stated: dict[str, Any], shares: tuple[int, ...]) -> None:
    script = f"<script type='application/ld+json'>{json.dumps(stated)}</script>"
    body = "<h1>Bees</h1><p>The ferry sails on Monday again.</p><p>It is new.</p>"
    found = document(page(script + body))
    assert found.surroundings is not None
    assert found.surroundings.stated == shares


def test_hints_of_the_caller_win() -> None:
    found = document(page("<h1>Bees</h1>"), title="Wasps", author="Ann Lee", date="2024-05-06")
    assert (found.title, found.author, found.date) == ("Wasps", "Ann Lee", "2024-05-06")


def test_hidden_lines_stay_only_where_they_are_the_article() -> None:
    article = f"<div style='display:none'><article><p>{PROSE * 4}</p><p>{PROSE * 3}</p></article></div>"
    found = document(page(f"{article}<div hidden><p>Close this menu</p></div>"))
    assert "Close this menu" not in found.lines
    assert found.tags is not None
    assert found.tags[-1] == "article.hidden.p"


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        (f"<article><p>{PROSE * 6}</p></article>", False),
        (f"<article><p>{PROSE * 6}</p></article><div hidden><p>{PROSE * 2}</p></div>", False),
        (f"<article><p>{PROSE * 6}</p></article><div hidden><p>{PROSE * 4}</p></div>", True),
        (f"<article><p>{PROSE * 3}</p></article>", True),
        ("<p>Loading</p>", True),
    ],
    ids=["shown", "little hidden", "much hidden", "short", "nothing shown"],
)
def test_trafilatura_is_asked_where_the_article_may_be_out_of_sight(
    monkeypatch: pytest.MonkeyPatch, body: str, asked: bool
) -> None:
    questions: list[str | None] = []

    def extract(tree: object, url: str | None) -> str:
        questions.append(url)
        return ""

    monkeypatch.setattr("cleancopy.readers.html._extract", extract)
    document(page(body), url="http://a.example/")
    assert questions == ["http://a.example/"] * asked


def test_text_that_only_the_pages_data_holds() -> None:
    data = json.dumps({"@type": "NewsArticle", "articleBody": PROSE * 5})
    found = document(page(f"<script type='application/ld+json'>{data}</script><p>Loading</p>"))
    assert found.tags is not None
    assert found.tags[-1] == "embedded.p"
    assert found.lines[-1] == (PROSE * 5).strip()


@pytest.mark.parametrize(
    "fragment", ["<p>x</p>", "x", "<td>x", "<!DOCTYPE html><p>x", "<?xml version='1.0'?><html><p>x"]
)
def test_fragments(fragment: str) -> None:
    assert document(fragment).lines == ("x",)


@pytest.mark.parametrize("nothing", ["", " \n", "<html></html>", "<script>1</script>", "<!-- -->"])
def test_nothing_to_see(nothing: str) -> None:
    assert document(nothing).lines == ()


def test_what_the_parser_would_cut_off_is_an_error() -> None:
    with pytest.raises(RecordError, match=r"html\.too_deep"):
        document("<div>" * 100_000 + "deep" + "</div>" * 100_000)


OVERFULL = {
    "spaces": " ".join(f"a{n}" for n in range(20_000)),
    "values": " ".join(f"a{n}=1" for n in range(20_000)),
    "quotes": "".join(f'a{n}="1"' for n in range(20_000)),
    "other quotes": "".join(f"a{n} = '1'" for n in range(20_000)),
    "slashes": "/".join(f"a{n}" for n in range(20_000)),
    "tag in a value": 'x="<" ' + " ".join(f"a{n}=1" for n in range(20_000)),
    "tag in a bare value": "x=<b " + " ".join(f"a{n}=1" for n in range(20_000)),
    "no tag": "< " + " ".join(f"a{n}=1" for n in range(20_000)),
}


@pytest.mark.parametrize("attributes", OVERFULL.values(), ids=OVERFULL)
def test_more_attributes_than_the_parser_can_bear_are_an_error(attributes: str) -> None:
    begin = process_time()
    with pytest.raises(RecordError, match=r"html\.attributes"):
        document(f"<p {attributes}>x</p>")
    assert process_time() - begin < 2


NOT_OVERFULL = {
    "words of a value": f"title='{'a b/c=d ' * 20_000}'",
    "words of a value in quotes": f'data-state = "{{{"a: /b/, " * 20_000}}}"',
    "steps of an address": f"href={'/a' * 20_000}",
    "marks of a value": f'title="{"= " * 20_000}"',
}


@pytest.mark.parametrize("attributes", NOT_OVERFULL.values(), ids=NOT_OVERFULL)
def test_long_values_are_few_attributes(attributes: str) -> None:
    assert document(f"<p {attributes}>kept</p>").lines == ("kept",)


def test_script_that_looks_like_a_tag_with_many_attributes() -> None:
    script = "for(i=0;i<n;i++) {" + "if (a/b) { c = d / 2; } " * 20_000
    assert document(f"<script>{script}</script><p>kept</p>").lines == ("kept",)


@pytest.mark.parametrize("unit", ["<", "<a", "<a ", "='", '="', "= ", "/", "<a='\""])
def test_attributes_are_counted_in_linear_time(unit: str) -> None:
    begin = process_time()
    with suppress(RecordError):
        parse(unit * 100_000)
    assert process_time() - begin < 5


def test_deep_but_readable() -> None:
    assert document("<html><body>" + "<div>" * 240 + "deep" + "</div>" * 240).lines == ("deep",)


HOSTILE = {
    "entities": "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;'>]><p>&b;&b;&b;</p><p>kept</p>",
    "attribute": f"<p title='{'x' * 3_000_000}'>kept</p>",
    "attributes": f"<p {' '.join(f'a{n}=1' for n in range(3_000))}>kept</p>",
    "siblings": "<b>x</b>" * 30_000 + "<p>kept</p>",
    "nul": "<p>ke\x00pt</p><p>kept</p>",
    "surrogate": "<p>\ud800</p><p>kept</p>",
    "markup": "<" * 50_000 + "<p>kept</p>",
    "json": f"<script type='application/ld+json'>{'[' * 100_000}</script><p>kept</p>",
    "external": "<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/x'><p>kept</p><img src='http://127.0.0.1:9/x'>",
    "words": "<p>" + "a b " * 40_000 + "</p><p>kept</p>",
    "titles": "<meta property='og:title' content='of bees'>" * 3_000 + "<h1>and wasps</h1>" * 3_000 + "<p>kept</p>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_are_bounded(name: str) -> None:
    begin = process_time()
    assert "kept" in document(HOSTILE[name]).lines
    assert process_time() - begin < 20


MARKUP = st.lists(
    st.one_of(
        st.sampled_from(
            re.findall(
                r"<[^>]+>",
                "<p></p><div></div><li><ul><td><tr><table></table><a></a><br><pre></pre><h1><b><nav><article>"
                "<div hidden><template><main role=banner><script></script><form><td></td>",
            )
        ),
        st.text(max_size=12),
    ),
    max_size=30,
).map("".join)


@given(MARKUP)
@settings(max_examples=150, deadline=None)
def test_any_markup_gives_a_document(html: str) -> None:
    found = document(html, extraction=True)
    assert found.tags is not None
    assert found.links is not None
    assert found.extracted is not None
    assert found.surroundings is not None
    around = found.surroundings
    columns = (found.numbers, found.indents, found.tags, found.links, found.extracted)
    assert document(html) == replace(found, extracted=None)
    assert {len(each) for each in (*columns, around.near, around.far, around.boxes, around.stated)} == {
        len(found.lines)
    }
    assert {len(boxes) for boxes in around.boxes} <= {12}
    assert all(0 <= share <= 1 for share in around.stated)
    for line, tag in zip(found.lines, found.tags, strict=True):
        assert line == " ".join(line.split()) != ""
        *regions, block = tag.split(".")
        assert block in BLOCKS
        assert set(regions) <= REGIONS
    assert all(0 <= share <= 1 for share in (*found.links, *found.extracted))


@given(st.lists(st.text("ab \u200d", max_size=12), max_size=12), st.text("ab \n", max_size=60))
def test_any_alignment_gives_shares(lines: list[str], extraction: str) -> None:
    shares, found = kept_shares(lines, extraction)
    assert len(shares) == len(lines)
    assert all(0 <= share <= 1 for share in shares)
    assert 0 <= found <= 1


WORDS = [f"w{number % 997}" for number in range(60_000)]
SLOW = {
    "recurring phrases": (WORDS, WORDS[::2]),
    "one word": (["a"] * 60_000, ["a"] * 50_000),
    "one word, another extracted": (["a", "b"] * 30_000, ["b", "a", "a"] * 20_000),
    "reversed": (WORDS, WORDS[::-1]),
}


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.parametrize("length", [1, 3, 12, 60_000])
def test_alignment_takes_near_linear_time(name: str, length: int) -> None:
    words, extraction = SLOW[name]
    lines = [" ".join(words[at : at + length]) for at in range(0, len(words), length)]
    begin = process_time()
    kept_shares(lines, " ".join(extraction))
    assert process_time() - begin < 10


PAGES = BENCH / "wcxb-dev" / "raw" / "html.jsonl.gz"


@pytest.mark.skipif(not PAGES.exists(), reason=ABSENT)
def test_real_pages_keep_what_trafilatura_keeps() -> None:
    from collections import Counter

    from trafilatura import bare_extraction

    kept = total = 0
    with gzip.open(PAGES, "rt", encoding="utf-8") as rows:
        for _, row in zip(range(40), rows, strict=False):
            html = json.loads(row)["html"]
            extraction = bare_extraction(html, include_comments=False, fast=True)
            found = document(html, extraction=True)
            assert found.extracted is not None
            words = Counter((getattr(extraction, "text", None) or "").split())
            lines = [line for line, share in zip(found.lines, found.extracted, strict=True) if share >= 0.5]
            kept += (words & Counter(" ".join(lines).split())).total()
            total += words.total()
    # 0.9996 over all pages, counted in words of letters; here punctuation counts, which table rows and lists add.
    assert kept / total > 0.97
