"""Files tried over the interface: told whole, nothing published, nothing left, nothing let out."""

import asyncio
import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.data.imports.service import Upload
from app.data.sources.trials import WAITING_MAX, Trials, handed_in, without_places
from app.main import create_app, stopping
from app.platform.config import Settings
from app.platform.deps import open_resources
from app.platform.errors import Busy
from graph.testing.waiting import WAIT_S
from ingestion.descriptions.folders import SHIPPED
from ingestion.errors import ImportBusy, Stopped
from ingestion.lake.housekeeping import alone
from tests.app.data.sources.test_sources import GOOD, QUERY

CHECK = "/api/v1/sources/check"
GUESS = "/api/v1/sources/guess"
SAMPLE = SHIPPED / "samples" / "bill_list_workbook"
SECRET = "hunter2"  # noqa: S105  # of a database that is not there


@pytest.fixture
def check(client: TestClient, bearer: Any) -> Any:
    """Return a function that tries files, as a role."""

    def check(*files: tuple[str, bytes], role: str = "risk", **fields: str) -> Any:
        sent = [("files", file) for file in files] or None
        return client.post(CHECK, data=fields, files=sent, headers=bearer(role))

    return check


def test_files_are_tried_as_an_import_would_read_them_and_nothing_is_left(
    check: Any, client: TestClient, bearer: Any, home: Path
) -> None:
    (file,) = SAMPLE.iterdir()
    tried = check((file.name, file.read_bytes()), name=SAMPLE.name, as_of="2026-06-30", changes="1")
    found = tried.json()

    assert tried.status_code == 200, tried.text
    assert found["refused"] is None
    assert (found["as_of"], found["used"], found["tables"]["vouchers"]["facts"]) == (
        "2026-06-30", 1, 1,
    )  # fmt: skip
    assert [entry["path"] for entry in found["files"]] == [file.name]
    assert found["changes"]["tables"]["vouchers"]["new"]["count"] == 1
    assert str(home) not in tried.text
    assert not list(home.glob("trial-*"))
    assert not list(home.glob("lake/descriptions/bill*"))
    versions = client.get("/api/v1/versions", headers=bearer("risk")).json()["items"]
    assert [each["version"] for each in versions] == [1]


def test_a_text_that_nobody_saved_is_tried_and_what_it_lacks_is_told_without_places(
    check: Any, home: Path
) -> None:
    tried = check(("other.txt", b"a,b\n1,2\n"), description=GOOD)

    assert tried.status_code == 200, tried.text
    assert tried.json()["source"] == "description"
    assert "nothing that source description knows in other.txt" in tried.json()["refused"]
    assert str(home) not in tried.text
    assert not (home / "sources").exists()


def test_no_address_of_a_database_is_told(
    check: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"postgresql://bank:{SECRET}@127.0.0.1:1/erp"
    monkeypatch.setenv("DEEPTIER_SOURCE_ERP", address)
    tried = check(role="admin", name="erp", description=QUERY)

    assert tried.status_code == 200, tried.text
    assert tried.json()["refused"]
    assert SECRET not in tried.text
    assert "127.0.0.1" not in tried.text
    assert str(home) not in tried.text


@pytest.mark.parametrize(
    ("fields", "file", "status", "said"),
    [
        ({}, "a.csv", 422, "name or description"),
        ({"name": "nowhere"}, "a.csv", 422, "no source 'nowhere'"),
        ({"name": "../own", "description": GOOD}, "a.csv", 422, "'../own' is none"),
        ({"name": "files", "description": GOOD}, "a.csv", 409, "belongs to the package"),
        ({"description": QUERY}, "a.csv", 403, "for admin to set"),
        ({"description": "#" * 300_000}, "a.csv", 413, "at most 262144 bytes"),
        ({"name": "files"}, "../a.csv", 422, "file names"),
        ({"name": "files", "as_of": "tomorrow"}, "a.csv", 422, "as_of"),
    ],
)
def test_what_cannot_be_tried_is_refused_before_a_file_is_kept(
    check: Any, fields: dict[str, str], file: str, status: int, said: str
) -> None:
    answer = check((file, b"x"), **fields)

    assert answer.status_code == status, answer.text
    assert said in answer.json()["detail"]


def test_a_text_that_breaks_the_language_is_refused_in_the_document(check: Any) -> None:
    found = check(("a.csv", b"x"), description=GOOD.replace("header:", "heder:")).json()

    assert "description.yml: line 3: sets.bills: unknown key heder" in found["refused"]
    assert found["version"] is None
    assert found["files"] == []


def test_a_trial_waits_for_no_import_and_says_when_to_come_again(check: Any, home: Path) -> None:
    with alone(home / "lake"):
        answer = check(("a.csv", b"x"), name="files")

    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert int(answer.headers["retry-after"]) > 0


def test_what_a_service_that_was_killed_has_left_goes_with_the_next(
    settings: Settings, home: Path
) -> None:
    (home / "trial-killed" / "files").mkdir(parents=True)
    (home / "trial-killed" / "files" / "a.csv").write_bytes(b"x")
    with alone(home / "trial-runs"), TestClient(create_app(settings)):
        left = [path.name for path in home.glob("trial-*")]

    assert left == ["trial-runs"]


def test_files_that_were_handed_in_go_however_it_ends(home: Path, settings: Settings) -> None:
    (home / "trial-killed" / "files").mkdir(parents=True)
    with open_resources(settings) as resources:

        def lost() -> None:
            with handed_in(resources, [Upload("a.csv", io.BytesIO(b"x"))]) as files:
                assert [path.read_bytes() for path in files] == [b"x"]
                assert len(list(home.glob("trial-*"))) == 1
                raise OSError(28, "No space left on device")

        with pytest.raises(OSError, match="No space"):
            lost()

    assert list(home.glob("trial-*")) == []


def test_texts_name_files_of_the_data_folder_by_their_names_alone(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    said = {
        "refused": f"{link}/trial-a_b1/files/七月.csv: no; '{real}/trial-x/lake/p' in {real}",
        "files": [{"path": f"{real}/drafts/ab/files-1/a b.csv"}, f"{link}2/kept.csv", 3],
    }

    with open_resources(Settings(home=link)) as resources:
        found = without_places(resources, said)

    assert found == {
        "refused": "七月.csv: no; 'p' in ",
        "files": [{"path": "a b.csv"}, f"{link}2/kept.csv", 3],
    }


class Held:
    """Work that goes on until it is told to end or no longer wanted."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.end = threading.Event()
        self.given_up = threading.Event()

    def __call__(self, alive: Callable[[], bool]) -> str:
        self.begun.set()
        for _ in range(int(WAIT_S / 0.01)):
            if self.end.wait(0.01):
                return "told"
            if not alive():
                self.given_up.set()
                raise Stopped("files: it was stopped")
        raise TimeoutError("nobody ended it")


def test_one_is_tried_at_a_time_some_wait_and_the_rest_is_told_to_come_again() -> None:
    async def story() -> None:
        trials, first, second = Trials(), Held(), Held()
        one = asyncio.ensure_future(trials.run("lin", first))
        await asyncio.to_thread(first.begun.wait, WAIT_S)
        two = asyncio.ensure_future(trials.run("wang", second))
        more = [asyncio.ensure_future(trials.run("lin", Held())) for _ in range(WAITING_MAX - 1)]
        await asyncio.sleep(0)
        with pytest.raises(Busy) as refused:
            await trials.run("lin", Held())
        assert refused.value.again_seconds
        assert not second.begun.is_set()
        first.end.set()
        second.end.set()
        assert [await one, await two] == ["told", "told"]
        trials.stop()
        assert all(isinstance(e, Busy) for e in await asyncio.gather(*more, return_exceptions=True))
        trials.close()

    asyncio.run(story())


def test_who_goes_ends_what_is_tried_for_them() -> None:
    async def story() -> None:
        trials, left = Trials(), Held()
        asked = asyncio.ensure_future(trials.run("lin", left))
        await asyncio.to_thread(left.begun.wait, WAIT_S)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert left.given_up.is_set()
        assert await trials.run("wang", lambda _: "next") == "next"

        def busy(_: object) -> None:
            raise ImportBusy("another import runs")

        with pytest.raises(Busy, match="another import runs"):
            await trials.run("wang", busy)
        trials.close()

    asyncio.run(story())


def test_a_service_that_stops_ends_what_is_tried(settings: Settings) -> None:
    app = create_app(settings)

    async def story() -> None:
        held = Held()
        asked = asyncio.ensure_future(app.state.trials.run("lin", held))
        await asyncio.to_thread(held.begun.wait, WAIT_S)
        stopping(app)
        with pytest.raises(Busy):
            await asked

    asyncio.run(story())
    app.state.trials.close()


def test_a_description_is_proposed_for_files_even_while_an_import_runs(
    client: TestClient, bearer: Any, home: Path
) -> None:
    (file,) = SAMPLE.iterdir()
    sent = [("files", (file.name, file.read_bytes()))]
    with alone(home / "lake"):
        answer = client.post(GUESS, files=sent, headers=bearer("risk"))
    found = answer.json()

    assert answer.status_code == 200, answer.text
    assert [(each["path"], each["table"]) for each in found["proposals"]] == [
        (file.name, "vouchers")
    ]
    assert found["description"].startswith("schema: 1\nowner: 'token:risk'\n")
    assert str(home) not in answer.text
    assert not list(home.glob("trial-*"))
    assert client.post(GUESS, headers=bearer("risk")).status_code == 422
    wrong = [("files", ("../a.csv", b"x"))]
    assert client.post(GUESS, files=wrong, headers=bearer("risk")).status_code == 422
