"""The criteria by the names that a protocol calls them by."""

from collections.abc import Mapping

from recist.criteria import Criteria
from recist.criteria.recist_1_1 import RECIST_1_1
from recist.criteria.zhu_2013 import ZHU_2013

CRITERIA: Mapping[str, Criteria] = {edition.name: edition for edition in (ZHU_2013, RECIST_1_1)}
