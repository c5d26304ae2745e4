"""Between stored measurements or signed findings and the files of the images they were made on."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

import recist
from service.access import own_measurement, own_subject
from service.callers import Caller
from service.measurements import PathOf
from service.picturing import Panel
from service.problems import NotFound, Unprocessable
from service.reads import Signature, Signed
from service.tables import instances, series
from service.timelines import signed_for


def of_measurement(
    connection: Connection, caller: Caller, measurement_id: str, path_of: PathOf
) -> Panel:
    """What is to be drawn of one measurement that this caller may see."""
    own = own_measurement(connection, caller, measurement_id, "pictureMeasurement")
    found = json.loads(own.answer)
    uid = found["sop_instance_uid"]
    return Panel(
        _files(connection, own.subject_id, [uid] if uid else [], path_of).get(uid),
        found["frame"],
        found["longest_patient_mm"],
        found["short_axis_patient_mm"],
    )


def of_lesion(
    connection: Connection,
    caller: Caller,
    subject_id: str,
    lesion: str,
    reader: str | None,
    path_of: PathOf,
) -> Sequence[Panel]:
    """What is to be drawn of one lesion at all time points of a reader that this caller may see.

    Raises NotFound where there is no such reader or lesion, and Unprocessable where there are
    several readers and none is named.
    """
    subject = own_subject(connection, caller, subject_id, "pictureTimeline")
    signed = _read_by(signed_for(connection, caller, subject), reader)
    found = [(s, f) for s in signed.in_force if (f := s.read.findings.get(lesion))]
    if not found:
        raise NotFound("There is no such lesion in these reads. Check its label.")
    uids = {f.evidence.instance_uid for _, f in found if f.evidence}
    files = _files(connection, subject.id, filter(None, uids), path_of)
    return [_panel(signature, finding, files) for signature, finding in found]


def _read_by(signed: Mapping[str, Signed], reader: str | None) -> Signed:
    if reader is None and len(signed) == 1:
        return next(iter(signed.values()))
    if reader is None and signed:
        says = f"is needed: {', '.join(sorted(signed))} have read this subject"
        raise Unprocessable(says, errors=[{"parameter": "reader", "detail": says}])
    if reader is None or reader not in signed:
        raise NotFound("There are no such reads, or they are not yours. Check the reader.")
    return signed[reader]


def _panel(signature: Signature, finding: recist.Finding, files: Mapping[str, Path]) -> Panel:
    """The picture of one time point: its number, its date, and the state where not measured."""
    caption = f"{signature.timepoint}  {signature.on}"
    evidence = finding.evidence
    if evidence is None:
        return Panel(None, caption=f"{caption}  {finding.state}")
    return Panel(
        files.get(evidence.instance_uid or ""),
        evidence.frame,
        _ends(evidence.longest),
        _ends(evidence.short_axis),
        caption,
    )


def _ends(line: tuple[tuple[float, ...], ...] | None) -> list[list[float]] | None:
    return None if line is None else [list(end) for end in line]


def _files(
    connection: Connection, subject_id: str, uids: Iterable[str], path_of: PathOf
) -> dict[Any, Path]:
    """Where the stored images of a subject lie, by their SOP Instance UIDs."""
    rows = connection.execute(
        select(instances.c.sop_instance_uid, instances.c.sha256)
        .select_from(instances.join(series))
        .where(
            series.c.subject_id == subject_id,
            series.c.kind == "IMAGE",
            instances.c.sop_instance_uid.in_(list(uids)),
        )
    )
    return {row.sop_instance_uid: path_of(row.sha256) for row in rows}
