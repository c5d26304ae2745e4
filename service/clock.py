"""What time it is, and how an instant is written: the one clock of the service."""

from datetime import UTC, datetime


def now() -> datetime:
    """The instant of this machine's clock, in UTC."""
    return datetime.now(UTC)


def text(at: datetime) -> str:
    """An instant in UTC by RFC 3339, always as long, so that it sorts as text."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
