"""The pages over a real version: ingested, refreshed, and read back."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.chain.runs.refreshing import refresh_version
from app.data.versions.service import Asked
from app.main import create_app
from app.pages.directory import Wanted
from app.pages.stored import StoredReading
from app.platform.auth.sight import EVERYTHING, NOTHING, Sight
from app.platform.config import Settings
from app.platform.deps import open_resources
from app.platform.errors import Absent
from app.risk.stress.workbench import Workbench
from graph.errors import NotFound
from ingestion.run import Job, ingest
from tests.app.computing import Here
from tests.app.conftest import NOW


@pytest.fixture
def stored(settings: Settings) -> Iterator[StoredReading]:
    with open_resources(settings) as resources:
        yield StoredReading(resources, sight=EVERYTHING, workbench=Workbench(1, Here))


def test_facilities_are_those_of_the_chain_documents(stored: StoredReading) -> None:
    found = {row.core: row for row in stored.facilities()}
    chain = stored.chain("CORE1")

    assert sorted(found) == ["CORE1", "CORE2"]
    assert found["CORE1"].limit_fen == chain["facility"]["limit_fen"]
    assert found["CORE1"].use == pytest.approx(
        chain["facility"]["occupied_fen"] / chain["facility"]["limit_fen"]
    )
    assert found["CORE2"].limit_fen is None
    assert found["CORE2"].use is None
    assert found["CORE2"].absent
    assert stored.facilities() is stored.facilities()


def test_tiers_members_and_picture_tell_the_same_chain(stored: StoredReading) -> None:
    tiers = stored.chain("CORE1")["tiers"]
    members = stored.members("CORE1")
    groups, flows = stored.picture("CORE1")

    assert sum(row["firms"] for row in tiers) == len(members)
    assert sum(group.firms for group in groups) == len(members) + 1
    assert {(group.column, group.grade) for group in groups} >= {(0, "A"), (-1, "B"), (-2, "-")}
    ore_to_mill = [flow for flow in flows if flow.source == (-2, "-")]
    assert [flow.target for flow in ore_to_mill] == [(-1, "B")]
    assert ore_to_mill[0].amount_fen == stored.partners("ORE")[0][0].amount_fen


def test_a_firm_its_chains_and_its_partners(stored: StoredReading) -> None:
    buyers, suppliers = stored.partners("PART")
    standings = stored.chains_of("PART")

    assert stored.firm("PART")["name"] == "青石零件有限公司"
    assert [row.id for row in buyers] == ["CORE1", "CORE2"]
    assert suppliers == []
    assert {row.id for row in standings} == {"CORE1", "CORE2"}
    for row in standings:
        assert stored.limit(row.id, "PART")["limit_fen"] == row.limit_fen
    assert [row.limit_fen or 0 for row in standings] == sorted(
        (row.limit_fen or 0 for row in standings), reverse=True
    )


def test_two_characters_find_a_firm(stored: StoredReading) -> None:
    found = stored.directory().find(Wanted("青石"), sort="match", size=9)

    assert [firm.id for firm in found] == ["PART"]


def test_a_scenario_is_computed_once_and_read_back(stored: StoredReading) -> None:
    name = asyncio.run(stored.stress(["MILL"], ["orders", "production"], "lin"))

    assert asyncio.run(stored.stress(["MILL"], ["production", "orders"], "lin")) == name
    document = stored.scenario(name)
    assert document["channels"] == ["production", "orders"]
    assert [row["id"] for row in document["closed"]] == ["MILL"]
    assert document["loss_fen"] == sum(row["loss_fen"] for row in document["rounds"])


def test_what_is_not_there_is_not_found(stored: StoredReading) -> None:
    for missing in (
        lambda: stored.chain("MILL"),
        lambda: stored.firm("NOBODY"),
        lambda: stored.limit("CORE1", "NOBODY"),
        lambda: stored.names(["NOBODY"]),
    ):
        with pytest.raises(NotFound):
            missing()
    with pytest.raises(Absent):
        stored.scenario("scenario-1-0000000000000000")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_opens_over_a_real_version(
    client: TestClient, bearer: Callable[..., dict[str, str]], language: str
) -> None:
    paths = ["/cores", "/cores.csv", "/firms?query=青石", "/stress?firm=MILL&query=矿业"]
    for core in ("CORE1", "CORE2"):
        paths += [f"/chains/{core}", f"/chains/{core}/limits.csv"]
    for firm in ("CORE1", "MILL", "PART", "ORE", "SHOP"):
        paths.append(f"/firms/{firm}")
    paths += ["/chains/CORE1/limits/ORE", "/chains/CORE1/limits/ORE/tree"]
    headers = {**bearer("risk"), "Accept": "text/html", "Accept-Language": language}

    for path in paths:
        answer = client.get(path, headers=headers)
        assert answer.status_code == 200, path
        assert path.endswith((".csv", "tree")) or "<script>商行" not in answer.text


def test_without_a_run_people_are_told_that_there_is_nothing_yet(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with (
        open_resources(Settings(home=tmp_path_factory.mktemp("empty"))) as resources,
        pytest.raises(Absent),
    ):
        StoredReading(resources, sight=EVERYTHING).facilities()


def another_month(settings: Settings, folder: Path) -> None:
    """Publish and refresh a second version, in which the mill sold half as much again."""
    folder.mkdir()
    header = "number,issued_on,seller,buyer,amount_yuan,tax_yuan,total_yuan,status,kind,goods\n"
    line = "NEW-1,2026-07-10,MILL,CORE1,20000000,2600000,22600000,valid,blue,件\n"
    (folder / "invoices.csv").write_text(header + line, encoding="utf-8")
    with open_resources(settings, now=lambda: NOW) as resources:
        job = Job(resources.store, settings.home, NOW, lambda *_: None)
        ingest("files", [folder], job=job)
        refresh_version(resources, None, progress=lambda *_: None)


def test_a_page_shows_the_version_that_its_address_asks_for_and_so_do_its_links(
    settings: Settings, tmp_path: Path, bearer: Callable[..., dict[str, str]]
) -> None:
    another_month(settings, tmp_path / "july")
    headers = {**bearer("risk"), "Accept": "text/html", "Accept-Language": "en"}
    with TestClient(create_app(settings, now=lambda: NOW, computer=Here)) as client:
        newest = client.get("/chains/CORE1", headers=headers).text
        first = client.get("/chains/CORE1?version=1", headers=headers).text
        on_day = client.get("/chains/CORE1?as_of=2026-07-01", headers=headers).text
        listed = client.get("/cores", headers=headers).text
        refused = client.get("/cores?as_of=one", headers=headers)
        unknown = client.get("/cores?version=9", headers=headers)
        both = client.get("/cores?version=1&as_of=2026-06-30", headers=headers)
        sheets = [
            client.get(f"/chains/CORE1/limits.csv{asked}", headers=headers).text
            for asked in ("", "?version=1")
        ]

    assert "as of 2026-07-10 · version 2" in newest
    assert "as of 2026-06-30 · version 1" in first
    assert "as of 2026-06-30 · version 1" in on_day
    assert 'href="/firms/MILL?version=1"' in first
    assert 'href="/chains/CORE1/limits.csv?version=1"' in first
    assert "kept_version" not in first
    assert "?version" not in newest
    assert listed.count("<option value=") == 2
    assert (refused.status_code, unknown.status_code, both.status_code) == (422, 404, 422)
    assert 'href="/cores"' in refused.text
    assert sheets[0] != sheets[1]


@pytest.mark.parametrize("sight", [NOTHING, Sight("core", "CORE1"), Sight("firm", "MILL")])
def test_the_directory_is_refused_to_whoever_sees_a_part_also_once_it_is_made(
    stored: StoredReading, sight: Sight
) -> None:
    assert stored.directory()

    with pytest.raises(NotFound):
        stored.at(Asked(), sight).directory()
