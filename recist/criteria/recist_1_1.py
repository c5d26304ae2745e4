"""RECIST 1.1: Eisenhauer et al. 2009. Section, table and note numbers are those of the paper."""

from recist.criteria import Criteria, Limit, Nodes, Size, notes
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
from recist.tables import ANY, EITHER, NO, YES, Row
from recist.vocabulary import Finding, Lesion, Method, Nature
from recist.vocabulary import Response as R

CR, PR, SD, PD, NE, NA, NED, NON_CR_NON_PD = (
    *(R.CR, R.PR, R.SD, R.PD, R.NE, R.NA, R.NED),
    R.NON_CR_NON_PD,
)


def diameter(lesion: Lesion, _: Finding) -> tuple[str, ...]:
    """4.1: the short axis of a node, the longest diameter of anything else."""
    return ("short_axis_mm",) if lesion.nodal else ("longest_mm",)


TARGET = (
    Rule(CR, gone, "4.3.1 CR: every target lesion has gone, every target node is under 10 mm"),
    Rule(PD, returned, "Table 3, note a: target disease came back after a CR", "RETURNED"),
    Rule(PD, rises(percent=20, and_mm=5), "4.3.1 PD: sum 20 % and 5 mm or more above the nadir"),
    Rule(NE, incomplete, "4.4.2 NE: a target lesion was not evaluated and PD is not proven"),
    Rule(PR, falls(percent=30), "4.3.1 PR: sum 30 % or more below baseline"),
    Rule(PR, kept, "EORTC FAQ PR: a PR that was reached is kept until PD", "KEPT"),
    Rule(SD, otherwise, "4.3.1 SD: neither PR nor PD"),
)

NON_TARGET = (
    Rule(PD, progressed, "4.3.4 PD: unequivocal progression of a non-target lesion"),
    Rule(PD, rest_returned, "Table 3, note a: non-target disease came back after a CR", "REST"),
    Rule(NE, unknown, "4.4.2 NE: a non-target lesion was not evaluated", "NE-REST"),
    Rule(NON_CR_NON_PD, persists, "4.3.3 NON_CR_NON_PD: a non-target lesion persists"),
    Rule(NON_CR_NON_PD, marker, "4.3.3 NON_CR_NON_PD: a tumour marker is above normal", "MARKER"),
    Rule(NA, none_known, "4.3.3 NA: no non-target lesions"),
    Rule(CR, otherwise, "4.3.3 CR: every non-target lesion has gone, nodes are under 10 mm"),
)

NOT_PD = frozenset({CR, NON_CR_NON_PD, NE, NA})

# fmt: off
OVERALL = (
    # Target disease, with or without non-target disease
    #   target           non-target           new     overall
    Row(frozenset({CR}), frozenset({CR, NA}), NO,     CR, "Table 1"),
    Row(frozenset({CR}), frozenset({NON_CR_NON_PD, NE}), NO, PR, "Table 1"),
    Row(frozenset({PR}), NOT_PD,              NO,     PR, "Table 1"),
    Row(frozenset({SD}), NOT_PD,              NO,     SD, "Table 1"),
    Row(frozenset({NE}), NOT_PD,              NO,     NE, "Table 1"),
    Row(frozenset({PD}), ANY,                 EITHER, PD, "Table 1"),
    Row(ANY,             frozenset({PD}),     EITHER, PD, "Table 1"),
    Row(ANY,             ANY,                 YES,    PD, "Table 1"),
    # Non-target disease only
    Row(frozenset({NA}), frozenset({CR}),            NO, CR, "Table 2"),
    Row(frozenset({NA}), frozenset({NON_CR_NON_PD}), NO, NON_CR_NON_PD, "Table 2"),
    Row(frozenset({NA}), frozenset({NE}),            NO, NE, "Table 2"),
    # No disease at baseline: outside the paper's tables, until a new lesion appears
    Row(frozenset({NA}), frozenset({NA}),            NO, NED, "No disease at baseline"),
)
# fmt: on

RECIST_1_1 = Criteria(
    name="recist-1.1",
    title="RECIST 1.1",
    cite="Eisenhauer et al., Eur J Cancer 2009;45:228-247",
    targets=Limit(5, per_organ=2),
    size=Size(
        "4.1: the longest diameter, of a node the short axis; 5 mm where too small to measure",
        unit="mm",
        dimensions=1,
        diameters=diameter,
    ),
    nodes=Nodes(normal_below_mm=10, target_from_mm=15),
    measurable=Measurable(
        section="3.1.1",
        smallest_mm={
            Method.CT: 10,
            Method.MR: 10,
            Method.CONVENTIONAL_CT: 10,
            Method.CALIPER: 10,
            Method.CHEST_XRAY: 20,
        },
        slices=2,
        never={
            Nature.SIMPLE_CYST: "3.1.3: a simple cyst is no lesion, neither target nor non-target",
            Nature.BONE_BLASTIC: "3.1.3: a blastic bone lesion is not measurable",
            Nature.DIFFUSE: "3.1.2: diffuse disease is not measurable",
        },
        lytic="3.1.3: a lytic or mixed bone lesion is measured by its soft part",
        cystic="3.1.3: non-cystic lesions are preferred to cystic metastases as targets",
        treated="3.1.3: a treated lesion is measurable only once it has progressed since",
        once_progressed=True,
        targets="4.2",
        timing="3.2.1",
    ),
    target=TARGET,
    non_target=NON_TARGET,
    overall=OVERALL,
    new_lesion="4.3.5",
    notes=notes.RECIST_1_1_NODES,
)
