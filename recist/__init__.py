"""Tumour response: a timeline of reads in, CR / PR / SD / PD with the reasons out.

Pure: no input or output, no clock, no randomness, nothing but the standard library.
"""

from recist.answer import Assessment, CompartmentAssessment, Concern, Reason, TimePoint
from recist.assess import assess, judged_by
from recist.criteria import Criteria
from recist.editions import CRITERIA
from recist.endpoints import Endpoints, TimeToEvent, endpoints
from recist.follow_up import FollowUp, OverallResponse
from recist.protocol import Protocol
from recist.refusal import Fault, Refused
from recist.show import CriteriaText, describe
from recist.version import __version__
from recist.vocabulary import (
    Evidence,
    Finding,
    Lesion,
    Method,
    NewLesion,
    Read,
    Response,
    Role,
    State,
    Timeline,
)

__all__ = [
    "CRITERIA",
    "Assessment",
    "CompartmentAssessment",
    "Concern",
    "Criteria",
    "CriteriaText",
    "Endpoints",
    "Evidence",
    "Fault",
    "Finding",
    "FollowUp",
    "Lesion",
    "Method",
    "NewLesion",
    "OverallResponse",
    "Protocol",
    "Read",
    "Reason",
    "Refused",
    "Response",
    "Role",
    "State",
    "TimePoint",
    "TimeToEvent",
    "Timeline",
    "__version__",
    "assess",
    "describe",
    "endpoints",
    "judged_by",
]
