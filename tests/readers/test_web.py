"""The readers against servers on this machine that answer HTTP in their own ways; and what they write of a URL."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cleancopy import settings
from cleancopy.errors import ConfigurationError, SourceError, TransientError
from cleancopy.readers import Part, ReaderOptions, credentials, discover, read
from cleancopy.runs.direct import run_direct

from .files import TEXTS, jsonl, read_all, records

pytest.importorskip("aiohttp")
OPTIONS = ReaderOptions()
ARTICLE = "The harbour opens again\n\n" + "The ferry sailed at noon, and many people came to see it leave. " * 5 + "\n"


class Server(ThreadingHTTPServer):
    """manner: what is odd about the answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.manner: set[str] = set()
        self.asked: list[str] = []

    def url(self, path: str, user: str = "") -> str:
        return f"http://{user}127.0.0.1:{self.server_port}/{path}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, *, body: bool) -> None:
        manner = self.server.manner
        self.server.asked.append(self.path)
        data = self.server.files.get(self.path.lstrip("/").partition("?")[0])
        locked = "locked" in manner and "s3cret" not in self.path and "Authorization" not in self.headers
        if data is None or locked or "down" in manner:
            self.send_response(404 if data is None else 403 if locked else 503)
            self.end_headers()
            return
        tag, date = f'"{hash(data)}"', formatdate(len(data), usegmt=True)
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        status = 200
        if asked and "no ranges" not in manner and data:
            first, last = int(asked[1]), min(int(asked[2]), len(data) - 1)
            total, data, status = len(data), data[first : last + 1], 206
            if "wrong answer" in manner and last > 0:
                data, status = b"<h1>Please come back later</h1>", 200
        self.send_response(status)
        if status == 206:
            shift = 1 if "wrong range" in manner and last > 0 else 0
            self.send_header("Content-Range", f"bytes {first + shift}-{last + shift}/{total}")
        if "no length" not in manner:
            self.send_header("Content-Length", str(len(data)))
        if "no tag" not in manner:
            self.send_header("ETag", tag)
        if "date" in manner:
            self.send_header("Last-Modified", date)
        self.end_headers()
        if body:
            self.wfile.write(data)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "manner", ["", "no ranges", "no length", "no tag", "no length, no tag", "no ranges, no length, no tag"]
)
def test_whatever_a_server_leaves_out(server: Server, manner: str) -> None:
    server.manner = set(filter(None, manner.split(", ")))
    server.files["a.jsonl"] = jsonl()
    url = server.url("a.jsonl")
    for target in (1 << 40, 300):
        assert [record.text for record in records(read_all(url, target=target))] == TEXTS
    (before,) = discover([url], OPTIONS)
    assert (before.uri, before.size) == (url, len(jsonl()))
    assert discover([url], OPTIONS) == [before]
    server.files["a.jsonl"] = jsonl().replace(b"Bees", b"Ants")
    (after,) = discover([url], OPTIONS)
    assert after.size == before.size
    assert after.fingerprint != before.fingerprint


@pytest.mark.parametrize("manner", ["wrong answer", "wrong range"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.txt", "a.csv"])
def test_a_range_that_was_not_asked_for_is_a_failure(server: Server, manner: str, name: str) -> None:
    server.files[name] = b"text\n" + jsonl() if name == "a.csv" else jsonl()
    (file,) = discover([server.url(name)], OPTIONS)
    server.manner = {manner}
    with pytest.raises(TransientError, match="the server answers"):
        list(read(Part(file.uri, file.format, "", 0, file.size), OPTIONS))


def test_a_file_that_has_become_shorter_is_a_failure(server: Server) -> None:
    server.files["a.jsonl"] = jsonl()
    (file,) = discover([server.url("a.jsonl")], OPTIONS)
    server.files["a.jsonl"] = jsonl()[:200]
    for manner in ("", "no ranges"):
        server.manner = {manner}
        with pytest.raises(TransientError, match="ends after 200 bytes"):
            list(read(Part(file.uri, "jsonl", "", 0, file.size), OPTIONS))


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.csv", "a.warc"])
@pytest.mark.parametrize(
    "manner",
    [
        "",
        "no ranges",
        "no ranges, no length",
        "no tag, date",
        "no tag, date, no ranges",
        "no tag",
        "no tag, no ranges",
        "no tag, no length",
        "no tag, no length, no ranges",
    ],
)
def test_a_file_that_has_become_longer_is_a_failure(server: Server, name: str, manner: str) -> None:
    server.manner = set(filter(None, manner.split(", ")))
    server.files[name] = b"text\n" + jsonl()
    (file,) = discover([server.url(name)], OPTIONS)
    part = Part(file.uri, file.format, "", 0, file.size)
    before = list(read(part, OPTIONS, planned=file.fingerprint))
    assert before == list(read(part, OPTIONS))
    server.files[name] += jsonl()
    with pytest.raises(TransientError, match=rf"{name}: has changed since the run was planned; run again"):
        list(read(part, OPTIONS, planned=file.fingerprint))


@pytest.mark.parametrize("manner", ["", "no tag, no ranges", "no tag, date"])
def test_a_file_that_has_changed_and_kept_its_length(server: Server, manner: str) -> None:
    server.manner = set(filter(None, manner.split(", ")))
    server.files["a.jsonl"] = jsonl()
    (file,) = discover([server.url("a.jsonl?token=s3cret")], OPTIONS)
    part = Part(file.uri, file.format, "", 0, file.size)
    server.files["a.jsonl"] = jsonl().replace(b"Bees", b"Ants")
    if "date" in manner:  # its time is that of its length here, so that nothing tells
        assert len(list(read(part, OPTIONS, planned=file.fingerprint))) == len(TEXTS)
        return
    with pytest.raises(TransientError, match="has changed") as raised:
        list(read(part, OPTIONS, planned=file.fingerprint))
    assert "s3cret" not in str(raised.value)


def test_a_file_that_changes_while_its_ranges_are_read(server: Server) -> None:
    whole = jsonl()
    server.files["a.jsonl"] = whole
    (file,) = discover([server.url("a.jsonl")], OPTIONS)
    part = Part(file.uri, "jsonl", "", 0, file.size)
    assert len(list(read(part, OPTIONS, planned=file.fingerprint))) == len(TEXTS)

    class Changing(dict[str, bytes]):
        """Answers the first request, for one byte, as before, and then with another file of the same length."""

        answers = 0

        def get(self, name: str, default: Any = None) -> Any:
            self.answers += 1
            return whole if self.answers == 1 else whole.replace(b"Bees", b"Ants")

    server.files = files = Changing()
    with pytest.raises(TransientError, match="has changed"):
        list(read(part, OPTIONS, planned=file.fingerprint))
    assert files.answers == 2


def test_servers_whose_answers_to_a_head_say_more_or_less(server: Server) -> None:
    """What the server told when the run was planned and does not tell now says nothing about the file."""
    server.files["a.jsonl"] = jsonl()
    for first, then in (("", "no tag"), ("no tag, date", "date"), ("", "no tag, date")):
        server.manner = set(filter(None, first.split(", ")))
        (file,) = discover([server.url("a.jsonl")], OPTIONS)
        server.manner = set(filter(None, then.split(", ")))
        part = Part(file.uri, "jsonl", "", 0, file.size)
        assert len(list(read(part, OPTIONS, planned=file.fingerprint))) == len(TEXTS)


def test_what_is_not_there_is_told_from_a_server_that_is_down(server: Server) -> None:
    with pytest.raises(SourceError, match="no file there"):
        discover([server.url("nothing.txt")], OPTIONS)
    server.files["a.txt"] = b"x"
    server.manner = {"down"}
    with pytest.raises(TransientError, match="503"):
        discover([server.url("a.txt")], OPTIONS)


WITHOUT = {
    "https://ann:pw@h.example/a.txt": "https://h.example/a.txt",
    "https://ghp_123@h.example/a.txt": "https://h.example/a.txt",
    "sftp://ann:pw@h.example/a.txt": "sftp://h.example/a.txt",
    "https://h.example/a.txt?X-Amz-Signature=1&X-Amz-Date=2&v=3&x-amz-credential=4": "https://h.example/a.txt?v=3",
    "https://h.example/a.txt?sv=2020&se=2030&sr=b&sig=abc%3D": "https://h.example/a.txt",
    "https://h.example/a.txt?id=7&token=abc": "https://h.example/a.txt?id=7",
    "https://h.example/a.txt?id=7&%74oken=abc;lang=de": "https://h.example/a.txt?id=7;lang=de",
    "https://h.example/a.txt?Expires=1&Signature=2&Key-Pair-Id=3": "https://h.example/a.txt",
}
AS_THEY_ARE = [
    "https://h.example/a.txt?id=7&st=Bavaria&se=1&lang=de",
    "https://h.example/token=1/a.txt?tokens=2&q=a+b%20c",
    "s3://bucket/a?token=b.txt",
    "s3://bucket/ann@home.txt",
    "abfs://container@account.dfs.core.windows.net/a.txt",
    "sftp://ann@h.example/a.txt",
    "file:///tmp/a?sig=b.txt",
    "a?token=b.txt",
    "http://[::1/a.txt",
]


@pytest.mark.parametrize(("url", "clean"), WITHOUT.items())
def test_credentials_are_taken_out(url: str, clean: str) -> None:
    assert credentials.without(url) == clean
    assert credentials.without(clean) == clean
    assert credentials.hidden(f"cannot read '{url}' today") == f"cannot read '{clean}' today"


@pytest.mark.parametrize("url", AS_THEY_ARE)
def test_what_is_no_credential_stays(url: str) -> None:
    assert credentials.without(url) == url


def test_two_sources_that_differ_in_credentials_alone(server: Server) -> None:
    server.files["a.txt"] = b"x"
    with pytest.raises(ConfigurationError, match="name it once") as raised:
        discover([server.url("a.txt?token=one1"), server.url("a.txt?token=two2")], OPTIONS)
    assert "one1" not in str(raised.value)


@pytest.mark.parametrize("engine", ["inline", "processes"])
def test_no_file_of_a_dataset_and_no_message_has_the_credentials(
    server: Server, tmp_path: Path, engine: str, capfd: pytest.CaptureFixture[str]
) -> None:
    server.manner = {"locked"}
    server.files.update({"a.txt": ARTICLE.encode(), "b.txt": b" "})
    out = tmp_path / "d"
    loaded = settings.load(None, [f"run.engine={engine}", "run.workers=1", "run.max_rejected_share=1"])

    def sources(secret: str) -> list[str]:
        return [server.url(f"a.txt?token={secret}&v=1"), server.url("b.txt", f"ann:{secret}@")]

    summary = run_direct(sources("s3cret-one"), out, loaded)
    assert (summary.counts.articles, summary.counts.rejected.total()) == (1, 1)
    again = run_direct(sources("s3cret-two"), out, loaded)
    assert again.shards["done"] == 1
    server.files["a.txt"] = ARTICLE.encode().replace(b"noon", b"five")
    assert run_direct(sources("s3cret-three"), out, loaded).changes == {"changed": 1}
    del server.files["b.txt"]
    with pytest.raises(SourceError) as raised:
        run_direct(sources("s3cret-four"), out, loaded)
    assert "s3cret" not in str(raised.value)
    assert "b.txt" in str(raised.value)
    for path in out.rglob("*"):
        assert not path.is_file() or b"s3cret" not in path.read_bytes(), path
        assert "s3cret" not in path.name
    assert "s3cret" not in "".join(capfd.readouterr())
    assert any("s3cret-three" in path for path in server.asked)
