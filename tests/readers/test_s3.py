"""The readers against a server on this machine that speaks S3."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cleancopy.errors import SourceError, TransientError
from cleancopy.readers import Part, ReaderOptions, discover, read

from .files import TEXTS, jsonl, read_all, records
from .test_formats import parquet

s3fs = pytest.importorskip("s3fs")
OPTIONS = ReaderOptions()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    command = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    s3fs.S3FileSystem.clear_instance_cache()
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()
        s3fs.S3FileSystem.clear_instance_cache()


def test_object_store(server: subprocess.Popen[bytes], tmp_path: Path) -> None:
    store = s3fs.S3FileSystem()
    store.mkdir("bucket")
    store.pipe_file("bucket/in/a.jsonl", jsonl())
    store.pipe_file("bucket/in/deep/b.txt", b"Bees")
    store.put_file(str(parquet(tmp_path / "c.parquet")), "bucket/in/c.parquet")

    files = discover(["s3://bucket/in"], OPTIONS)
    assert [file.uri for file in files] == [f"s3://bucket/in/{name}" for name in ("a.jsonl", "c.parquet", "deep/b.txt")]
    assert [file.uri for file in discover(["s3://bucket/in/*.jsonl"], OPTIONS)] == ["s3://bucket/in/a.jsonl"]
    for target in (1 << 30, 300):
        found = records(read_all("s3://bucket/in/a.jsonl", target=target))
        assert [record.text for record in found] == TEXTS
        assert len(records(read_all("s3://bucket/in/c.parquet", target=target))) == 40

    before = files[0].fingerprint
    part = Part(files[0].uri, "jsonl", "", 0, files[0].size)
    assert len(records(list(read(part, OPTIONS, planned=before)))) == len(TEXTS)
    for changed in (jsonl() + jsonl(), jsonl().replace(b"Bees", b"Ants")):
        store.pipe_file("bucket/in/a.jsonl", changed)
        with pytest.raises(TransientError, match="has changed since the run was planned; run again"):
            list(read(part, OPTIONS, planned=before))
    store.pipe_file("bucket/in/a.jsonl", jsonl())
    items = read(part, OPTIONS, planned=before)
    store.pipe_file("bucket/in/a.jsonl", jsonl(TEXTS[:3]))
    with pytest.raises(TransientError, match=r"a\.jsonl"):
        list(items)
    assert discover(["s3://bucket/in/a.jsonl"], OPTIONS)[0].fingerprint != before

    with pytest.raises(SourceError, match="bucket/nothing"):
        discover(["s3://bucket/nothing"], OPTIONS)
    with pytest.raises(SourceError, match=r"gone\.jsonl"):
        list(read(Part("s3://bucket/gone.jsonl", "jsonl", "", 0, 9), OPTIONS))

    server.kill()
    server.wait()
    with pytest.raises(TransientError, match=r"a\.jsonl"):
        list(read(Part("s3://bucket/in/a.jsonl", "jsonl", "", 0, 9), OPTIONS))
