"""Whether a read fits into its reader's timeline, and what is then made of the whole."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row

import recist
from recist.adjudicate import Course
from service.documents import unprocessable
from service.reads import timeline_of


def assessed(subject: Row[Any], reads: Sequence[recist.Read], timepoint: int) -> Course:
    """Judge a reader's timeline, in which the read of one time point is new.

    Raises Unprocessable, with pointers into the new read.
    """
    faults = list(_compartment_faults(reads[timepoint], json.loads(subject.compartments)))
    try:
        if not faults:
            return Course(reads, recist.assess(timeline_of(subject, reads)))
    except recist.Refused as refused:
        faults = [_in_read(fault, timepoint, reads) for fault in refused.faults]
    raise unprocessable(faults)


def _compartment_faults(read: recist.Read, known: Sequence[str]) -> Iterator[recist.Fault]:
    says = f"the trial judges {', '.join(known)} apart, and no other compartment"
    for label, lesion in read.lesions.items():
        if known and lesion.compartment is not None and lesion.compartment not in known:
            yield recist.Fault(("lesions", label, "compartment"), says)


def _in_read(fault: recist.Fault, timepoint: int, reads: Sequence[recist.Read]) -> recist.Fault:
    """Make a path in the timeline a path in the new read, or name the read that is at odds."""
    if fault.at[:2] == ("reads", timepoint):
        return recist.Fault(fault.at[2:], fault.says)
    n = fault.at[1] if len(fault.at) > 1 else 0
    where = "/".join(str(step) for step in fault.at[2:])
    on = reads[int(n)].on
    return recist.Fault((), f"the read of {on} would no longer hold: {where}: {fault.says}")
