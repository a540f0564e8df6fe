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
    digest = hashlib.sha256()
    with fetched(files, url) as content:
        while data := content.read(_CHUNK):
            digest.update(data)
        return content.tell(), f"sha256-{digest.hexdigest()}"


def open_url(files: WebFiles, url: str) -> BinaryIO:
    """The file's bytes, seekable. Raises OSError where an answer is not what was asked for."""
    size = sync(files.loop, _ranged_size, files, url)
    if size is None:
        return fetched(files, url)
    session = sync(files.loop, files.set_session)
    return cast(BinaryIO, _Ranges(files, url, session=session, block_size=_BLOCK, size=size, loop=files.loop))


def fetched(files: WebFiles, url: str) -> BinaryIO:
    """The whole file, in a temporary one that goes when it is closed."""
    content = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    try:
        sync(files.loop, _fetch, files, url, content)
    except BaseException:
        content.close()
        raise
    content.seek(0)
    return cast(BinaryIO, content)


async def _fetch(files: WebFiles, url: str, content: BinaryIO) -> None:
    session = await files.set_session()
    async with session.get(files.encode_url(url), headers=_PLAIN, **files.kwargs) as answer:
        _check(answer, url)
        async for data in answer.content.iter_chunked(_CHUNK):
            content.write(data)


async def _head(files: WebFiles, url: str) -> tuple[int | None, str]:
    session = await files.set_session()
    async with session.head(files.encode_url(url), headers=_PLAIN, allow_redirects=True, **files.kwargs) as answer:
        if answer.status >= 400 or answer.headers.get("Content-Encoding", "identity") not in ("identity", ""):
            return None, ""
        length = answer.headers.get("Content-Length", "")
        size = int(length) if length.isdecimal() else None
        tag = answer.headers.get("ETag", "").strip('"')
        date = answer.headers.get("Last-Modified")
        return size, tag or (f"{size}-{date}" if date else "")


async def _ranged_size(files: WebFiles, url: str) -> int | None:
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
        return int(total) if total.isdecimal() else None


def _check(answer: Any, url: str) -> None:
    if answer.status in _ABSENT:
        raise FileNotFoundError(url)
    if answer.status in _LOCKED:
        raise PermissionError(
            f"the server answers {answer.status} {answer.reason}; give the URL with its password or signature"
        )
    answer.raise_for_status()


class _Ranges(HTTPFile):  # type: ignore[misc]
    async def async_fetch_range(self, start: int, end: int) -> bytes:
        headers = {**_PLAIN, "Range": f"bytes={start}-{end - 1}"}
        async with self.session.get(self.fs.encode_url(self.url), headers=headers, **self.fs.kwargs) as answer:
            _check(answer, self.url)
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
