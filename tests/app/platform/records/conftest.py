"""Here the migrations themselves are tried: no database is a copy of what they made before."""

import pytest

from app.platform.records import migrate
from tests.app.migrated import really_upgrade


@pytest.fixture(autouse=True)
def really_migrated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the migrations on every database."""
    monkeypatch.setattr(migrate, "upgrade", really_upgrade)
