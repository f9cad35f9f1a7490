"""The pages over the small economy of the service: they say what the interface says."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.chain.chains.drawing import drawing_of
from app.chain.chains.facilities import facilities
from app.chain.firms import service
from app.chain.firms.directory import Wanted, directory_of
from app.chain.firms.service import partners
from app.chain.limits import documents
from app.chain.limits.documents import results_of
from app.chain.limits.shown import Shown
from app.chain.runs.refreshing import refresh_version
from app.data.versions.service import AskedVersion
from app.main import create_app
from app.platform.auth.sight import EVERYTHING, NOTHING, Sight
from app.platform.config import Settings
from app.platform.deps import Resources, open_resources
from app.platform.errors import Absent
from graph.errors import NotFound
from ingestion.run import ImportJob, ingest
from tests.app.computing import Here
from tests.app.conftest import NOW


@pytest.fixture
def resources(settings: Settings) -> Iterator[Resources]:
    with open_resources(settings) as opened:
        yield opened


@pytest.fixture
def shown(resources: Resources) -> Shown:
    return results_of(resources, AskedVersion(), EVERYTHING)


def test_facilities_are_those_of_the_chain_documents(resources: Resources, shown: Shown) -> None:
    found = {row.core: row for row in facilities(resources, shown)}
    chain = documents.chain(shown, "CORE1")

    assert sorted(found) == ["CORE1", "CORE2"]
    assert found["CORE1"].limit_fen == chain["facility"]["limit_fen"]
    assert found["CORE1"].use == pytest.approx(
        chain["facility"]["occupied_fen"] / chain["facility"]["limit_fen"]
    )
    assert found["CORE2"].limit_fen is None
    assert found["CORE2"].use is None
    assert found["CORE2"].absent
    assert facilities(resources, shown) is facilities(resources, shown)


def test_tiers_members_and_drawing_tell_the_same_chain(resources: Resources, shown: Shown) -> None:
    chain = documents.chain(shown, "CORE1")
    groups, flows = drawing_of(resources, shown, "CORE1")
    reader = resources.store.reader(shown.head.version)

    assert sum(row["firms"] for row in chain["tiers"]) == len(chain["firms"])
    assert sum(group.firms for group in groups) == len(chain["firms"]) + 1
    assert {(group.column, group.grade) for group in groups} >= {(0, "A"), (-1, "B"), (-2, "-")}
    ore_to_mill = [flow for flow in flows if flow.source == (-2, "-")]
    assert [flow.target for flow in ore_to_mill] == [(-1, "B")]
    buyers, _ = partners(reader, "ORE", shown.name)
    assert ore_to_mill[0].amount_fen == buyers[0].amount_fen


def test_partners_are_all_there_however_few_trades_are_read_at_a_time(
    resources: Resources, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = resources.store.reader(1)
    whole = partners(reader, "PART", shown.name)

    monkeypatch.setattr(service, "TRADES_READ", 1)

    assert partners(reader, "PART", shown.name) == whole
    assert len(whole[0]) == 2


def test_a_firm_its_chains_and_its_partners_are_those_of_the_interface(
    client: TestClient, bearer: Callable[..., dict[str, str]], resources: Resources, shown: Shown
) -> None:
    headers = bearer("risk")
    limits = client.get("/api/v1/firms/PART/limits", headers=headers).json()["items"]
    page = client.get("/firms/PART", headers={**headers, "Accept": "text/html"}).text
    buyers, suppliers = partners(resources.store.reader(1), "PART", shown.name)

    assert "<h1>青石零件有限公司</h1>" in page
    assert [row.id for row in buyers] == ["CORE1", "CORE2"]
    assert suppliers == []
    assert {row["core"]["id"] for row in limits} == {"CORE1", "CORE2"}
    limits.sort(key=lambda row: -(row["limit_fen"] or 0))
    places = [page.index(f"/chains/{row['core']['id']}/limits/PART") for row in limits]
    assert places == sorted(places)


def test_two_characters_find_a_firm(resources: Resources, shown: Shown) -> None:
    found = directory_of(resources, shown).find(Wanted("青石"), sort="match", size=9)

    assert [firm.id for firm in found] == ["PART"]


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
        results_of(resources, AskedVersion(), EVERYTHING)


def another_month(settings: Settings, folder: Path) -> None:
    """Publish and refresh a second version, in which the mill sold half as much again."""
    folder.mkdir()
    header = "number,issued_on,seller,buyer,amount_yuan,tax_yuan,total_yuan,status,kind,goods\n"
    line = "NEW-1,2026-07-10,MILL,CORE1,20000000,2600000,22600000,valid,blue,件\n"
    (folder / "invoices.csv").write_text(header + line, encoding="utf-8")
    with open_resources(settings, now=lambda: NOW) as resources:
        job = ImportJob(resources.store, settings.home, NOW, lambda *_: None)
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


def test_links_of_a_scenario_stay_at_its_version(
    settings: Settings, tmp_path: Path, bearer: Callable[..., dict[str, str]]
) -> None:
    headers = {**bearer("risk"), "Accept": "text/html"}
    with TestClient(create_app(settings, now=lambda: NOW, computer=Here)) as client:
        made = client.post("/api/v1/scenarios", json={"close": ["MILL"]}, headers=headers)
        path = f"/stress/{made.json()['id']}"
        newest = client.get(path, headers=headers).text
        another_month(settings, tmp_path / "july")
        client.app.state.resources.forget()  # type: ignore[attr-defined]  # as time passes
        older = client.get(path, headers=headers).text

    assert 'href="/firms/ORE"' in newest
    assert 'href="/firms/ORE?version=1"' in older


def test_the_page_of_an_attribution_says_what_the_interface_says(
    settings: Settings, bearer: Callable[..., dict[str, str]]
) -> None:
    headers = {**bearer("risk"), "Accept": "text/html"}
    body = {"name": "two mills", "hits": [{"firms": ["MILL", "ORE"], "share": 0.5}]}
    with TestClient(create_app(settings, now=lambda: NOW, computer=Here)) as client:
        made = client.post("/api/v1/scenarios", json=body, headers=headers).json()["id"]
        scenario = client.get(f"/stress/{made}", headers=headers).text
        page = client.get(f"/stress/{made}/attribution", headers=headers)
        found = client.get(f"/api/v1/scenarios/{made}/attribution", headers=headers).json()
        none = client.get("/stress/scenario-1-0123456789abcdef/attribution", headers=headers)
        core = client.get(f"/stress/{made}/attribution", headers=bearer("core", "CORE1"))

    assert f'href="/stress/{made}/attribution"' in scenario
    assert page.status_code == 200
    assert "two mills" in scenario
    assert "two mills" in page.text
    for firm in (*found["players"], *(trade["buyer"] for trade in found["items"])):
        assert f'href="/firms/{firm["id"]}"' in page.text
    assert (none.status_code, core.status_code) == (404, 403)


@pytest.mark.parametrize("sight", [NOTHING, Sight("core", "CORE1"), Sight("firm", "MILL")])
def test_the_directory_is_refused_to_whoever_sees_a_part_also_once_it_is_made(
    resources: Resources, shown: Shown, sight: Sight
) -> None:
    assert directory_of(resources, shown)

    with pytest.raises(NotFound):
        directory_of(resources, results_of(resources, AskedVersion(), sight))
