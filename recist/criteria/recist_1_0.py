"""RECIST 1.0: Therasse et al. 2000. Section numbers are those of the paper.

Disease after a CR, and no disease at baseline, are judged as RECIST 1.1 has them.
"""

from recist.criteria import Criteria, Limit, Size
from recist.criteria.recist_1_1 import CR, NA, NE, NON_CR_NON_PD, OVERALL, PD, PR, SD
from recist.measurable import Measurable
from recist.rules import (
    Rule,
    falls,
    gone,
    incomplete,
    kept,
    marker,
    none_known,
    otherwise,
    persists,
    progressed,
    rest_returned,
    returned,
    rises,
    unknown,
)
from recist.tables import cited
from recist.vocabulary import Method, Nature

LONGEST = Size(
    "3.1: the longest diameter, of a node too; 5 mm where too small to measure",
    unit="mm",
    dimensions=1,
    diameters=lambda _, __: ("longest_mm",),
)

RETURNED = Rule(PD, returned, "3.3: target disease came back after a CR", "RETURNED")
INCOMPLETE = Rule(NE, incomplete, "3.3 NE: a lesion was not evaluated and PD is not proven")

TARGET = (
    Rule(CR, gone, "3.2.1 CR: every target lesion has gone"),
    RETURNED,
    Rule(PD, rises(percent=20), "3.2.1 PD: sum 20 % or more above the smallest"),
    INCOMPLETE,
    Rule(PR, falls(percent=30), "3.2.1 PR: sum 30 % or more below baseline"),
    Rule(PR, kept, "EORTC FAQ PR: a PR that was reached is kept until PD", "KEPT"),
    Rule(SD, otherwise, "3.2.1 SD: neither PR nor PD"),
)

NON_TARGET = (
    Rule(PD, progressed, "3.2.2 PD: unequivocal progression of a non-target lesion"),
    Rule(PD, rest_returned, "3.3: non-target disease came back after a CR", "REST"),
    Rule(NE, unknown, "3.3 NE: a non-target lesion was not evaluated", "NE-REST"),
    Rule(NON_CR_NON_PD, persists, "3.2.2 NON_CR_NON_PD: a non-target lesion persists"),
    Rule(NON_CR_NON_PD, marker, "3.2.2 NON_CR_NON_PD: a marker is high", "MARKER"),
    Rule(NA, none_known, "3.2.2 NA: no non-target lesions"),
    Rule(CR, otherwise, "3.2.2 CR: every non-target lesion has gone"),
)

RECIST_1_0 = Criteria(
    name="recist-1.0",
    title="RECIST 1.0",
    cite="Therasse et al., J Natl Cancer Inst 2000;92:205-216",
    targets=Limit(10, per_organ=5),
    size=LONGEST,
    nodes=None,
    measurable=Measurable(
        section="2.1 and Appendix I",
        smallest_mm={
            Method.CT: 10,
            Method.MR: 20,
            Method.CONVENTIONAL_CT: 20,
            Method.CHEST_XRAY: 20,
            Method.CALIPER: 20,
        },
        slices=2,
        never={
            Nature.SIMPLE_CYST: "2.1: a simple cyst is no lesion, neither target nor non-target",
            Nature.CYSTIC_METASTASIS: "2.1: a cystic lesion is not measurable",
            Nature.BONE_LYTIC: "2.1: a bone lesion is not measurable",
            Nature.BONE_BLASTIC: "2.1: a bone lesion is not measurable",
            Nature.DIFFUSE: "2.1: diffuse disease is not measurable",
        },
        treated="2.1: a lesion that was irradiated or treated before is not measurable",
        targets="3.1.2",
        timing="2.2",
    ),
    target=TARGET,
    non_target=NON_TARGET,
    overall=cited(OVERALL, {"Table 1": "3.2.3", "Table 2": "3.2.3, no target"}),
    new_lesion="3.2.2",
)
