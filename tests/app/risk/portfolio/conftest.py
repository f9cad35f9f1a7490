"""The service over the small economy with owners, whose accounts have room."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.platform.config import Settings
from tests.app.chain.booked import PLENTY, resources_of, set_up
from tests.app.chain.groups.conftest import settings
from tests.app.computing import Here
from tests.app.conftest import NOW

PAIRS = ("CORE1:MILL", "CORE1:PART", "CORE1:ORE", "CORE2:PART")
ROOMS = {
    **dict.fromkeys(("bank", "group:CORE1", "group:CORE2", "core:CORE2"), PLENTY),
    **{f"firm:{firm}": PLENTY for firm in ("MILL", "PART", "ORE")},
    **{f"chain:{pair}": 90_000_000 for pair in PAIRS},
    **{f"relation:{pair}": 80_000_000 for pair in PAIRS},
    "core:CORE1": 70_000_000,  # Half of each loan on a relation: less than is asked.
    "receivable:R1": 30_000_000,
}


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    app = create_app(settings, now=lambda: NOW, computer=Here)
    with TestClient(app, raise_server_exceptions=False) as client:
        set_up(resources_of(client), ROOMS)
        yield client


__all__ = ["client", "settings"]
