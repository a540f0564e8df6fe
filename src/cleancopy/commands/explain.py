"""`cleancopy explain`: what becomes of every line, and why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleancopy.commands.options import Config, Set, file, settings_here, single

if TYPE_CHECKING:
    from cleancopy.cleaner import Cleaner
    from cleancopy.errors import RecordError
    from cleancopy.model import Document
    from cleancopy.settings import Settings
    from cleancopy.views.explanation import Explanation


def explain(
    source: Annotated[
        str, typer.Argument(metavar="FILE|DATASET|-", help="A file, a URL, a dataset, or - for standard input.")
    ],
    id_: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Of a dataset: the article whose doc_id begins so.")
    ] = None,
    reject: Annotated[
        int | None,
        typer.Option("--reject", metavar="N", min=1, help="Of a dataset: the reject that `show` numbers so."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="OUT", help="Write a page with the lines beside the article.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the lines and the article as JSON.")] = False,
    record: Annotated[int, typer.Option("--record", min=1, help="Which record, where FILE holds several.")] = 1,
    url: Annotated[str | None, typer.Option(help="The page's address, for text on standard input.")] = None,
    full: Annotated[bool, typer.Option("--full", "-f", help="Whole lines, what they state, and the evidence.")] = False,
    diff: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="TOML",
            help="What would change with this configuration or language; given twice, from the first to the second. "
            "FILE may be a dataset.",
        ),
    ] = None,
    sample: Annotated[int, typer.Option(min=1, help="With --diff: how many documents to compare at most.")] = 500,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Show every line of one document with its role, rule and confidence: the decisions that a run would make."""

    chosen = settings_here(config, set_)
    data = sys.stdin.buffer.read() if source == "-" else None
    if diff:
        _compare(source, data, url, chosen, file(config), single(set_), diff, sample, html)
        return
    from cleancopy.cleaning import Cleaning
    from cleancopy.errors import RecordError
    from cleancopy.views.explanation import explain_document, explain_refusal
    from cleancopy.views.say import say

    origin, document = _document(source, chosen, id_, reject, record, data, url)
    evidence = full or json_ or html is not None
    explanation = (
        explain_refusal(document)
        if isinstance(document, RecordError)
        else explain_document(Cleaning.of(chosen).cleaner, document, evidence=evidence)
    )
    if json_:
        _print_json(origin, explanation)
    if html is not None:
        from cleancopy.views.explain_html import explain_html

        _write(html, explain_html(explanation, origin))
    if not json_ and html is None:
        from cleancopy.views.console import Console
        from cleancopy.views.terminal import explain_terminal

        if data is None and origin != f"file://{Path(source).absolute()}":
            say(origin.replace("file://", ""))
        explain_terminal(explanation, Console(), full=full)


def _document(
    source: str,
    chosen: Settings,
    id_: str | None,
    reject: int | None,
    number: int,
    data: bytes | None,
    url: str | None,
) -> tuple[str, Document | RecordError]:
    """Where the document that is asked for came from, and it itself; of a dataset, or why it is none."""
    from cleancopy.dataset.layout import Layout
    from cleancopy.errors import ConfigurationError
    from cleancopy.views.sample import of_dataset, one

    layout = None if data is not None or "://" in source else Layout.at(source)
    if layout is not None and layout.exists() and number == 1:
        return of_dataset(layout, chosen, id_, reject)
    if id_ is not None or reject is not None:
        raise ConfigurationError(
            f"--id and --reject choose from a dataset, and {source} is none; --record takes a number"
        )
    return one(source, chosen, number, data, url)


def _compare(
    source: str,
    data: bytes | None,
    url: str | None,
    chosen: Settings,
    config: Path | None,
    overrides: list[str],
    others: list[Path],
    limit: int,
    html: Path | None,
) -> None:
    from cleancopy.cleaning import Cleaning
    from cleancopy.errors import ConfigurationError
    from cleancopy.model import Document
    from cleancopy.views.diff import compare, diff_html
    from cleancopy.views.sample import documents, one

    read = iter([one(source, chosen, 1, data, url)]) if data is not None else documents(source, chosen, limit)
    found = ((origin, document) for origin, document in read if isinstance(document, Document))
    if len(others) > 2:
        raise ConfigurationError(f"--diff is given {len(others)} times; two can be compared")
    made = [_other(path, chosen, overrides) for path in others]
    sides = [(Cleaning.of(chosen).cleaner, True), *made][-2:]
    (before, _), (after, _) = sides
    differences = list(compare(before, after, found, rules_only=all(same for _, same in sides)))
    if html is not None:
        names = [str(config or "the defaults"), *map(str, others)][-2:]
        _write(html, diff_html(differences, " → ".join(names)))
        return
    from cleancopy.views.console import Console
    from cleancopy.views.terminal import diff_terminal

    diff_terminal(differences, len(differences), Console())


def _other(path: Path, chosen: Settings, overrides: list[str]) -> tuple[Cleaner, bool]:
    """The cleaner with the configuration in the file, and False; if it is a language, the chosen cleaner with that
    instead of the shipped one, and whether it differs in its rules only.
    """
    from cleancopy import settings
    from cleancopy.assembly import build_cleaner
    from cleancopy.errors import ConfigurationError
    from cleancopy.languages import Language, Languages

    if path.exists() and not path.is_file():  # a pipe would be empty the second time
        raise ConfigurationError(f"--diff {path}: is no regular file; write the configuration or language to one")
    data = settings.read_toml(path)
    if isinstance(data.get("language"), str):
        own = Language.parse(data, str(path))
        return build_cleaner(chosen, [own]), Languages([own]).differs_in_rules_only(own.code)
    return build_cleaner(settings.load(path, overrides)), False


def _print_json(origin: str, explanation: Explanation) -> None:
    import json
    from dataclasses import asdict

    from cleancopy.views.say import say_json
    from cleancopy.views.words import fact_words

    article = explanation.article
    plain: dict[str, Any] = {
        "source": origin,
        "rejected": explanation.refused,
        "repairs": explanation.document.repairs,
        "packs": explanation.packs,
        "lines": [
            {
                "line": line.number,
                "text": line.text,
                "outcome": line.outcome,
                "role": line.role.value,
                "rule": line.rule,
                "confidence": line.confidence,
                "states": [fact_words(fact) for fact in line.facts],
                "matching_rules": line.heard,
                "census": None if line.repeated is None else asdict(line.repeated),
                "evidence": [{"name": name, "weight": round(weight, 4)} for name, weight in line.evidence],
            }
            for line in explanation
        ],
        "article": None if article is None else article.to_dict(),
    }
    say_json(json.dumps(plain, ensure_ascii=False, indent=1))


def _write(path: Path, page: str) -> None:
    from cleancopy.errors import ConfigurationError
    from cleancopy.views.say import say

    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from None
    say(f"wrote {path}", err=True)
