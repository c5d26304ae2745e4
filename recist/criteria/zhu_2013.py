"""Zhu et al. 2013: the criteria of a phase II trial of rectal cancer with distant metastases.

The paper prints sums of products of diameters, and cites RECIST 1.0 (Therasse et al. 2000).
Rules named `Evaluation` are its section "Evaluation of tumor response"; what it leaves open follows
the guideline that it cites, whose sections are given as `RECIST 1.0`.
"""

from dataclasses import replace

from recist.criteria import Criteria, Limit, Size
from recist.criteria.recist_1_1 import CR, NA, NE, NON_CR_NON_PD, OVERALL, PD, PR, SD
from recist.protocol import Measure, PdReference
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

PRODUCTS = Size(
    "Evaluation: the product of the two diameters; 25 mm2 where too small to measure",
    unit="mm2",
    dimensions=2,
    diameters=lambda _: ("longest_mm", "short_axis_mm"),
)
LONGEST = Size(
    "RECIST 1.0, 3.1: the longest diameter; 5 mm where too small to measure",
    unit="mm",
    dimensions=1,
    diameters=lambda _: ("longest_mm",),
)

GONE = Rule(CR, gone, "Evaluation CR: all clinically assessable disease has gone")
RETURNED = Rule(PD, returned, "RECIST 1.0, 3.3: target disease came back after a CR", "RETURNED")
NOT_DECIDED = (
    Rule(NE, incomplete, "RECIST 1.0, 3.3 NE: a lesion was not evaluated and PD is not proven"),
    Rule(PR, falls(percent=30), "Evaluation PR: sum 30 % or more below baseline"),
    Rule(PR, kept, "EORTC FAQ PR: a PR that was reached is kept until PD", "KEPT"),
    Rule(SD, otherwise, "Evaluation SD: less than 30 % down and less than 20 % up"),
)
OVER_NADIR = Rule(PD, rises(percent=20), "Evaluation PD: sum 20 % or more above the smallest")
OVER_BASELINE = Rule(
    PD, rises(percent=20, over_baseline=True), "Evaluation PD: sum 20 % or more above baseline"
)

NON_TARGET = (
    Rule(PD, progressed, "RECIST 1.0, 3.2.2 PD: unequivocal progression of a non-target lesion"),
    Rule(PD, rest_returned, "RECIST 1.0, 3.3: non-target disease came back after a CR", "REST"),
    Rule(NON_CR_NON_PD, persists, "RECIST 1.0, 3.2.2 NON_CR_NON_PD: a non-target lesion persists"),
    Rule(NE, unknown, "RECIST 1.0, 3.3 NE: a non-target lesion was not evaluated", "NE-REST"),
    Rule(NON_CR_NON_PD, marker, "RECIST 1.0, 3.2.2 NON_CR_NON_PD: a marker is high", "MARKER"),
    Rule(NA, none_known, "RECIST 1.0, 3.2.2 NA: no non-target lesions"),
    Rule(CR, otherwise, "RECIST 1.0, 3.2.2 CR: every non-target lesion has gone"),
)

SECTIONS = {"Table 1": "RECIST 1.0, 3.2.3", "Table 2": "RECIST 1.0, 3.2.3, no target"}

ZHU_2013 = Criteria(
    name="zhu-2013",
    title="Zhu 2013",
    cite="Zhu et al., Radiat Oncol 2013;8:10, doi:10.1186/1748-717X-8-10",
    targets=Limit(10, per_organ=5),
    size=PRODUCTS,
    nodes=None,
    target=(GONE, RETURNED, OVER_NADIR, *NOT_DECIDED),
    non_target=NON_TARGET,
    overall=tuple(replace(row, section=SECTIONS.get(row.section, row.section)) for row in OVERALL),
    new_lesion="Evaluation",
    defaults={
        "measure": Measure.PRODUCT,
        "pd_reference": PdReference.NADIR,
        "baseline_max_age_days": 14,  # "Baseline evaluation": within two weeks before the start
    },
    alternatives={
        ("measure", Measure.LONGEST_DIAMETER): {"size": LONGEST},
        ("pd_reference", PdReference.BASELINE): {
            "target": (GONE, RETURNED, OVER_BASELINE, *NOT_DECIDED)
        },
    },
)
