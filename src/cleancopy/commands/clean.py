"""`cleancopy clean`: text in, text out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleancopy.commands.options import Config, Set, settings_here

if TYPE_CHECKING:
    from cleancopy.errors import CleancopyError
    from cleancopy.model import Article, Document, Record, Reject
    from cleancopy.readers import SourceFile
    from cleancopy.settings import Settings


class Format(StrEnum):
    MARKDOWN = "markdown"
    TEXT = "text"
    JSON = "json"


ENDINGS = {Format.MARKDOWN: ".md", Format.TEXT: ".txt", Format.JSON: ".json"}


def clean(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE|-]...", help="Files, folders, globs or URLs; - is standard input.", show_default="-"
        ),
    ] = None,
    format_: Annotated[
        Format | None,
        typer.Option("--format", "-f", help="What is written; by default markdown for one text or page, else json."),
    ] = None,
    input_: Annotated[
        str | None,
        typer.Option(
            "--input", "-i", metavar="FORMAT", help="text, html, jsonl, …; by default the name or the content tells."
        ),
    ] = None,
    out_dir: Annotated[
        Path | None,
        typer.Option(
            "--out-dir", "-d", metavar="DIR", help="Write a file for each article instead, named as its source."
        ),
    ] = None,
    url: Annotated[str | None, typer.Option(help="The page's address, where there is one input.")] = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Clean texts and pages onto standard output; several are one JSON object a line.

    What is no article is an error line on standard error, and the others go on.
    """

    from cleancopy.errors import ConfigurationError

    if not sources and sys.stdin.isatty():
        raise ConfigurationError(
            "name a FILE, or hand one over: cat page.html | cleancopy clean; - reads what is typed"
        )
    overrides = [*(set_ or []), *([f"input.format={input_}"] if input_ is not None else [])]
    code = _clean(sources or ["-"], format_, out_dir, url, settings_here(config, overrides))
    if code:
        raise typer.Exit(code)


def _clean(sources: list[str], format_: Format | None, out_dir: Path | None, url: str | None, chosen: Settings) -> int:
    """Gives back the exit code: 0, 1 if a record is no article, 2 if a source cannot be read."""
    from cleancopy.cleaner import Cleaned
    from cleancopy.cleaning import Cleaning
    from cleancopy.errors import ConfigurationError, SourceError
    from cleancopy.model import Record
    from cleancopy.views.say import say

    found = {source: _files(source, chosen) for source in sources}
    single = _is_single(found)
    if url is not None and not single:
        raise ConfigurationError("--url is the address of one page; give one input")
    if not single and out_dir is None and format_ not in (None, Format.JSON):
        raise ConfigurationError(
            f"several inputs as {format_} would run together; add --out-dir DIR for a file each, or --format json"
        )
    written = Written(out_dir, format_ or (Format.MARKDOWN if single or out_dir else Format.JSON), found)
    code = 0
    for (named, record), result in Cleaning.of(chosen).clean_all(_documents(found, url, chosen)):
        if isinstance(result, Cleaned):
            assert isinstance(record, Record)
            written.add(record, result.article)
        else:
            say(f"error: {result}" if record is None else f"error: {named}: {result}", err=True)
            code = max(code, 2 if isinstance(result, SourceError) else 1)
    if out_dir is not None:
        say(written.summary(), err=True)
    return code


def _files(source: str, chosen: Settings) -> list[SourceFile] | CleancopyError:
    """The files of a source, none for standard input; or why there are none."""
    from cleancopy.errors import SourceError, TransientError
    from cleancopy.views.sample import files

    try:
        return [] if source == "-" else files(source, chosen)
    except (SourceError, TransientError) as error:
        return error


def _is_single(found: dict[str, list[SourceFile] | CleancopyError]) -> bool:
    """Whether there is one input, and it is one text or page."""
    if len(found) != 1:
        return False
    [files] = found.values()
    if not isinstance(files, list):
        return True
    return not files or (len(files) == 1 and files[0].format in ("text", "html"))


def _documents(
    found: dict[str, list[SourceFile] | CleancopyError], url: str | None, chosen: Settings
) -> Iterator[tuple[tuple[str, Record | Reject | None], Document | CleancopyError]]:
    """Each record with where it came from, as a document or why it is none; no record for an error that says so."""
    from cleancopy.cleaning import Cleaning
    from cleancopy.errors import SourceError, TransientError
    from cleancopy.model import Reject
    from cleancopy.views.sample import origin, records, refusal, standard_input

    for source, files in found.items():
        if not isinstance(files, list):
            yield (source, None), files
            continue
        try:
            read = records(files, chosen) if files else iter([standard_input(sys.stdin.buffer.read(), chosen)])
            for record in read:
                named = origin(record).removeprefix("file://")
                if isinstance(record, Reject):
                    yield (named, record), refusal(record)
                else:
                    record = replace(record, url=url) if url else record
                    yield (named, record), Cleaning.of(chosen).document(record)
        except (SourceError, TransientError) as error:
            yield (source, None), error


class Written:
    """Where articles go: standard output, or files of a folder. No input is written over."""

    def __init__(
        self, folder: Path | None, format_: Format, found: dict[str, list[SourceFile] | CleancopyError]
    ) -> None:
        self._folder = folder
        self._format = format_
        self._files = 0
        uris = [file.uri for files in found.values() if isinstance(files, list) for file in files]
        self._taken = {Path(uri.removeprefix("file://")).resolve() for uri in uris if uri.startswith("file://")}

    def add(self, record: Record, article: Article) -> None:
        """Write one article. Raises ConfigurationError where its file cannot be written."""
        text = self._text(record, article)
        if self._folder is None:
            _print(text, self._format)
            return
        from cleancopy.errors import ConfigurationError

        path = self._path(self._folder, record)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise ConfigurationError(f"cannot write {path}: {error.strerror}") from None
        self._files += 1

    def summary(self) -> str:
        from cleancopy.shown import counted

        return f"wrote {counted(self._files, 'file')} to {self._folder}"

    def _text(self, record: Record, article: Article) -> str:
        if self._format is Format.MARKDOWN:
            return article.to_markdown()
        if self._format is Format.TEXT:
            return f"{article.text}\n"
        import json

        from cleancopy.shown import shown_json

        names = {"source_uri": record.source_uri, "source_position": record.position, "source_id": record.source_id}
        plain = {**names, "url": record.url, **article.to_dict()}
        return shown_json(json.dumps(plain, ensure_ascii=False)) + "\n"

    def _path(self, folder: Path, record: Record) -> Path:
        """A name in the folder like that of the source, with the record's position where that is not its first."""
        from cleancopy.readers.source import COMPRESSIONS, FORMATS

        name = Path(record.source_uri.rstrip("/")).name
        for endings in (COMPRESSIONS, FORMATS):
            end = Path(name).suffix
            name = name.removesuffix(end) if end.lower() in endings else name
        name = (f"{name}-{record.position}" if record.position else name).replace("\x00", "") or "page"
        path, number = folder / f"{name}{ENDINGS[self._format]}", 1
        while path.resolve() in self._taken:
            number += 1
            path = folder / f"{name}-{number}{ENDINGS[self._format]}"
        self._taken.add(path.resolve())
        return path


def _print(text: str, format_: Format) -> None:
    """Onto standard output, in UTF-8; a terminal gets no character that would act on it."""
    from cleancopy.shown import shown

    if sys.stdout.isatty() and format_ is not Format.JSON:
        text = shown(text)
    typer.echo(text.encode(), nl=False)
