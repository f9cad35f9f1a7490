"""Files that are named by a URL are read like others, and nothing of the URL is told."""

import gzip
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec
import pytest

from ingestion.errors import BadFile
from ingestion.urls import brought


class Bank(SimpleHTTPRequestHandler):
    """Gives files, but one to nobody."""

    def send_head(self) -> Any:
        if "closed" in self.path:
            return self.send_error(403)
        return super().send_head()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def memory() -> Iterator[str]:
    system = fsspec.filesystem("memory")
    with system.open("/in/b.csv", "wb") as file:
        file.write(b"n\n2\n")
    with system.open("/in/a.csv.gz", "wb") as file:
        file.write(gzip.compress(b"n\n1\n"))
    with system.open("/in/notes.pdf", "wb") as file:
        file.write(b"%PDF")
    yield "memory://in"
    system.rm("/in", recursive=True)


def names(*given: str) -> list[list[str]]:
    with brought(given) as paths:
        return [sorted(each.name for each in path.iterdir()) for path in paths]


def test_a_url_names_a_file_a_pattern_or_a_folder(memory: str) -> None:
    assert names(f"{memory}/b.csv", f"{memory}/*.csv*", memory) == [
        ["b.csv"], ["a.csv.gz", "b.csv"], ["a.csv.gz", "b.csv"],
    ]  # fmt: skip


def test_what_was_brought_is_gone_afterwards_and_paths_stay_paths(memory: str) -> None:
    with brought([f"{memory}/b.csv", "/some/where", "x.csv"]) as (folder, *others):
        assert (folder / "b.csv").read_bytes() == b"n\n2\n"
        assert others == [Path("/some/where"), Path("x.csv")]

    assert not folder.exists()


def test_a_file_is_fetched_over_http(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("n\n1\n")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Bank, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        assert names(f"{address}/sales.csv?key=s3cret") == [["sales.csv"]]
        with pytest.raises(BadFile, match=r"^absent\.csv: the URL leads nowhere"):
            names(f"{address}/absent.csv?key=s3cret")
        with pytest.raises(BadFile, match=r"^closed\.csv: the URL leads nowhere") as told:
            names(f"{address}/closed.csv?key=s3cret")
        assert told.value.__cause__ is None
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("memory://in/absent.csv", r"absent\.csv: the URL leads nowhere"),
        ("memory://in/notes.pdf", r"notes\.pdf: a URL leads to text or Parquet"),
        ("nothing://u:s3cret@host/a.csv", r"a\.csv: the URL leads nowhere"),
        ("http://u:s3cret@127.0.0.1:1/a.csv", r"a\.csv: the URL leads nowhere"),
        ("s3://s3cret/a.csv", r"a\.csv: s3:// is not read here: its package is missing"),
    ],
)
@pytest.mark.usefixtures("memory")
def test_a_url_that_leads_nowhere_is_refused_without_its_secrets(url: str, why: str) -> None:
    with pytest.raises(BadFile, match=f"^{why}") as told:
        names(url)

    assert "s3cret" not in str(told.value)
