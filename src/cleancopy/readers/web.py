"""Sources on the web: read by ranges where the server gives them, else fetched whole.

A range counts only if the answer says that it is the one that was asked for, of a file as long as it was: servers and
proxies answer with pages of their own, and with 200. What exists is told from what cannot be asked just now.
"""

from __future__ import annotations

import hashlib
import tempfile
from typing import Any, BinaryIO, cast

from fsspec.asyn import sync
from fsspec.implementations.http import HTTPFile, HTTPFileSystem

from cleancopy.readers.credentials import without
from cleancopy.readers.source import changed

_HASH = "sha256-"
_DATE_END = " GMT"
_CHUNK = 1 << 20
_BLOCK = 5 << 20
_PLAIN = {"Accept-Encoding": "identity"}
_ABSENT = frozenset([404, 410])
_LOCKED = frozenset([401, 403])


class WebFiles(HTTPFileSystem):  # type: ignore[misc]
    """HTTP for the readers; `open` and `info` are the functions of this module."""

    async def _exists(self, path: str, strict: bool = False, **named: Any) -> bool:
        """Whether the server has the file, be it locked. Raises OSError where it does not say."""
        session = await self.set_session()
        async with session.get(self.encode_url(path), **self.kwargs) as answer:
            if answer.status >= 400 and answer.status not in _ABSENT | _LOCKED:
                raise OSError(f"the server answers {answer.status} {answer.reason}")
            return answer.status not in _ABSENT


def describe(files: WebFiles, url: str) -> tuple[int, str]:
    """Size in bytes and a fingerprint of the content: the server's tag or date, else a hash of it all.

    A server that tells neither length nor tag nor date is read whole for it.
    """
    size, tag = cast(tuple[int | None, str], sync(files.loop, _head, files, url))
    if size is not None and tag:
        return size, tag
    with fetched(files, url) as content:
        return _hashed(content)


def _hashed(content: BinaryIO) -> tuple[int, str]:
    digest = hashlib.sha256()
    while data := content.read(_CHUNK):
        digest.update(data)
    return content.tell(), f"{content.tell()}-{_HASH}{digest.hexdigest()}"


def open_url(files: WebFiles, url: str, planned: str = "") -> BinaryIO:
    """The file's bytes, seekable. Raises OSError where an answer is not what was asked for.

    planned: what `describe` gave when the run was planned. Raises TransientError where an answer, now or later, tells
    that the file is another one: by its tag or date, or by its length, or, if it is fetched whole, by its hash.
    """
    size = sync(files.loop, _ranged_size, files, url, planned)
    if size is not None:
        session = sync(files.loop, files.set_session)
        ranges = _Ranges(files, url, session=session, block_size=_BLOCK, size=size, loop=files.loop)
        ranges.planned = planned
        return cast(BinaryIO, ranges)
    content = fetched(files, url, planned)
    if _HASH in planned and _hashed(content)[1] != planned:
        content.close()
        raise changed(without(url))
    content.seek(0)
    return content


def fetched(files: WebFiles, url: str, planned: str = "") -> BinaryIO:
    """The whole file, in a temporary one that goes when it is closed."""
    content = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    try:
        sync(files.loop, _fetch, files, url, content, planned)
    except BaseException:
        content.close()
        raise
    content.seek(0)
    return cast(BinaryIO, content)


async def _fetch(files: WebFiles, url: str, content: BinaryIO, planned: str) -> None:
    session = await files.set_session()
    async with session.get(files.encode_url(url), headers=_PLAIN, **files.kwargs) as answer:
        _check(answer, url)
        _check_same(answer, url, planned, _length(answer))
        async for data in answer.content.iter_chunked(_CHUNK):
            content.write(data)


async def _head(files: WebFiles, url: str) -> tuple[int | None, str]:
    session = await files.set_session()
    async with session.head(files.encode_url(url), headers=_PLAIN, allow_redirects=True, **files.kwargs) as answer:
        if answer.status >= 400 or answer.headers.get("Content-Encoding", "identity") not in ("identity", ""):
            return None, ""
        size = _length(answer)
        return size, _tag(answer, size)


def _length(answer: Any) -> int | None:
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _tag(answer: Any, size: int | None) -> str:
    """What the server says of the content of a file of this size, empty where it says nothing."""
    return _entity_tag(answer) or _dated(answer, size)


def _entity_tag(answer: Any) -> str:
    tag: str = answer.headers.get("ETag", "")
    return tag.strip('"')


def _dated(answer: Any, size: int | None) -> str:
    date = answer.headers.get("Last-Modified")
    return f"{size}-{date}" if date else ""


def _check_same(answer: Any, url: str, planned: str, size: int | None) -> None:
    """Raise TransientError if the answer tells that the file, now of this size, is not the one that was planned.

    What is compared is what the server told then: where it tells that no more, nothing is.
    """
    if _HASH in planned:
        same = size is None or planned.startswith(f"{size}-")
    elif planned.endswith(_DATE_END):
        same = size is None or _dated(answer, size) in ("", planned)
    else:
        same = not planned or _entity_tag(answer) in ("", planned)
    if not same:
        raise changed(without(url))


async def _ranged_size(files: WebFiles, url: str, planned: str) -> int | None:
    """The file's size if the server gives ranges of it; None if it gives the file whole."""
    session = await files.set_session()
    headers = {**_PLAIN, "Range": "bytes=0-0"}
    async with session.get(files.encode_url(url), headers=headers, **files.kwargs) as answer:
        if answer.status == 416:  # an empty file has no first byte
            return None
        _check(answer, url)
        if answer.status != 206:
            return None
        total = answer.headers.get("Content-Range", "").rpartition("/")[2]
        size = int(total) if total.isdecimal() else None
        _check_same(answer, url, planned, size)
        return size


def _check(answer: Any, url: str) -> None:
    if answer.status in _ABSENT:
        raise FileNotFoundError(url)
    if answer.status in _LOCKED:
        raise PermissionError(
            f"the server answers {answer.status} {answer.reason}; give the URL with its password or signature (to run "
            "as a source, to replay with --source)"
        )
    answer.raise_for_status()


class _Ranges(HTTPFile):  # type: ignore[misc]
    planned = ""

    async def async_fetch_range(self, start: int, end: int) -> bytes:
        headers = {**_PLAIN, "Range": f"bytes={start}-{end - 1}"}
        async with self.session.get(self.fs.encode_url(self.url), headers=headers, **self.fs.kwargs) as answer:
            _check(answer, self.url)
            _check_same(answer, self.url, self.planned, self.size)
            first, _, total = self._parse_content_range(answer.headers)
            data: bytes = await answer.read() if answer.status == 206 else b""
            if answer.status != 206 or first != start or total not in (None, self.size) or len(data) != end - start:
                said = answer.headers.get("Content-Range", "no range")
                raise OSError(
                    f"asked for the bytes {start} to {end - 1} of {self.size}, the server answers {answer.status} with "
                    f"{said}; the file has changed, or the server gives something else"
                )
            return data

    def _fetch_range(self, start: int, end: int) -> bytes:
        return cast(bytes, sync(self.loop, self.async_fetch_range, start, end))
