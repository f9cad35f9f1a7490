"""What is staged is published once, in the order it came, whatever becomes of who publishes it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.data.imports.ingesting import Options, ingest_files
from app.data.imports.service import ImportOrder, read, take_staged
from app.data.imports.working import Imports
from app.data.pushes import repository
from app.data.pushes.service import DRAFT_MAX, KEPT, PushOrder, draft, drop, files_of, push, sweep
from app.platform.config import Settings
from app.platform.deps import Resources, open_resources
from app.platform.errors import Conflict
from graph.testing.waiting import until
from tests.app.conftest import Clock
from tests.conftest import emptied

ORDER = ImportOrder("core_system", "test")
PUSHED = "schema: 1\nowner: risk@bank.example\npushed: true\nids_shared: true\n"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def resources(request: pytest.FixtureRequest, home: Path, clock: Clock) -> Iterator[Resources]:
    (home / "sources").mkdir()
    (home / "sources" / "core_system.yml").write_text(PUSHED, encoding="utf-8")
    settings = Settings(home=home)
    if request.param == "postgres":
        url = emptied(request.getfixturevalue("postgres_url"))
        settings = Settings(home=home, records_url=url)
    with open_resources(settings, now=clock) as resources:
        yield resources


def pushed(resources: Resources, number: str) -> str:
    """Push one invoice; return its batch."""
    row = {"number": number, "issued_on": "2026-07-10", "seller": "ORE", "buyer": "CORE2"}
    with draft(resources, "invoices") as lines:
        lines.write_text(json.dumps(row | {"amount_fen": 100}), encoding="utf-8")
        order = PushOrder("core_system", "invoices", "test", number)
        return str(push(resources, order, lines)[0]["batch"])


def batches(resources: Resources, name: str) -> list[str]:
    return [path.stem.rpartition("-")[2] for path in files_of(resources, "core_system", name)]


def settle(resources: Resources, name: str, *, published: bool) -> None:
    with resources.records.writing() as connection:
        repository.settle(connection, name, published=published)


def worked(resources: Resources, name: str) -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        row = read(resources, name)
        return row if row["state"] in ("done", "failed") else None

    with Imports(resources, after=lambda: None, period_seconds=0.05):
        return until(ended)


@pytest.mark.slow
@pytest.mark.parametrize("resources", ["sqlite"], indirect=True)
def test_an_import_killed_after_its_version_publishes_nothing_twice_and_takes_nothing_new(
    resources: Resources,
) -> None:
    first = pushed(resources, "N1")
    name = str(take_staged(resources, ORDER)["import"])
    paths = files_of(resources, "core_system", name)
    ingest_files(resources, "core_system", paths, options=Options(pushed=True))
    later = pushed(resources, "N2")  # Here the process dies: nobody has written how it ended.

    ended = worked(resources, name)

    assert ended["state"] == "done", ended
    assert (ended["files"], ended["outcome"]["published"]) == ([first], False)
    assert [each.number for each in resources.store.versions()] == [1, 2]
    left = [path.name for path in (resources.home / "staged").rglob("*.ndjson")]
    assert left == [f"invoices-{later}.ndjson"]
    assert take_staged(resources, ORDER)["files"] == [later]


def test_what_an_import_that_failed_had_taken_comes_before_what_was_pushed_after_it(
    resources: Resources,
) -> None:
    old = pushed(resources, "N1")
    first = str(take_staged(resources, ORDER)["import"])
    new = pushed(resources, "N2")
    second = str(take_staged(resources, ORDER)["import"])
    latest = pushed(resources, "N3")

    assert batches(resources, first) == [old]
    assert batches(resources, second) == [new]
    settle(resources, first, published=False)
    assert batches(resources, second) == [old, new]
    settle(resources, second, published=True)
    assert take_staged(resources, ORDER)["files"] == [latest]
    with pytest.raises(Conflict, match="nothing is staged"):
        take_staged(resources, ORDER)


def test_what_an_import_has_taken_is_not_dropped(resources: Resources) -> None:
    pushed(resources, "N1")
    name = str(take_staged(resources, ORDER)["import"])
    pushed(resources, "N2")

    assert drop(resources, "core_system") == {
        "source": "core_system",
        "batches": 1,
        "rows": 1,
        "staged": 1,
    }
    settle(resources, name, published=False)
    assert drop(resources, "core_system")["rows"] == 1
    assert list((resources.home / "staged").rglob("*.ndjson")) == []


def test_what_was_pushed_to_a_source_that_has_gone_can_be_dropped(resources: Resources) -> None:
    pushed(resources, "N1")
    (resources.home / "sources" / "core_system.yml").unlink()

    assert drop(resources, "core_system")["rows"] == 1


def test_the_sweep_leaves_what_is_staged_and_forgets_what_is_long_over(
    resources: Resources, clock: Clock
) -> None:
    staged = pushed(resources, "N1")
    folder = resources.home / "staged" / "core_system"
    left = folder / "invoices-0123456789abcdef.ndjson"
    left.write_text("{}", encoding="utf-8")
    clock.moment = clock.moment.replace(year=2027)

    assert sweep(resources) == 1
    assert [path.name for path in folder.iterdir()] == [f"invoices-{staged}.ndjson"]
    drop(resources, "core_system")
    again = pushed(resources, "N1")
    assert again == staged  # The key is remembered.
    clock.moment += KEPT + DRAFT_MAX
    sweep(resources)
    assert pushed(resources, "N1") != staged


@pytest.mark.parametrize("resources", ["sqlite"], indirect=True)
def test_an_import_whose_staged_lines_are_gone_says_so(resources: Resources) -> None:
    pushed(resources, "N1")
    name = str(take_staged(resources, ORDER)["import"])
    for path in (resources.home / "staged" / "core_system").iterdir():
        path.unlink()

    assert "drop what is left, and push it again" in worked(resources, name)["detail"]
