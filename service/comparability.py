"""What stands between the images of a reader's findings, where those are stored for the subject."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache

from pydantic import TypeAdapter
from sqlalchemy import Connection, select

import recist
from imaging.series.acquisition import Acquisition
from imaging.series.comparability import against, of_size
from service.tables import series

ACQUISITION = TypeAdapter(Acquisition)

Seen = tuple[date, Acquisition]
"""The date of a read, and what a lesion was seen on in it."""


def written(acquisition: Acquisition | None) -> str | None:
    """An acquisition as it is kept with its series."""
    return None if acquisition is None else ACQUISITION.dump_json(acquisition).decode()


def remarks(
    connection: Connection, subject_id: str, reads: Sequence[recist.Read]
) -> list[recist.Concern]:
    """Remark, for one reader's reads, on the images that their findings name as evidence.

    A lesion's images are held against those it was seen on last and first. They decide nothing.
    """
    named = {uid for read in reads for finding in read.findings.values() if (uid := _uid(finding))}
    if not named:
        return []
    known = _acquisitions(connection, subject_id, named)
    lesions = {label: lesion for read in reads for label, lesion in read.lesions.items()}
    earlier: dict[str, list[Seen]] = {}
    found = []
    for read in reads:
        for label, finding in read.findings.items():
            if seen := known.get(_uid(finding) or ""):
                before = earlier.setdefault(label, [])
                nodal = label in lesions and lesions[label].nodal
                told = (*_of_size(seen, finding, nodal=nodal), *_compared(seen, before))
                found += [recist.Concern(code, read.on, label, says) for code, says in told]
                before.append((read.on, seen))
    return found


def _uid(finding: recist.Finding) -> str | None:
    return finding.evidence.series_uid if finding.evidence else None


def _acquisitions(
    connection: Connection, subject_id: str, series_uids: set[str]
) -> Mapping[str, Acquisition]:
    """The acquisitions of images alone: what others have drawn on them is none."""
    rows = connection.execute(
        select(series.c.series_uid, series.c.acquisition).where(
            series.c.subject_id == subject_id,
            series.c.series_uid.in_(series_uids),
            series.c.acquisition.is_not(None),
        )
    )
    return {row.series_uid: _parsed(row.acquisition) for row in rows}


@lru_cache(maxsize=4096)
def _parsed(content: str) -> Acquisition:
    return ACQUISITION.validate_json(content)


def _of_size(
    seen: Acquisition, finding: recist.Finding, *, nodal: bool
) -> Iterator[tuple[str, str]]:
    """Doubts about the size that counts: of a node the short axis."""
    size = finding.short_axis_mm if nodal else finding.longest_mm
    if size is not None:
        yield from ((flag.code, flag.says) for flag in of_size(seen, size))


def _compared(seen: Acquisition, before: Sequence[Seen]) -> Iterator[tuple[str, str]]:
    if before:
        last_and_first = [before[-1], before[0]]
        for flag, which in against(seen, [acquisition for _, acquisition in last_and_first]):
            on = last_and_first[which][0]
            yield flag.code, f"{flag.says} Compared with {on}."
