"""Where the independent readers of a subject differ, with the numbers side by side."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, TypeAdapter
from sqlalchemy import Connection

from recist.adjudicate import Beside, ReaderValue, Variable
from service.access import own_subject
from service.callers import Caller
from service.comparison import Comparison, compare
from service.idempotency import Answer


@dataclass(frozen=True, kw_only=True)
class ComparedValue:
    """What one reader makes of a variable; null where the reader has no such value."""

    reader: str
    value: str | None
    beside: Annotated[Beside | None, Field(exclude_if=lambda beside: beside is None)] = None
    """What stands behind the value, where a time point does; else it is left out."""


@dataclass(frozen=True, kw_only=True)
class FoundDiscrepancy:
    """One difference; `adjudicated` where the trial has such differences settled."""

    variable: Variable
    compartment: str | None
    timepoint: int | None
    values: list[ComparedValue]
    adjudicated: bool


@dataclass(frozen=True, kw_only=True)
class DiscrepancyList:
    """Every difference; nothing is compared until all readers have signed as many time points."""

    items: list[FoundDiscrepancy] = field(default_factory=list)
    next_cursor: str | None = None


DISCREPANCIES = TypeAdapter(DiscrepancyList)


def view_all(connection: Connection, caller: Caller, subject_id: str) -> Answer:
    """Where the independent readers of a subject differ."""
    subject = own_subject(connection, caller, subject_id, "listDiscrepancies")
    found = discrepancies_of(compare(connection, subject))
    return Answer(200, DISCREPANCIES.dump_json(DiscrepancyList(items=found)))


def discrepancies_of(comparison: Comparison) -> list[FoundDiscrepancy]:
    """Every difference that was found, as it is told."""
    return [
        FoundDiscrepancy(
            variable=found.variable,
            compartment=found.compartment,
            timepoint=found.timepoint,
            values=list(map(_value, found.values)),
            adjudicated=found in comparison.to_adjudicate,
        )
        for found in comparison.found
    ]


def _value(said: ReaderValue) -> ComparedValue:
    return ComparedValue(reader=said.reader, value=said.value, beside=said.beside)
