"""Pages of connected groups: the list, one group with its ties, files, who may see them."""

import csv
import io
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.app.grouped import OWNER

pytestmark = pytest.mark.xdist_group("groups")


@pytest.fixture
def show(client: TestClient, bearer: Any) -> Any:
    def show(path: str, role: str = "risk", firm: str | None = None, language: str = "en") -> Any:
        return client.get(path, headers={**bearer(role, firm), "Accept-Language": language})

    return show


def ids(text: str, table: str) -> list[str]:
    inside = text.partition(f'data-list="{table}"')[2].partition("</table>")[0]
    return re.findall(r'<tr data-id="([^"]+)"', inside)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_list_of_groups_leads_to_each(show: Any, language: str) -> None:
    text = show("/groups", language=language).text

    assert ids(text, "groups") == ["CORE1", "CORE2"]  # Those that may borrow most come first.
    assert 'href="/groups/CORE1"' in text
    assert ids(show("/groups?family=control").text, "groups") == ["CORE2"]


def test_a_group_is_found_by_any_of_its_members(show: Any) -> None:
    assert ids(show("/groups?query=ore").text, "groups") == ["CORE1", "CORE2"]
    assert ids(show(f"/groups?query={OWNER}").text, "groups") == ["CORE2"]
    assert "No group fits" in show("/groups?query=nobody").text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_group_shows_its_members_and_every_tie(show: Any, language: str) -> None:
    text = show("/groups/CORE2", language=language).text

    assert ids(text, "members")[:3] == ["CORE2", "ORE", "SHOP"]
    assert len(ids(text, "ties")) == 4
    assert "<script>商行" not in text  # The name of a firm is text.


def test_ties_are_filtered_sorted_and_a_file(show: Any) -> None:
    assert len(ids(show("/groups/CORE2?kind=equity").text, "ties")) == 3

    found = show("/groups/CORE1/ties.csv?kind=receipts&sort=-amount&columns=source,amount,whole")

    head, *rows = csv.reader(io.StringIO(found.content.decode("utf-8-sig")))
    assert head[-1].startswith("All trade")
    assert [row[-2:] for row in rows] == [
        ["39999996.00", "39999996.00"],
        ["9000000.00", "15000000.00"],
    ]
    assert show("/groups/CORE1/ties.xlsx").content.startswith(b"PK")
    assert len(show("/groups.csv").text.strip().splitlines()) == 3


def test_a_firm_leads_to_its_group(show: Any) -> None:
    assert 'href="/groups/CORE2"' in show("/firms/ORE").text
    assert 'href="/groups/' not in show("/firms/ORE", "supplier", "ORE").text


def test_groups_are_pages_of_the_bank(show: Any) -> None:
    paths = ("/groups", "/groups/CORE1", "/groups.csv", "/groups/CORE1/ties.csv", "/groups/none")
    for path in paths:
        assert show(path, "core", "CORE1").status_code == 403
        assert show(path, "supplier", "ORE").status_code == 403
    assert show("/groups/none").status_code == 404
    assert show("/groups?version=9").status_code == 404
