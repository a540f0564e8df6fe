"""HTTP responses as crawlers keep them: status, media type, and the payload with its codings undone.

Many crawlers keep the header that came over the wire beside a payload that is decoded already. A coding that the
payload evidently does not have has been undone before.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cleancopy.errors import RecordError
from cleancopy.readers.compression import decompressed
from cleancopy.readers.encoding import is_binary

LONGEST_HEAD = 1 << 18
"""Bytes of a response's status line and header; servers and browsers refuse far shorter ones."""
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})\b")
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_NO_CODING = frozenset(["", "identity", "none", "chunked"])
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Response:
    """The head of a response. headers: the first of each name, in lower case; codings: in the order they were applied.

    size: bytes of the head, behind which the payload begins.
    """

    status: int
    headers: Mapping[str, str]
    chunked: bool
    codings: tuple[str, ...]
    size: int

    @property
    def media(self) -> str:
        """The media type without its parameters, in lower case; empty where none is stated."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        found = _CHARSET.search(self.headers.get("content-type", ""))
        return found[1] if found else None


def parse(block: bytes) -> Response | None:
    """The head at the beginning of `block`; None where there is no status line."""
    status = _STATUS.match(block)
    if status is None:
        return None
    end = _END_OF_HEAD.search(block)
    size = end.end() if end else len(block)
    headers: dict[str, str] = {}
    codings: list[str] = []
    transfer: list[str] = []
    for line in block[: end.start() if end else size].split(b"\n")[1:]:
        name, _, text = line.decode("latin-1").partition(":")
        name, text = name.strip().lower(), text.strip()
        headers.setdefault(name, text)
        if name in ("content-encoding", "transfer-encoding"):
            named = [each.strip().lower() for each in text.split(",")]
            (codings if name == "content-encoding" else transfer).extend(named)
    undone = tuple(each for each in (*codings, *transfer) if each not in _NO_CODING)
    return Response(int(status[1]), headers, "chunked" in transfer or "chunked" in codings, undone, size)


def payload(response: Response, body: bytes, longest: int, *, cut: bool) -> bytes:
    """`body` without the codings of transfer and content; at most a byte more than `longest`.

    cut: the archive says that the payload is not whole, so that its coding may end anywhere.
    Raises RecordError `warc.payload` where a coding does not end as it should or is not known.
    """
    if response.chunked and _CHUNK_SIZE.match(body):
        body = _unchunked(body, cut=cut)
    for coding in reversed(response.codings):
        undo = _CODINGS.get(coding.removeprefix("x-"))
        try:
            if undo is None:
                raise RecordError("warc.payload", f"its coding {coding[:40]!r} is not known")
            decoded = undo(body, longest + 1, cut)
        except RecordError as error:
            if is_binary(body[:_HEAD]) or _is_gzip(body):
                raise RecordError(
                    "warc.payload", f"its coding {coding[:40]!r} cannot be undone: {error.detail}"
                ) from error
        else:
            body = decoded
    return body


def _is_gzip(body: bytes) -> bool:
    return body.startswith(b"\x1f\x8b")


def _unchunked(body: bytes, *, cut: bool) -> bytes:
    pieces: list[bytes] = []
    at = 0
    while found := _CHUNK_SIZE.match(body, at):
        size = int(found[1], 16)
        if size == 0:
            return b"".join(pieces)
        at = found.end() + size
        pieces.append(body[found.end() : at])
        if at > len(body):
            break
        if body[at : at + 2] == b"\r\n":
            at += 2
        elif body[at : at + 1] == b"\n":
            at += 1
    if cut:
        return b"".join(pieces)
    raise RecordError("warc.payload", f"its chunked coding breaks off after {sum(map(len, pieces))} bytes")


def _read(body: bytes, compression: str, longest: int, cut: bool) -> bytes:
    stream = decompressed(io.BytesIO(body), compression)
    data = b""
    try:
        while len(data) < longest and (piece := stream.read(longest - len(data))):
            data += piece
    except RecordError as error:
        if not (cut and data and error.reason == "compression.truncated"):
            raise
    return data


def _gzip(body: bytes, longest: int, cut: bool) -> bytes:
    return _read(body, "gzip", longest, cut)


def _zstd(body: bytes, longest: int, cut: bool) -> bytes:
    return _read(body, "zstd", longest, cut)


def _brotli(body: bytes, longest: int, cut: bool) -> bytes:
    return _read(body, "brotli", longest, cut)


def _deflate(body: bytes, longest: int, cut: bool) -> bytes:
    """With the header of zlib, as the standard asks, or without, as some servers send it."""
    fault = ""
    for window in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        member = zlib.decompressobj(window)
        try:
            data = member.decompress(body, longest)
        except zlib.error as error:
            fault = str(error)
            continue
        if member.eof or len(data) == longest or cut:
            return data
        fault = "it breaks off"
    raise RecordError("warc.payload", fault)


_CODINGS: Mapping[str, Callable[[bytes, int, bool], bytes]] = {
    "gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
