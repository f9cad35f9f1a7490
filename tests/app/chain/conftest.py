"""What tests of documents share."""

import pytest
from fastapi.testclient import TestClient

from tests.app.chain.asking import Bearer, Desk


@pytest.fixture
def desk(client: TestClient, bearer: Bearer) -> Desk:
    return Desk(client, bearer)
