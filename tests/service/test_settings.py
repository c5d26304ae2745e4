"""Settings are read once, each says what it means, and none is changed afterwards."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from service.settings import Settings


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_says_what_it_means(name: str) -> None:
    assert Settings.model_fields[name].description


def test_the_database_lies_beside_the_files_unless_told(tmp_path: Path) -> None:
    assert Settings(folder=tmp_path).database_url == f"sqlite:///{tmp_path}/recist.sqlite"
    assert Settings(database_url="postgresql+psycopg:///x").database_url.endswith("///x")


def test_they_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECIST_PORT", "1234")
    assert Settings().port == 1234


def test_none_is_changed_afterwards() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(Settings(database_url="postgresql+psycopg://recist:secret@db/x"))


@pytest.mark.parametrize(
    "name", ["max_body_bytes", "max_upload_bytes", "measuring_processes", "audit_heads_seconds"]
)
def test_a_limit_is_above_zero(name: str) -> None:
    with pytest.raises(ValidationError):
        Settings(**{name: 0})
