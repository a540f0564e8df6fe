"""What an article can be turned into: plain values, and Markdown that shows the same text."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import cleancopy
from cleancopy.model import About, Article, Block, Credit, CreditRole, LanguageShare, Precision, Role, StatedDate
from cleancopy.schema import ARTICLES

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def article(*blocks: Block, title: str | None = None) -> Article:
    return Article(title, blocks, (), None, len(blocks), len(blocks), 0, 0)


def body(text: str) -> Block:
    return Block(Role.BODY, 0, text)


def item(text: str) -> Block:
    return Block(Role.LIST_ITEM, 0, text)


def seen(markdown: str) -> list[str]:
    """The text that a reader of the rendered page sees, line by line."""
    found = []
    for token in READER.parse(markdown):
        if token.type == "inline":
            found.append("".join(each.content for each in token.children or () if each.type in ("text", "softbreak")))
        assert token.type not in ("html_block", "code_block", "fence", "hr", "table_open"), token
        assert not {each.type for each in token.children or ()} & {"html_inline", "code_inline", "link_open", "image"}
    return found


FULL = Article(
    "The mill",
    (Block(Role.HEADING, 2, "Wind"), body("It turns.")),
    (Credit(CreditRole.AUTHOR, "Ada Moss", None, "By Ada Moss"),),
    StatedDate(datetime(2024, 5, 6, 7, 8, tzinfo=UTC), Precision.MINUTE, "published", "6 May 2024, 07:08"),
    *(5, 2, 2, 1),
    language="en",
    language_confidence=0.75,
    languages=(LanguageShare("en", 1.0),),
)


def test_plain_values_go_through_json_and_have_the_names_of_the_columns() -> None:
    plain = FULL.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["text"] == "Wind\n\nIt turns."
    assert plain["headings"] == [{"level": 2, "text": "Wind", "offset": 0}]
    assert plain["credits"] == [{"role": "author", "name": "Ada Moss", "domain": None, "raw": "By Ada Moss"}]
    assert plain["published_at"] == "2024-05-06T07:08:00+00:00"
    assert set(plain) <= set(ARTICLES.names)
    for name, value in plain.items():
        kind = ARTICLES.field(name).type
        if pa.types.is_list(kind) and value:
            assert list(value[0]) == [each.name for each in kind.value_type]


def test_what_is_not_known_is_null() -> None:
    plain = article(body("It turns.")).to_dict()
    assert [plain[name] for name in ("title", "published_at", "published_precision")] == [None] * 3
    assert [plain[name] for name in ("modified_at", "modified_precision")] == [None] * 2
    said = {each.name: plain[each.name] for each in fields(About)}
    assert said == {**dict.fromkeys(said), "tags": []}


PROSE = (
    "The mill of Orla has turned again since the spring, and the baker of the village buys all its flour.",
    "It stood still for forty years, until two sisters bought it with the money that their aunt had left to them.",
)


@pytest.mark.parametrize(
    ("lines", "published", "modified"),
    [
        (["Published: 5 May 2024", "Updated: 7 May 2024"], "2024-05-05", "2024-05-07"),
        (["Published: 5 May 2024 | Updated: 7 May 2024"], "2024-05-05", "2024-05-07"),
        (["Published: 5 May 2024", "Last updated:", "7 May 2024"], "2024-05-05", "2024-05-07"),
        (["Zuletzt aktualisiert: 7. Mai 2024"], "2024-05-07", "2024-05-07"),
        (["5 May 2024"], "2024-05-05", None),
        ([], None, None),
    ],
    ids=["two lines", "one line", "a label above", "an update alone", "no update", "no date"],
)
def test_updates_that_a_text_shows(lines: list[str], published: str | None, modified: str | None) -> None:
    found = cleancopy.clean("\n\n".join(["The mill turns again", *lines, *PROSE]))
    assert [date and date.moment.date().isoformat() for date in (found.published, found.modified)] == [
        published,
        modified,
    ]


@pytest.mark.parametrize(
    ("declared", "modified"),
    [
        ("2024-05-09T12:30:00+02:00", "2024-05-09T10:30:00+00:00"),
        ("2024-05-09T01:30:00+02:00", "2024-05-09T00:00:00+00:00"),
        ("soon", "2024-05-07T00:00:00+00:00"),
    ],
    ids=["with its moment", "the day is the page's own", "no date"],
)
def test_a_declared_change_wins_over_a_shown_one(declared: str, modified: str) -> None:
    shown = "<p>Published: 5 May 2024</p><p>Updated: 7 May 2024</p>"
    body = f"<article><h1>The mill turns again</h1>{shown}{''.join(f'<p>{text}</p>' for text in PROSE)}</article>"
    head = f"<meta property='article:modified_time' content='{declared}'><meta property='article:tag' content='mills'>"
    plain = cleancopy.clean(html=f"<html><head>{head}</head><body>{body}</body></html>").to_dict()
    assert (plain["published_at"], plain["modified_at"]) == ("2024-05-05T00:00:00+00:00", modified)
    assert plain["tags"] == ["mills"]


def test_markdown_shows_what_each_block_is() -> None:
    made = article(
        *(body("First."), Block(Role.HEADING, 3, "How"), Block(Role.HEADING, 0, "Why")),
        *(item("• oil"), item("wick"), item("1. climb"), item("2) light"), item("7. sleep"), item("8. wake")),
        *(Block(Role.QUOTE, 0, "> We wait."), Block(Role.QUOTE, 0, "They came.")),
        title="The light",
    )
    assert made.to_markdown() == (
        "# The light\n\nFirst.\n\n### How\n\n## Why\n\n- oil\n- wick\n\n1. climb\n2. light\n\n7) sleep\n8) wake\n\n"
        "> We wait.\n>\n> They came.\n"
    )


def test_nothing_makes_an_empty_page() -> None:
    assert article().to_markdown() == ""


@pytest.mark.parametrize(
    "text",
    [
        *(
            "# no heading",
            "#hashtag",
            "1. no item",
            "1986) no item",
            "- no item",
            "+ 3 degrees",
            "> no quotation",
            "---",
        ),
        *("- - -", "***", "* * *", "2 * 3 * 4", "a *star*", "**bold**", "snake_case_name", "_private_", "__init__"),
        *("`code`", "```", "~~~", "~~gone~~", "[text](http://example.org)", "![alt](a.png)", "[a]: http://example.org"),
        *("<b>bold</b>", "a < b > c", "<http://example.org>", "<!-- no comment -->", "AT&T", "&amp;", "&#65;", "R&D;"),
        *(
            "C:\\new\\*",
            "ends with \\",
            "\\# twice",
            "=====",
            "a | b",
            "(c) 2024",
            "5 ~ 6",
            "C #",
            "F ##",
            "1.",
            "-",
            "+",
        ),
    ],
)
@pytest.mark.parametrize("role", [Role.BODY, Role.HEADING, Role.LIST_ITEM, Role.QUOTE])
def test_text_reads_as_it_did(text: str, role: Role) -> None:
    made = seen(article(Block(role, 2 if role is Role.HEADING else 0, text), title=text).to_markdown())
    marked = role is Role.LIST_ITEM and text.startswith(("- ", "+ ", "* ", "1. ", "1986) "))
    marked |= role is Role.QUOTE and text.startswith("> ")
    assert made == [text, text.split(" ", 1)[1] if marked else text]


MARKS = st.text(st.sampled_from("ab1 .)#*_-+>`~[]()<&;\\!|=é"), min_size=1, max_size=12).map(
    lambda text: " ".join(text.split())
)


@given(st.lists(MARKS.filter(bool), min_size=1, max_size=4), MARKS.filter(bool))
def test_no_text_becomes_a_mark(texts: list[str], title: str) -> None:
    assert seen(article(*map(body, texts), title=title).to_markdown()) == [title, *texts]


@given(st.lists(st.tuples(st.integers(0, 999), st.booleans()), min_size=1, max_size=6))
def test_items_keep_their_numbers(items: list[tuple[int, bool]]) -> None:
    texts = [f"{number}. thing" if numbered else "- thing" for number, numbered in items]
    numbers: list[int | None] = []
    at: int | None = None
    for token in READER.parse(article(*map(item, texts)).to_markdown()):
        if token.type in ("ordered_list_open", "bullet_list_open"):
            start = token.attrGet("start")
            at = None if token.type == "bullet_list_open" else 1 if start is None else int(start)
        if token.type == "list_item_open":
            numbers.append(at)
            at = None if at is None else at + 1
    assert numbers == [number if numbered else None for number, numbered in items]
