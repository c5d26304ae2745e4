"""A record that is not what the audit trail tells of it is found, and named."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from service.audit.heads import append
from service.tables import (
    adjudications,
    events,
    grants,
    instances,
    measurements,
    principals,
    reads,
    reopenings,
    series,
    subjects,
    tokens,
    trials,
)

pytestmark = pytest.mark.requirement("R15")

AT = datetime(2020, 1, 1, tzinfo=UTC)

# Whose table, which record, what is changed to what, and what is said of it.
CHANGES: list[tuple[Any, str, dict[str, Any], str]] = [
    (reads, "correction", {"content": "{}"}, "the content of read {id} is no longer what was"),
    (reads, "correction", {"sha256": "0" * 64}, "sha256 of read {id} is no longer what it says"),
    (reads, "correction", {"reader": "READER_2"}, "reader of read {id} is no longer"),
    (reads, "correction", {"timepoint": 7}, "timepoint of read {id} is no longer"),
    (reads, "correction", {"on": date(2020, 1, 1)}, "on of read {id} is no longer"),
    (reads, "correction", {"meaning": "APPROVED"}, "meaning of read {id} is no longer"),
    (reads, "correction", {"signed_at": AT}, "signed_at of read {id} is no longer"),
    (reads, "correction", {"principal_id": "x"}, "principal_id of read {id} is no longer"),
    (reads, "correction", {"subject_id": "x"}, "subject_id of read {id} is no longer"),
    (reads, "correction", {"replaces": "x"}, "replaces of read {id} is no longer"),
    (reads, "correction", {"reason": "Another."}, "reason of read {id} is no longer"),
    (reads, "correction", {"engine": "0.0.0"}, "engine of read {id} is no longer"),
    (reads, "correction", {"shown": "CR"}, "shown of read {id} is no longer"),
    (reads, "correction", {"signer": "Another"}, "signer of read {id} is no longer"),
    (adjudications, "adjudication", {"accepts": "READER_1"}, "accepts of adjudication {id} is"),
    (adjudications, "adjudication", {"cause": "OTHER"}, "cause of adjudication {id} is"),
    (adjudications, "adjudication", {"comment": None}, "comment of adjudication {id} is"),
    (adjudications, "adjudication", {"basis": "0" * 64}, "basis of adjudication {id} is"),
    (adjudications, "adjudication", {"principal_id": "x"}, "principal_id of adjudication {id} is"),
    (trials, "trial", {"protocol": '{"confirm": false}'}, "protocol of trial {id} is"),
    (trials, "trial", {"charter": '{"reauthenticate": true}'}, "charter of trial {id} is"),
    (trials, "trial", {"adjudicate_on": '["OVERALL"]'}, "adjudicate_on of trial {id} is"),
    (trials, "trial", {"compartments": "[]"}, "compartments of trial {id} is"),
    (trials, "trial", {"readers": 1}, "readers of trial {id} is"),
    (trials, "trial", {"criteria": "who-1979"}, "criteria of trial {id} is"),
    (subjects, "subject", {"reference_on": date(2020, 1, 1)}, "reference_on of subject {id} is"),
    (subjects, "subject", {"group": "A"}, "group of subject {id} is"),
    (subjects, "subject", {"attributes": "{}"}, "attributes of subject {id} is"),
    (subjects, "subject", {"trial_id": "x"}, "trial_id of subject {id} is"),
    (series, "series", {"series_uid": "1.2"}, "series_uid of series {id} is"),
    (measurements, "measurement", {"answer": "{}"}, "answer of measurement {id} is"),
    (measurements, "measurement", {"request": "{}"}, "request of measurement {id} is"),
]


def verified(kept: Any, recist: Callable[..., Any]) -> list[str]:
    status, out, errors = recist(kept, "audit", "verify")
    assert (status, errors) == (1, ""), out
    return str(out).splitlines()


def of_record(kept: Any, record_id: str) -> list[int]:
    return [row.seq for row in kept.entries() if row.record_id == record_id]


def test_a_changed_column_is_found(kept, recist):
    for table, record, to, says in CHANGES:
        of_it = table.c.id == kept.ids[record]
        before = kept.execute(select(table).where(of_it))[0]._asdict()
        assert all(before[name] != value for name, value in to.items()), says
        kept.execute(update(table).where(of_it).values(to))
        told = verified(kept, recist)
        (line,) = [line for line in told if says.format(id=kept.ids[record]) in line]
        seq = int(re.match(r"entry (\d+): ", line)[1])
        assert seq in of_record(kept, kept.ids[record])
        back = {name: before[name] for name in to}
        kept.execute(update(table).where(of_it).values(back))
    assert recist(kept, "audit", "verify")[0] == 0


def test_the_last_word_counts(kept, recist):
    """A change back to what was said first contradicts the entry that has changed it."""
    subject = kept.ids["subject"]
    _, changed = of_record(kept, subject)[:2]
    back = update(subjects).where(subjects.c.id == subject).values(group="A")
    kept.execute(back)
    assert verified(kept, recist) == [
        f"entry {changed}: group of subject {subject} is no longer what it says"
    ]


@pytest.mark.parametrize(
    ("table", "record"),
    [(reads, "READER_2"), (adjudications, "adjudication"), (measurements, "measurement")],
    ids=lambda each: getattr(each, "name", ""),
)
def test_a_record_that_is_gone_is_found(table, record, kept, recist):
    record_id = kept.ids[record]
    (seq,) = of_record(kept, record_id)
    kept.execute(delete(table).where(table.c.id == record_id))
    noun = table.name.removesuffix("s")
    says = f"entry {seq}: it tells of {noun} {record_id}, which is not there any more"
    assert verified(kept, recist) == [says]


def test_a_read_that_is_gone_with_its_entry_is_found(kept, recist):
    read_id = kept.ids["READER_2"]
    (seq,) = of_record(kept, read_id)

    def both(connection):
        connection.execute(delete(reads).where(reads.c.id == read_id))
        connection.execute(delete(events).where(events.c.seq == seq))

    kept.within(both)
    (line,) = verified(kept, recist)
    assert line == f"entry {seq}: it is missing: the next one there is entry {seq + 1}"


@pytest.mark.parametrize(
    ("table", "record", "noun"),
    [
        (reads, "correction", "read"),
        (adjudications, "adjudication", "adjudication"),
        (subjects, "subject", "subject"),
        (trials, "trial", "trial"),
        (measurements, "measurement", "measurement"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_record_of_which_no_entry_tells_is_found(table, record, noun, kept, recist):
    def copy(connection):
        row = connection.execute(select(table).where(table.c.id == kept.ids[record])).one()
        apart = {"replaces": row.id} if table is reads else {}
        apart |= {"code": "S-002"} if table is subjects else {}
        connection.execute(insert(table), row._asdict() | {"id": "f" * 32} | apart)

    kept.within(copy)
    says = f"{noun} {'f' * 32} is in the database, and no entry tells of it"
    assert verified(kept, recist) == [says]


@pytest.mark.parametrize(
    ("table", "to"),
    [
        (grants, {"role": "TRIAL_MANAGER"}),
        (grants, {"trial_id": None}),
        (tokens, {"expires_at": datetime(2099, 1, 1, tzinfo=UTC)}),
        (principals, {"name": "another"}),
    ],
    ids=["role", "trial", "expiry", "name"],
)
def test_a_right_that_nobody_gave_is_found(table, to, kept, recist):
    of_it = select(grants.c.principal_id).where(grants.c.role == "READER_1").scalar_subquery()
    column = table.c.id if table is principals else table.c.principal_id
    kept.execute(update(table).where(column == of_it).values(to))
    (line,) = verified(kept, recist)
    assert re.fullmatch(
        rf"entry \d+: {min(to)} of \w+ [0-9a-f]{{32}} is no longer what it says", line
    )


def test_a_reopening_that_nobody_gave_is_found(kept, recist):
    by = select(grants.c.principal_id).where(grants.c.role == "READER_1").scalar_subquery()
    row = {"id": "e" * 32, "read_id": kept.ids["correction"], "reason": "x", "reopened_at": AT}
    kept.execute(insert(reopenings).values(row | {"principal_id": by}))
    says = f"reopening {'e' * 32} is in the database, and no entry tells of it"
    assert verified(kept, recist) == [says]


@pytest.mark.parametrize("change", ["changed", "deleted"])
def test_a_file_of_a_series_that_is_another_is_found(change, kept, recist):
    (seq,) = of_record(kept, kept.ids["series"])

    def exchange(connection):
        one = select(instances.c.id).limit(1).scalar_subquery()
        of_it = instances.c.id == connection.execute(select(one)).scalar()
        spoil = update(instances).values(sha256="0" * 64)
        connection.execute((spoil if change == "changed" else delete(instances)).where(of_it))

    kept.within(exchange)
    says = f"entry {seq}: the files of series {kept.ids['series']} are not those that were stored"
    assert verified(kept, recist) == [says]


def test_many_alterations_are_all_told(kept, recist):
    kept.execute(update(reads).values(engine="0.0.0"))
    told = verified(kept, recist)
    assert len(told) == len({line.split(" of read ")[1] for line in told}) == 5


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)  # PostgreSQL takes none
def test_what_is_no_date_has_a_place_too(kept, recist):
    spoil = "UPDATE reads SET signed_at = 'never'"
    kept.within(lambda c: c.exec_driver_sql(spoil))
    (line,) = verified(kept, recist)
    assert line.startswith("what is stored of a read cannot be read: ")


def test_heads_of_another_trail_do_not_agree(kept, recist, told_in_sqlite, tmp_path):
    foreign = tmp_path / "foreign.heads"
    append(foreign, told_in_sqlite.settings.audit_heads.read_text().strip().replace(" ", "  ", 1))
    status, out, _ = recist(kept, "audit", "verify", "--heads", foreign)
    assert (status, out) == (1, f"line 1 of {foreign} is no head of an audit trail\n")
