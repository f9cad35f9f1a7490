"""Imports over the interface: taken in, ingested in the background, read back."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from graph.testing.waiting import until
from tests.app.economy import write_files

IMPORTS = "/api/v1/imports"


def ended(client: TestClient, headers: dict[str, str], place: str) -> dict[str, Any]:
    """Wait until an import has ended, and the refresh that follows it."""

    def found() -> dict[str, Any] | None:
        row: dict[str, Any] = client.get(place, headers=headers).json()
        return row if row["state"] in ("done", "failed") else None

    return until(found)


def parts(folder: Path) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", (path.name, path.read_bytes())) for path in sorted(folder.iterdir())]


def test_the_same_files_again_change_nothing(
    client: TestClient, bearer: Any, tmp_path: Path
) -> None:
    headers = bearer("risk")
    files = parts(write_files(tmp_path / "files"))

    answer = client.post(
        IMPORTS, data={"source": "files", "as_of": "2026-06-30"}, files=files, headers=headers
    )
    found = ended(client, headers, answer.headers["location"])

    assert answer.status_code == 202
    assert answer.headers["location"] == f"{IMPORTS}/{answer.json()['id']}"
    assert found["state"] == "done", found
    assert found["outcome"]["version"] == 1
    assert found["by"] == "token:risk"


def test_one_month_more_is_a_new_version_that_is_refreshed_and_served(
    client: TestClient, bearer: Any, tmp_path: Path
) -> None:
    headers = bearer("admin")
    text = (
        "number,issued_on,seller,buyer,amount_yuan,tax_yuan,total_yuan,status,kind,goods\n"
        "N1,2026-07-10,ORE,CORE2,100000,13000,113000,valid,blue,石\n"
    )
    files = [("files", ("invoices.csv", text.encode()))]

    answer = client.post(IMPORTS, data={"source": "files"}, files=files, headers=headers)
    found = ended(client, headers, answer.headers["location"])
    assert found["state"] == "done", found

    def served() -> dict[str, Any] | None:
        limits: dict[str, Any] = client.get("/api/v1/chains/CORE2/limits", headers=headers).json()
        return limits if limits["version"] == 2 else None

    limits = until(served)

    assert found["outcome"]["version"] == 2
    assert limits["version"] == 2
    assert {firm["id"] for firm in limits["firms"]} == {"ORE", "PART"}
    versions = client.get("/api/v1/versions", headers=headers).json()["items"]
    assert [each["current"] for each in versions] == [False, True]


def test_a_refused_file_leaves_the_version_and_says_why(client: TestClient, bearer: Any) -> None:
    headers = bearer("risk")
    files = [("files", ("invoices.csv", b"number,seller\n1,a\n"))]

    answer = client.post(IMPORTS, data={"source": "files"}, files=files, headers=headers)
    found = ended(client, headers, answer.headers["location"])

    assert found["state"] == "failed"
    assert "invoices.csv" in found["detail"]
    assert "uploads" not in found["detail"]
    assert len(client.get("/api/v1/versions", headers=headers).json()["items"]) == 1
    home = client.app.state.resources.home  # type: ignore[attr-defined]
    assert list((home / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("nothing", "invoices.csv"),
        ("files", "../../invoices.csv"),
        ("files", ".."),
        ("files", ".hidden/../x"),
    ],
)
def test_an_unknown_source_or_a_path_for_a_name_is_malformed(
    client: TestClient, bearer: Any, source: str, name: str
) -> None:
    answer = client.post(
        IMPORTS,
        data={"source": source},
        files=[("files", (name, b"x"))],
        headers=bearer("risk"),
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


def test_an_import_without_files_is_malformed(client: TestClient, bearer: Any) -> None:
    answer = client.post(IMPORTS, data={"source": "files"}, headers=bearer("risk"))

    assert answer.status_code == 422


def test_a_second_economy_is_refused_whoever_hands_it_in(client: TestClient, bearer: Any) -> None:
    headers = bearer("risk")
    firms = "firm,name\nMILL,南浦汽车有限公司\nPART,北川电子有限公司\n"
    asked = {"data": {"source": "files"}, "headers": headers}
    files = [("files", ("firms.csv", firms.encode()))]

    answer = client.post(IMPORTS, files=files, **asked)
    found = ended(client, headers, answer.headers["location"])

    assert found["state"] == "failed"
    assert found["detail"].startswith("2 of 2 firms that stand already are others here: MILL is")
    versions = client.get("/api/v1/versions", headers=headers).json()["items"]
    assert [each["version"] for each in versions] == [1]
