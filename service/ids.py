"""Identities of records: opaque, so that they tell neither time nor order."""

from uuid import uuid4


def new_id() -> str:
    """32 hexadecimal digits of a random UUID."""
    return uuid4().hex
