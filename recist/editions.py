"""The criteria by the names that a protocol calls them by."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from recist.criteria import Criteria
from recist.criteria.irecist import IRECIST
from recist.criteria.mrecist_hcc import MRECIST_HCC
from recist.criteria.recist_1_0 import RECIST_1_0
from recist.criteria.recist_1_1 import RECIST_1_1
from recist.criteria.who_1979 import WHO_1979
from recist.criteria.zhu_2013 import ZHU_2013
from recist.refusal import Fault, Refused

EDITIONS = (ZHU_2013, WHO_1979, RECIST_1_0, RECIST_1_1, IRECIST, MRECIST_HCC)

_known = {edition.name: edition for edition in EDITIONS}
CRITERIA: Mapping[str, Criteria] = _known
"""All that are known now: the editions, and the variants that were admitted."""


@contextmanager
def admitted(variants: Sequence[Criteria]) -> Iterator[None]:
    """Know variants besides the editions, for as long as the context lasts.

    Raises Refused, and knows none of them, where a name is taken.
    """
    names = [variant.name for variant in variants]
    if taken := sorted({name for name in names if name in _known or names.count(name) > 1}):
        raise Refused(*(Fault((name,), "these criteria are known already") for name in taken))
    _known.update({variant.name: variant for variant in variants})
    try:
        yield
    finally:
        for name in names:
            del _known[name]
