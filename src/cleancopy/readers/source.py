"""Where records come from: finding files behind paths, globs and URLs, and opening them.

What is not local goes through fsspec. Endpoints and credentials are fsspec's own configuration (its configuration
files, or the variables of the store, such as `AWS_ENDPOINT_URL`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from io import SEEK_END
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import quote, unquote_to_bytes, urlsplit

from cleancopy.errors import CleancopyError, ConfigurationError, RecordError, SourceError, TransientError
from cleancopy.installed import has_pipeline, missing
from cleancopy.readers import credentials, tree
from cleancopy.readers.local import LocalFiles

FORMATS = {
    ".txt": "text",
    ".text": "text",
    ".md": "text",
    ".markdown": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".warc": "warc",
    ".arc": "warc",
    ".wet": "wet",
}
"""Format by the end of a file's name, once the compression's own ending is cut off. A name without one is text."""
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd", ".bz2": "bzip2", ".xz": "xz", ".lz4": "lz4"}
UNKNOWN = "unknown"
_ESCAPED = "file://localhost"
"""Begins the URI of a local file whose name is not UTF-8: percent-encoded (RFC 8089). All others are as they are."""
_PATTERN_MARKS = frozenset("*?[")
_NO_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound")
"""What botocore raises where trying again changes nothing."""
_TRANSIENT_PACKAGES = ("aiohttp", "botocore", "aiobotocore", "urllib3", "requests", "http")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file. `format` is one of `FORMATS` or `unknown`, `compression` empty or of `COMPRESSIONS`, `size` in bytes.

    `uri` has no credentials: what reads it puts them back. `fingerprint` tells that the content changed: the store's
    entity tag, else size and modification time; of the web, where the server tells neither, a hash of the content.
    """

    uri: str
    format: str
    compression: str
    size: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Part:
    """The records of a file that begin in its bytes `start` (included) to `stop` (excluded).

    first, last: where the file can only be read from its beginning, and is cut all the same: the part's records begin
        between these offsets of what the file holds, uncompressed. `last` is 0 in the last part, which ends with the
        file. `start` and `stop` are then the part's share of the file, about.
    """

    uri: str
    format: str
    compression: str
    start: int
    stop: int
    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class Planned(Part):
    """A part of a file that must be, while it is read, what it was when it was planned.

    fingerprint: of the file then.
    """

    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class ReaderOptions:
    """How sources are read.

    text, html, id, url, title, author, date: names of the fields of JSON Lines, CSV and Parquet that hold them; every
        other field goes into the record's metadata, and one of these that the record does not say whole.
    format: reads every file as this format, whatever its name; None goes by the name.
    encoding: of every source; None finds out.
    max_record_bytes: a larger record becomes a reject without being held in memory.
    max_payload_bytes: a larger reject says where its record lies instead of carrying it.
    """

    text: str = "text"
    html: str = "html"
    id: str = "id"
    url: str = "url"
    title: str = "title"
    author: str = "author"
    date: str = "date"
    format: str | None = None
    encoding: str | None = None
    max_record_bytes: int = 32 << 20
    max_payload_bytes: int = 1 << 20


def discover(sources: Sequence[str], options: ReaderOptions) -> list[SourceFile]:
    """The files behind paths, folders, globs and fsspec URLs, sorted by URI, each once.

    A folder stands for all files below it but hidden ones (a name in the path that begins with `.` or `_`, as Hadoop
    and Spark count), through symbolic links, too. Raises SourceError when a source matches nothing, ConfigurationError
    when two differ in nothing but credentials, TransientError when a store does not answer.
    """
    found: dict[str, SourceFile] = {}
    asked: dict[str, str] = {}
    for whole in sources:
        source = credentials.keep(whole)
        if asked.setdefault(source, whole) != whole:
            raise ConfigurationError(
                f"{source}: two sources have this URL with different passwords, signatures or keys, without which a "
                "source is known; name it once"
            )
        with outside(source):
            files = list(_list(source, options))
        if not files:
            raise SourceError(
                f"{source}: no file there; looked for a file, a folder with files, or a glob that matches"
            )
        found.update((file.uri, file) for file in files)
    local = {locate(uri)[1]: uri for uri in found if uri.startswith("file://")}
    kept = tree.once({path: _form(path)[0] not in ("", UNKNOWN) for path in local})
    for path in local.keys() - kept:
        del found[local[path]]
    return [found[uri] for uri in sorted(found)]


def _list(source: str, options: ReaderOptions) -> Iterator[SourceFile]:
    filesystem, path = locate(source)
    # Listings of object stores are kept for the life of the process; a later run in it must see new files.
    filesystem.invalidate_cache()
    if filesystem.isfile(path):
        yield _describe(filesystem, {"name": path} if _is_local(filesystem) else filesystem.info(path), options)
        return
    if filesystem.isdir(path):
        root = path.rstrip("/")
        if _is_local(filesystem):
            yield from (_describe(filesystem, {"name": name}, options) for name in tree.files(path, None, is_hidden))
            return
        infos = filesystem.find(path, detail=True)
    elif _PATTERN_MARKS & set(path):
        root = path[: min(path.index(mark) for mark in _PATTERN_MARKS & set(path))].rpartition("/")[0]
        if _is_local(filesystem):
            yield from _matching(filesystem, root, path, options)
            return
        infos = filesystem.glob(path, detail=True)
    else:
        return
    for name, info in infos.items():
        below = name.removeprefix(root).split("/")
        if info["type"] == "file" and not any(map(is_hidden, below)):
            yield _describe(filesystem, info, options)


def is_hidden(step: str) -> bool:
    """Whether a file or folder of this name, below a source, is passed over."""
    return step.startswith((".", "_"))


def _matching(filesystem: Any, root: str, pattern: str, options: ReaderOptions) -> Iterator[SourceFile]:
    """The local files that a glob matches, as fsspec understands it: `**` stands for any number of folders."""
    if not filesystem.isdir(root or "/"):
        return
    rest = pattern.removeprefix(root).strip("/")
    for name in tree.files(root or "/", None if "**" in rest else rest.count("/") + 1, is_hidden):
        if _is_match(name.removeprefix(root).strip("/").split("/"), rest.split("/")):
            yield _describe(filesystem, {"name": name}, options)


def _is_match(steps: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not steps
    if pattern[0] == "**":
        return any(_is_match(steps[first:], pattern[1:]) for first in range(len(steps) + 1))
    return bool(steps) and fnmatchcase(steps[0], pattern[0]) and _is_match(steps[1:], pattern[1:])


def _is_local(filesystem: Any) -> bool:
    return isinstance(filesystem, LocalFiles)


def _is_web(filesystem: Any) -> bool:
    return isinstance(filesystem.protocol, tuple) and "https" in filesystem.protocol


def _form(name: str) -> tuple[str, str]:
    """The format that the name tells, empty where it tells none, and the compression."""
    last = name.rpartition("/")[2]
    suffixes = [suffix.lower() for suffix in Path(last).suffixes]
    compression = COMPRESSIONS.get(suffixes[-1], "") if suffixes else ""
    if compression:
        suffixes.pop()
    return FORMATS.get(suffixes[-1], UNKNOWN) if suffixes else "", compression


def _describe(filesystem: Any, info: dict[str, Any], options: ReaderOptions) -> SourceFile:
    name: str = info["name"]
    uri = credentials.keep(_uri(filesystem, name))
    known, compression = _form(urlsplit(uri).path if _is_web(filesystem) else name)
    if _is_local(filesystem):
        size, fingerprint = _local_state(Path(name).stat())
    elif _is_web(filesystem):
        from cleancopy.readers import web

        size, fingerprint = web.describe(filesystem, name)
    else:
        size, fingerprint = _stored_state(info)
    return SourceFile(uri, options.format or known or "text", compression, size, fingerprint)


def _local_state(there: os.stat_result) -> tuple[int, str]:
    return there.st_size, f"{there.st_size}-{there.st_mtime}"


def _stored_state(info: Mapping[str, Any]) -> tuple[int, str]:
    tag = info.get("ETag") or info.get("etag")
    size = int(info["size"])
    return size, str(tag).strip('"') if tag else f"{size}-{info.get('mtime', info.get('LastModified', ''))}"


def open_file(uri: str) -> BinaryIO:
    """The file's bytes as stored, seekable where the store is."""
    return _open(*locate(uri), "")


def _open(filesystem: Any, path: str, planned: str) -> BinaryIO:
    if _is_web(filesystem):
        from cleancopy.readers import web

        return web.open_url(filesystem, path, planned)
    return cast(BinaryIO, filesystem.open(path, "rb"))


@contextmanager
def open_part(part: Part) -> Iterator[BinaryIO]:
    """The bytes of the part's file as stored, which may not end before the part does.

    Raises TransientError where they do: the file has been cut since the run was planned, or its store did not answer
    with all of it. The file of a `Planned` part may not have changed at all: a local one is looked at when it is opened
    and when it has been read, others when they are opened and with each answer, as far as their stores tell.
    """
    filesystem, path = locate(part.uri)
    planned = part.fingerprint if isinstance(part, Planned) else ""
    with _open(filesystem, path, planned) as raw:
        size = raw.seek(0, SEEK_END)
        if size < part.stop:
            raise _cut(part, size)
        if planned and not _is_same(filesystem, raw, planned):
            raise changed(part.uri)
        raw.seek(0)
        yield cast(BinaryIO, _Whole(raw, part))
        if planned and not _is_same(filesystem, raw, planned):
            raise changed(part.uri)


def _is_same(filesystem: Any, raw: Any, planned: str) -> bool:
    """Whether an open file is the one that was planned, as far as can be told without asking its store again."""
    if _is_local(filesystem):
        return _local_state(os.fstat(raw.fileno()))[1] == planned
    if _is_web(filesystem) or not isinstance(details := getattr(raw, "details", None), Mapping):
        return True  # each answer of the web is compared when it comes
    return _stored_state(details)[1] == planned


def changed(uri: str) -> TransientError:
    """The error for a file that is no longer the one that was planned."""
    return TransientError(f"{uri}: has changed since the run was planned; run again when nothing writes it any more")


def _cut(part: Part, size: int) -> TransientError:
    return TransientError(
        f"{part.uri}: ends after {size} bytes, but had {part.stop} when the run was planned: it is being written, or "
        "was replaced; run again"
    )


class _Whole:
    """A file of which a part is read, told when it ends before the part does."""

    closed = False

    def __init__(self, raw: BinaryIO, part: Part) -> None:
        self._raw = raw
        self._part = part
        self.tell, self.seek = raw.tell, raw.seek

    def read(self, size: int = -1) -> bytes:
        data = self._raw.read(size)
        if not data and size and (end := self._raw.tell()) < self._part.stop:
            raise _cut(self._part, end)
        return data

    def close(self) -> None:
        """`open_part` closes the file."""


def locate(source: str) -> tuple[Any, str]:
    """The file system that a path or URL means, and the path in it.

    Not `fsspec.core.url_to_fs`: that takes what follows `::` in a name for another URL, and would open it.
    """
    if not source:
        raise SourceError("a source is an empty name (a variable that is not set?); name a file, folder, glob or URL")
    url = credentials.given(source) if "://" in source else f"file://{_absolute(source)}"
    if url.startswith(_ESCAPED):
        url = "file://" + os.fsdecode(unquote_to_bytes(url.removeprefix(_ESCAPED)))
    protocol = url.partition("://")[0]
    if protocol == "file":
        path = str(_absolute(url.removeprefix("file://")))
        return LocalFiles(), path
    import fsspec

    kind = fsspec.get_filesystem_class(protocol)
    named = kind._get_kwargs_from_urls(url)
    if protocol in ("http", "https"):
        from cleancopy.readers.web import WebFiles

        return WebFiles(**named), kind._strip_protocol(url)
    return fsspec.filesystem(protocol, **named), kind._strip_protocol(url)


def _absolute(path: str) -> Path:
    """Without `..`, so that a file has one name from wherever it is given; symbolic links keep theirs otherwise."""
    whole = Path(path).expanduser().absolute()
    up = len(whole.parts) - whole.parts[::-1].index("..") if ".." in whole.parts else 0
    return Path(*whole.parts[:up]).resolve().joinpath(*whole.parts[up:]) if up else whole


def _uri(filesystem: Any, name: str) -> str:
    uri: str = filesystem.unstrip_protocol(name)
    try:
        uri.encode()
    except UnicodeEncodeError:  # the name of a local file may be any bytes
        return _ESCAPED + quote(os.fsencode(name))
    return uri


@contextmanager
def outside(uri: str) -> Iterator[None]:
    """Turns failures of the world outside into SourceError, ConfigurationError or TransientError that name `uri`.

    What is missing, forbidden or no such protocol stays so, and so do credentials that are not there; anything else
    that a network or a disk throws may pass. No message shows credentials, nor does its cause.
    """
    try:
        with _outside(uri):
            yield
    except CleancopyError as error:
        if credentials.hidden(str(error)) == str(error) and credentials.hidden(str(error.__cause__)) == str(
            error.__cause__
        ):
            raise
        if isinstance(error, RecordError):
            raise RecordError(error.reason, credentials.hidden(error.detail)) from None
        raise type(error)(credentials.hidden(str(error))) from None


@contextmanager
def _outside(uri: str) -> Iterator[None]:
    try:
        yield
    except CleancopyError:
        raise
    except (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError) as error:
        raise SourceError(f"{uri}: {type(error).__name__}: {error.strerror or error}") from error
    except ImportError as error:
        if not has_pipeline():
            raise missing(f"reading {uri.removeprefix('file://')}") from error
        raise SourceError(f"{uri}: {error}; for s3:// and https:// install cleancopy[s3]") from error
    except ValueError as error:
        if "rotocol" not in str(error):
            raise
        raise SourceError(f"{uri}: {error}") from error
    except OSError as error:
        raise TransientError(f"{uri}: {type(error).__name__}: {error}") from error
    except Exception as error:
        if type(error).__name__ in _NO_CREDENTIALS:
            raise ConfigurationError(
                f"{uri}: credentials are missing or not whole ({error}); set AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or an AWS_PROFILE that is there"
            ) from error
        if type(error).__module__.partition(".")[0] not in _TRANSIENT_PACKAGES:
            raise
        raise TransientError(f"{uri}: {type(error).__name__}: {error}") from error
