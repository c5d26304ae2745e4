"""WHO 1979: Miller et al. 1981. Sections are those of the paper, by their names.

Sizes are products of two perpendicular diameters. Progression is one of single lesions; that of
their sum, which later groups used, is a switch. Its word for stable disease is no change, NC.
"""

from recist.criteria import Criteria, Limit, Size, notes
from recist.criteria.recist_1_1 import CR, NA, NE, NON_CR_NON_PD, OVERALL, PD, PR, SD
from recist.measurable import Measurable
from recist.protocol import PdScope
from recist.rules import (
    Rule,
    any_rises,
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
from recist.tables import cited, reworded
from recist.vocabulary import Method, Nature, Response

NC = Response.NC
WORDS = {SD: NC}

BEFORE = (
    Rule(CR, gone, "Measurable disease CR: all known disease has gone"),
    Rule(PD, returned, "Measurable disease: disease came back after a CR", "RETURNED"),
)
PER_LESION = Rule(
    PD,
    any_rises(percent=25),
    "Measurable disease PD: a lesion 25 % or more above its own smallest",
)
OF_SUM = Rule(
    PD, rises(percent=25), "Modified WHO PD: sum of products 25 % or more above the smallest"
)
AFTER = (
    Rule(NE, incomplete, "Measurable disease NE: a lesion was not evaluated"),
    Rule(PR, falls(percent=50), "Measurable disease PR: sum 50 % or more below baseline"),
    Rule(PR, kept, "EORTC FAQ PR: a PR that was reached is kept until PD", "KEPT"),
    Rule(NC, otherwise, "Measurable disease NC: neither PR nor PD"),
)

NON_TARGET = (
    Rule(PD, progressed, "Non-measurable disease PD: an estimated increase of 25 % or more"),
    Rule(PD, rest_returned, "Non-measurable disease: disease came back after a CR", "REST"),
    Rule(NE, unknown, "Non-measurable disease NE: a lesion was not evaluated"),
    Rule(NON_CR_NON_PD, persists, "Non-measurable disease NON_CR_NON_PD: disease persists"),
    Rule(NON_CR_NON_PD, marker, "Non-measurable disease NON_CR_NON_PD: a marker is high", "MARKER"),
    Rule(NA, none_known, "Non-measurable disease NA: there is none"),
    Rule(CR, otherwise, "Non-measurable disease CR: all known disease has gone"),
)

SECTIONS = {"Table 1": "Combined response", "Table 2": "Combined response, none measurable"}

WHO_1979 = Criteria(
    name="who-1979",
    title="WHO 1979",
    cite="Miller et al., Cancer 1981;47:207-214",
    targets=Limit(),
    size=Size(
        "Measurable disease: the product of two perpendicular diameters; 25 mm2 where too small",
        unit="mm2",
        dimensions=2,
        diameters=lambda _, __: ("longest_mm", "short_axis_mm"),
    ),
    nodes=None,
    measurable=Measurable(
        section="Measurable disease",
        smallest_mm={method: 0 for method in Method if method is not Method.PET},
        never={
            Nature.SIMPLE_CYST: "Measurable disease: a simple cyst is no disease",
            Nature.BONE_LYTIC: "Bone metastases: judged apart from measurable disease",
            Nature.BONE_BLASTIC: "Bone metastases: judged apart from measurable disease",
            Nature.DIFFUSE: "Non-measurable disease: diffuse disease has no two diameters",
        },
        targets="Measurable disease",
        timing="Protocol",
    ),
    target=(*BEFORE, PER_LESION, *AFTER),
    non_target=NON_TARGET,
    overall=cited(reworded(OVERALL, WORDS), SECTIONS),
    new_lesion="Measurable disease",
    notes=notes.WHO_1979,
    words=WORDS,
    duration_from_start=True,
    defaults={"pd_scope": PdScope.PER_LESION},
    alternatives={("pd_scope", PdScope.SUM): {"target": (*BEFORE, OF_SUM, *AFTER)}},
)
