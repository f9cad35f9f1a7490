"""A use of a firm that stands in a connected group takes room of the group, too."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.app.chain.booked import ORDER, send

pytestmark = pytest.mark.xdist_group("groups")


def test_a_reservation_takes_the_group_of_its_firm(client: TestClient, bearer: Any) -> None:
    officer, much = bearer("officer"), {"amount_fen": 10**16}
    refused = {
        firm: send(client, officer, "/reservations", ORDER | much | {"firm": firm}).json()
        for firm in ("ORE", "PART")
    }
    named = {
        firm: [each["account"] for each in answer["accounts"]] for firm, answer in refused.items()
    }
    group = client.get("/api/v1/groups?firm=ORE", headers=officer).json()["items"][0]["id"]

    assert named["ORE"][:3] == ["bank", f"group:{group}", "firm:ORE"]
    assert [each for each in named["PART"] if each.startswith("group:")] != [f"group:{group}"]
