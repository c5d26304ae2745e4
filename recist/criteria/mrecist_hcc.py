"""mRECIST for hepatocellular carcinoma: Lencioni and Llovet 2010.

A lesion that enhances in the arterial phase counts for the longest diameter of the part that does;
the others are judged as by RECIST. Sections are those of the paper, by their names.
"""

from dataclasses import replace

from recist.criteria import Criteria, Limit, Nodes, Size, notes
from recist.criteria.recist_1_1 import (
    CR,
    NA,
    NE,
    NON_CR_NON_PD,
    OVERALL,
    PD,
    PR,
    RECIST_1_1,
    SD,
)
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
from recist.vocabulary import Finding, Lesion, Role


def diameter(lesion: Lesion, first: Finding) -> tuple[str, ...]:
    """The viable diameter where the lesion enhanced at baseline; else as RECIST 1.1 has it."""
    if first.viable_mm:
        return ("viable_mm",)
    return ("short_axis_mm",) if lesion.nodal else ("longest_mm",)


TARGET = (
    Rule(CR, gone, "Target lesions CR: no arterial enhancement in any target lesion"),
    Rule(PD, returned, "Target lesions: viable disease came back after a CR", "RETURNED"),
    Rule(PD, rises(percent=20), "Target lesions PD: viable sum 20 % or more above the smallest"),
    Rule(NE, incomplete, "Target lesions NE: a lesion was not evaluated and PD is not proven"),
    Rule(PR, falls(percent=30), "Target lesions PR: viable sum 30 % or more below baseline"),
    Rule(PR, kept, "EORTC FAQ PR: a PR that was reached is kept until PD", "KEPT"),
    Rule(SD, otherwise, "Target lesions SD: neither PR nor PD"),
)

NON_TARGET = (
    Rule(PD, progressed, "Non-target lesions PD: unequivocal progression"),
    Rule(PD, rest_returned, "Non-target lesions: viable disease came back after a CR", "REST"),
    Rule(NE, unknown, "Non-target lesions NE: a non-target lesion was not evaluated"),
    Rule(NON_CR_NON_PD, persists, "Non-target lesions NON_CR_NON_PD: enhancement persists"),
    Rule(NON_CR_NON_PD, marker, "Non-target lesions NON_CR_NON_PD: a marker is high", "MARKER"),
    Rule(NA, none_known, "Non-target lesions NA: there are none"),
    Rule(CR, otherwise, "Non-target lesions CR: no enhancement in any"),
)

SECTIONS = {"Table 1": "Overall response", "Table 2": "Overall response, no target"}

MRECIST_HCC = Criteria(
    name="mrecist-hcc",
    title="mRECIST for hepatocellular carcinoma",
    cite="Lencioni and Llovet, Semin Liver Dis 2010;30:52-60",
    targets=Limit(5, per_organ=2),
    size=Size(
        "Measurement: the longest diameter of the viable part, which enhances in the arterial"
        " phase; without one as RECIST 1.1; 5 mm where too small to measure",
        unit="mm",
        dimensions=1,
        diameters=diameter,
    ),
    nodes=Nodes(normal_below_mm=10, target_from_mm=15, judges=frozenset({Role.TARGET})),
    measurable=replace(
        RECIST_1_1.measurable.quoted("RECIST 1.1"),
        section="Target lesions",  # the part that counts must be as long as RECIST 1.1 has it
        enhancing=True,
        treated=None,  # a treated nodule counts by its viable part
        targets="Target lesions",
    ),
    target=TARGET,
    non_target=NON_TARGET,
    overall=cited(OVERALL, SECTIONS),
    new_lesion="New lesions",
    notes=notes.MRECIST_HCC,
    defaults={"confirm": False},
)
