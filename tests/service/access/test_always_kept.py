"""The audit trail is switched off by no setting and by no role."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from service.opening import open_database
from service.roles import Role
from service.routers import GUARDED, OPEN
from service.settings import Settings
from service.tables import events

pytestmark = pytest.mark.requirement("R4")

# Where its key and its heads are, and how often these are kept: never that they are not.
OF_THE_TRAIL = {"audit_key", "audit_heads", "audit_heads_seconds"}


def test_settings_say_where_it_is_kept_and_not_whether() -> None:
    assert {name for name in Settings.model_fields if "audit" in name} == OF_THE_TRAIL
    for none in ({"audit_key": None}, {"audit_heads": None}, {"audit_heads_seconds": 0}):
        with pytest.raises(ValueError, match=next(iter(none))):
            Settings(**none)


def test_no_route_writes_to_it() -> None:
    routes = [route for router in (*GUARDED, *OPEN) for route in router.routes]
    of_trail = [route for route in routes if route.path.startswith("/v1/audit")]
    assert of_trail
    assert {method for route in of_trail for method in route.methods} == {"GET"}


def test_without_its_key_the_service_does_not_start(tmp_path: Path) -> None:
    settings = Settings(folder=tmp_path, audit_key=tmp_path / "closed" / "audit.key")
    open_database(settings).close()
    settings.audit_key.unlink()
    (tmp_path / "closed").rmdir()
    (tmp_path / "closed").write_text("no folder")
    with pytest.raises(OSError, match="closed"):
        open_database(settings)


@pytest.mark.parametrize("role", Role)
def test_what_any_role_is_denied_is_entered(role: Role, world: Any) -> None:
    """Whoever it is: a thing that there is not, or a route that is closed."""
    service, count = world.service, select(func.count()).select_from(events)
    before = service.within(lambda c: c.scalar(count))
    closed = "/v1/subjects/x" if role is not Role.ADMINISTRATOR else "/v1/worklist"
    assert service.ask(world.own.tokens[role], "GET", closed).status_code in {403, 404}
    assert service.within(lambda c: c.scalar(count)) == before + 1
