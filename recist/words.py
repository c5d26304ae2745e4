"""Enumerations whose members are the words on the wire."""

from enum import StrEnum


class Word(StrEnum):
    """A word that hashes as the text that it is: an enumeration's own hash is many times slower."""

    __hash__ = str.__hash__
