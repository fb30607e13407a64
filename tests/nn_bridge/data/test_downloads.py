"""Downloads from a local server that misbehaves on purpose."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from landscape_sim.validation import InputError
from nn_bridge.data import downloads
from nn_bridge.data.downloads import download
from nn_bridge.data.sources import MNIST, SourceFile

CONTENT = np.random.default_rng(0).bytes(300_000)
FILE = SourceFile("images.gz", f"sha256:{hashlib.sha256(CONTENT).hexdigest()}")


class FakeServer(ThreadingHTTPServer):
    """Serves ``content``; ``cuts`` says after how many bytes each request in turn is dropped."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = CONTENT
        self.cuts: list[int] = []
        self.knows_ranges = True
        self.in_chunks = False
        self.status = 200
        self.is_slow = False
        self.ranges: list[str | None] = []

    @property
    def source(self):
        host, port = self.server_address
        return dataclasses.replace(MNIST, base_url=f"http://{host}:{port}/")


class _Handler(BaseHTTPRequestHandler):
    server: FakeServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server, wanted = self.server, self.headers.get("Range")
        server.ranges.append(wanted)
        if server.status != 200:
            self.send_error(server.status)
            return
        start = 0
        if wanted and server.knows_ranges:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(server.content):
                self.send_error(416)
                return
        body = server.content[start:]
        self.send_response(206 if start else 200)
        if server.in_chunks and server.cuts:
            self._send_in_chunks(body, server.cuts.pop(0))
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if server.is_slow:
            self.wfile.write(body[:1000])
            threading.Event().wait(0.1)
            body = body[1000:]
        self.wfile.write(body[: server.cuts.pop(0)] if server.cuts else body)
        self.close_connection = True

    def _send_in_chunks(self, body: bytes, cut: int) -> None:
        """Announce all of ``body`` as one chunk, and break off within it."""
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\r\n" % len(body) + body[:cut])
        self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch) -> Iterator[FakeServer]:
    monkeypatch.setattr(downloads.time, "sleep", lambda seconds: None)
    with FakeServer() as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


def test_a_file_arrives_under_its_name_and_nothing_else_is_left(server, tmp_path):
    path = download(server.source, FILE, tmp_path)
    assert path == tmp_path / "mnist" / "images.gz"
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]


def test_two_downloads_at_once_are_one(server, tmp_path):
    server.is_slow = True
    with ThreadPoolExecutor(3) as pool:
        found = [pool.submit(download, server.source, FILE, tmp_path) for _ in range(3)]
    assert [each.result().read_bytes() for each in found] == [CONTENT] * 3
    assert server.ranges == [None]
    assert [path.name for path in (tmp_path / "mnist").iterdir()] == ["images.gz"]


def test_a_truncated_transfer_is_continued_where_it_broke_off(server, tmp_path):
    server.cuts = [100_000, 50_000]
    assert download(server.source, FILE, tmp_path).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=100000-", "bytes=150000-"]


def test_a_transfer_in_chunks_that_breaks_off_is_continued(server, tmp_path):
    server.cuts, server.in_chunks = [100_000, 140_000], True
    assert download(server.source, FILE, tmp_path).read_bytes() == CONTENT
    # Whole pieces of 64 KiB are kept of what came.
    assert server.ranges == [None, f"bytes={1 << 16}-", f"bytes={3 << 16}-"]
    server.cuts = [1000] * 4
    again = dataclasses.replace(FILE, name="again.gz")
    with pytest.raises(InputError, match=r"cannot download again\.gz") as refusal:
        download(server.source, again, tmp_path)
    assert len(str(refusal.value).splitlines()) == 1


def test_a_server_that_goes_away_leaves_a_part_that_the_next_call_continues(server, tmp_path):
    server.cuts = [100_000, 0, 0, 0]
    with pytest.raises(InputError, match=r"cannot download images.gz .* by hand") as refusal:
        download(server.source, FILE, tmp_path)
    assert len(str(refusal.value).splitlines()) == 1
    assert not (tmp_path / "mnist" / "images.gz").exists()
    assert download(server.source, FILE, tmp_path).read_bytes() == CONTENT
    assert server.ranges[-1] == "bytes=100000-"


def test_a_server_without_ranges_starts_again(server, tmp_path):
    server.cuts, server.knows_ranges = [100_000], False
    assert download(server.source, FILE, tmp_path).read_bytes() == CONTENT


def test_a_wrong_checksum_is_refused_and_nothing_of_it_stays(server, tmp_path):
    server.content = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    with pytest.raises(InputError, match="does not have the official checksum"):
        download(server.source, FILE, tmp_path)
    assert not list((tmp_path / "mnist").glob("*images.gz*part"))
    assert not (tmp_path / "mnist" / "images.gz").exists()
    server.content = CONTENT
    assert download(server.source, FILE, tmp_path).read_bytes() == CONTENT


def test_a_part_of_another_file_is_given_up(server, tmp_path):
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / ".images.gz.part").write_bytes(bytes(400_000))
    assert download(server.source, FILE, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("status", [404, 503])
def test_an_error_of_the_server_is_one_line(server, tmp_path, status):
    server.status = status
    with pytest.raises(InputError, match=f"{status}") as refusal:
        download(server.source, FILE, tmp_path)
    assert len(str(refusal.value).splitlines()) == 1


def test_no_server_at_all_is_one_line(server, tmp_path):
    source = dataclasses.replace(MNIST, base_url="http://127.0.0.1:9/")
    with pytest.raises(InputError, match="cannot download"):
        download(source, FILE, tmp_path)


def test_a_folder_that_cannot_be_written_is_refused(server, tmp_path):
    (tmp_path / "mnist").write_text("a file, no folder")
    with pytest.raises(InputError, match="cannot download"):
        download(server.source, FILE, tmp_path)


def test_without_leave_nothing_is_fetched(server, tmp_path):
    with pytest.raises(InputError, match="is missing"):
        download(server.source, FILE, tmp_path, may_download=False)
    assert server.ranges == []
