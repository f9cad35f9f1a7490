"""Settings: where they come from, what is refused, the secret that is made once."""

import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.config import Settings


def test_places_default_to_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)

    assert settings.graph_place() == f"sqlite:///{tmp_path / 'graph.db'}"
    assert settings.records_place() == f"sqlite:///{tmp_path / 'records.db'}"


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEEPTIER_HOME", str(tmp_path))
    monkeypatch.setenv("DEEPTIER_PORT", "8123")
    monkeypatch.setenv("DEEPTIER_GRAPH_URL", "")

    settings = Settings()

    assert (settings.home, settings.port) == (tmp_path, 8123)
    assert settings.graph_place().endswith("graph.db")


@pytest.mark.parametrize("url", ["neo4j://a:b@host:7687/x", "mysql://host/x", "nothing"])
def test_records_live_in_a_relational_store_only(url: str) -> None:
    with pytest.raises(ValidationError, match="records_url"):
        Settings(records_url=url)


def test_the_secret_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "new"
    first = Settings(home=home).signing_key()

    assert Settings(home=home).signing_key() == first
    assert len(first) == 32
    assert stat.S_IMODE((home / "secret").stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == ["secret"]


def test_a_given_secret_needs_no_folder(tmp_path: Path) -> None:
    settings = Settings.model_validate({"home": tmp_path / "none", "secret": "hidden"})

    assert settings.signing_key() == Settings.model_validate({"secret": "hidden"}).signing_key()
    assert not (tmp_path / "none").exists()
    assert "hidden" not in repr(settings)
