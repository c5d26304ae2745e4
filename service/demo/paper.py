"""The figures that Zhu et al. 2013 print about their 32 patients, which the simulation is built to.

Radiation Oncology 2013;8:10, doi:10.1186/1748-717X-8-10 (open access). Where the paper contradicts
itself, Table 1 is followed: the oldest subject is 75, and 26 have more than three metastases.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from recist.vocabulary import Response as R


class Spread(NamedTuple):
    """How a number is spread over the subjects."""

    median: float
    least: int
    most: int


# Table 1.
SUBJECTS = 32
ENROLLED = (date(2010, 1, 1), date(2011, 6, 30))
SEX = {"male": 28, "female": 4}
AGE_YEARS = Spread(58.5, 35, 75)
DISTANCE_FROM_ANAL_VERGE_CM = Spread(5, 3, 10)
INITIAL_T = {"T3": 19, "T4": 13}
INITIAL_N = {"N1": 3, "N2": 29}
METASTATIC_ORGANS = {
    ("liver",): 16,
    ("lung",): 3,
    ("bone",): 1,
    ("liver", "lung"): 10,
    ("liver", "intra-abdominal"): 2,
}
"""One organ is M1a, 20 subjects; two are M1b, 12 subjects."""
NUMBER_OF_METASTASES = {"1": 1, "2": 2, "3": 3, ">3": 26}

# "Tumor response to CRT": two months after the start. SD is not printed; it is the rest. The two
# subjects with PD are the same for both.
PRIMARY, DISTANT = "primary", "distant"
AT_2_MONTHS: Mapping[str, Mapping[R, int]] = {
    PRIMARY: {R.CR: 4, R.PR: 18, R.SD: 8, R.PD: 2},
    DISTANT: {R.CR: 1, R.PR: 15, R.SD: 14, R.PD: 2},
}

# Table 3, and the follow-up.
RECTUM_RESECTED = 14
DISTANT_PROGRESSED = 20
DIED = 12
