"""Who may do what: the one table of operations and the roles that each is open to."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a principal is in a trial, or in every trial."""

    SITE_READER = "SITE_READER"
    READER_1 = "READER_1"
    READER_2 = "READER_2"
    ADJUDICATOR = "ADJUDICATOR"
    TRIAL_MANAGER = "TRIAL_MANAGER"
    MONITOR = "MONITOR"
    AUDITOR = "AUDITOR"
    ADMINISTRATOR = "ADMINISTRATOR"
    WORKSTATION = "WORKSTATION"


EVERYONE = frozenset(Role)

# These sign reads, and see their own alone.
READERS = frozenset({Role.SITE_READER, Role.READER_1, Role.READER_2})

# These see what several readers have signed. An administrator reads nothing clinical.
OVERSEERS = frozenset({Role.TRIAL_MANAGER, Role.MONITOR, Role.AUDITOR})
CLINICAL = EVERYONE - {Role.ADMINISTRATOR}

OPEN_TO: Mapping[str, frozenset[Role]] = {
    "assess": EVERYONE,
    "deriveEndpoints": EVERYONE,
    "listCriteria": EVERYONE,
    "getCriteria": EVERYONE,
    "createToken": frozenset({Role.ADMINISTRATOR}),
    "createTrial": frozenset({Role.ADMINISTRATOR, Role.TRIAL_MANAGER}),
    "listTrials": EVERYONE,
    "getTrial": EVERYONE,
    "createSubject": frozenset({Role.TRIAL_MANAGER}),
    "changeSubject": frozenset({Role.TRIAL_MANAGER}),
    "listSubjects": CLINICAL,
    "getSubject": CLINICAL,
    "uploadSeries": READERS | {Role.WORKSTATION, Role.TRIAL_MANAGER},
    "listSeries": CLINICAL,
    "measure": READERS | {Role.WORKSTATION, Role.ADJUDICATOR},
    "pictureMeasurement": READERS | {Role.WORKSTATION, Role.ADJUDICATOR},
    "signRead": READERS,
    "getTimeline": READERS | OVERSEERS | {Role.ADJUDICATOR},
    "pictureTimeline": READERS | OVERSEERS | {Role.ADJUDICATOR},
    "listDiscrepancies": OVERSEERS | {Role.ADJUDICATOR},
    "createAdjudication": frozenset({Role.ADJUDICATOR}),
    "listAdjudications": OVERSEERS | {Role.ADJUDICATOR},
    "metrics": OVERSEERS | {Role.ADMINISTRATOR},
}
