"""Who may do what: the one table of operations and the roles that each is open to."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a principal is in a trial, or in every trial."""

    SITE_READER = "SITE_READER"
    READER_1 = "READER_1"
    READER_2 = "READER_2"
    READER_3 = "READER_3"
    READER_4 = "READER_4"
    READER_5 = "READER_5"
    READER_6 = "READER_6"
    READER_7 = "READER_7"
    READER_8 = "READER_8"
    READER_9 = "READER_9"
    ADJUDICATOR = "ADJUDICATOR"
    TRIAL_MANAGER = "TRIAL_MANAGER"
    MONITOR = "MONITOR"
    AUDITOR = "AUDITOR"
    ADMINISTRATOR = "ADMINISTRATOR"
    WORKSTATION = "WORKSTATION"


EVERYONE = frozenset(Role)

# The independent readers, in the order in which a trial has them: as many as it says.
INDEPENDENT = tuple(role for role in Role if role.startswith("READER_"))

# These sign reads, and see their own alone.
READERS = frozenset({Role.SITE_READER, *INDEPENDENT})

# These see what several readers have signed. An administrator reads nothing clinical.
OVERSEERS = frozenset({Role.TRIAL_MANAGER, Role.MONITOR, Role.AUDITOR})
CLINICAL = EVERYONE - {Role.ADMINISTRATOR}

OPEN_TO: Mapping[str, frozenset[Role]] = {
    "assess": EVERYONE,
    "deriveEndpoints": EVERYONE,
    "listCriteria": EVERYONE,
    "getCriteria": EVERYONE,
    "createToken": frozenset({Role.ADMINISTRATOR}),
    "createKey": frozenset({Role.ADMINISTRATOR}),
    "listKeys": frozenset({Role.ADMINISTRATOR}),
    "revokeKey": frozenset({Role.ADMINISTRATOR}),
    "createGrant": frozenset({Role.ADMINISTRATOR}),
    "listGrants": frozenset({Role.ADMINISTRATOR, Role.TRIAL_MANAGER}),
    "revokeGrant": frozenset({Role.ADMINISTRATOR}),
    "listUsers": frozenset({Role.ADMINISTRATOR}),
    "changePassword": EVERYONE,
    "endSession": EVERYONE,
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
    "signRead": READERS | {Role.ADJUDICATOR},
    "getRead": READERS | OVERSEERS | {Role.ADJUDICATOR},
    "reopenRead": frozenset({Role.TRIAL_MANAGER}),
    "putDraft": READERS | {Role.ADJUDICATOR, Role.WORKSTATION},
    # A workstation writes for any reader of its trial, so it is shown the drafts of none.
    "getDraft": READERS | {Role.ADJUDICATOR},
    "deleteDraft": READERS | {Role.ADJUDICATOR},
    "listReadsDue": READERS,
    "listAdjudicationsDue": frozenset({Role.ADJUDICATOR}),
    "getTimeline": READERS | OVERSEERS | {Role.ADJUDICATOR},
    "pictureTimeline": READERS | OVERSEERS | {Role.ADJUDICATOR},
    "listDiscrepancies": OVERSEERS | {Role.ADJUDICATOR},
    "createAdjudication": frozenset({Role.ADJUDICATOR}),
    "listAdjudications": OVERSEERS | {Role.ADJUDICATOR},
    "endorse": frozenset(INDEPENDENT),
    "getConsensus": OVERSEERS | frozenset(INDEPENDENT),
    "getAgreement": OVERSEERS,
    "listAudit": EVERYONE - {Role.WORKSTATION},
    "getRecordAsOf": OVERSEERS | {Role.ADMINISTRATOR},
    "metrics": OVERSEERS | {Role.ADMINISTRATOR},
}
