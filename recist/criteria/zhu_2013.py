"""Zhu et al. 2013: the criteria of a phase II trial of rectal cancer with distant metastases.

The paper prints sums of products of diameters, and cites RECIST 1.0 (Therasse et al. 2000).
Rules named `Evaluation` are its section "Evaluation of tumor response"; what it leaves open follows
the guideline that it cites, whose sections are given as `RECIST 1.0`.
"""

from dataclasses import replace

from recist.criteria import Criteria, Limit, Size, notes
from recist.criteria.recist_1_0 import INCOMPLETE, LONGEST, NON_TARGET, RECIST_1_0, RETURNED
from recist.criteria.recist_1_1 import CR, OVERALL, PD, PR, SD
from recist.protocol import Measure, PdReference
from recist.rules import Rule, falls, gone, kept, otherwise, quoted, rises
from recist.tables import cited

PRODUCTS = Size(
    "Evaluation: the product of the two diameters; 25 mm2 where too small to measure",
    unit="mm2",
    dimensions=2,
    diameters=lambda _, __: ("longest_mm", "short_axis_mm"),
)

GONE = Rule(CR, gone, "Evaluation CR: all clinically assessable disease has gone")
OVER_NADIR = Rule(PD, rises(percent=20), "Evaluation PD: sum 20 % or more above the smallest")
OVER_BASELINE = Rule(
    PD, rises(percent=20, over_baseline=True), "Evaluation PD: sum 20 % or more above baseline"
)
QUOTED_RETURNED, QUOTED_INCOMPLETE = quoted("RECIST 1.0", (RETURNED, INCOMPLETE))
BEFORE = (GONE, QUOTED_RETURNED)
AFTER = (
    QUOTED_INCOMPLETE,
    Rule(PR, falls(percent=30), "Evaluation PR: sum 30 % or more below baseline"),
    Rule(PR, kept, "EORTC FAQ PR: a PR that was reached is kept until PD", "KEPT"),
    Rule(SD, otherwise, "Evaluation SD: less than 30 % down and less than 20 % up"),
)

ZHU_2013 = Criteria(
    name="zhu-2013",
    title="Zhu 2013",
    cite="Zhu et al., Radiat Oncol 2013;8:10, doi:10.1186/1748-717X-8-10",
    targets=Limit(10, per_organ=5),
    size=PRODUCTS,
    nodes=None,
    measurable=replace(RECIST_1_0.measurable.quoted("RECIST 1.0"), timing="Baseline evaluation"),
    target=(*BEFORE, OVER_NADIR, *AFTER),
    non_target=quoted("RECIST 1.0", NON_TARGET),
    overall=cited(
        OVERALL, {"Table 1": "RECIST 1.0, 3.2.3", "Table 2": "RECIST 1.0, 3.2.3, no target"}
    ),
    new_lesion="Evaluation",
    notes=notes.ZHU_2013,
    defaults={
        "measure": Measure.PRODUCT,
        "pd_reference": PdReference.NADIR,
        "baseline_max_age_days": 14,  # "Baseline evaluation": within two weeks before the start
    },
    alternatives={
        ("measure", Measure.LONGEST_DIAMETER): {
            "size": replace(LONGEST, says=f"RECIST 1.0, {LONGEST.says}")
        },
        ("pd_reference", PdReference.BASELINE): {"target": (*BEFORE, OVER_BASELINE, *AFTER)},
    },
)
