"""How much disease there is: what the rules of any criteria look at, in whole smallest units."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Apart(NamedTuple):
    """One target, or those that have merged, beside its own smallest size before."""

    labels: tuple[str, ...]
    now: int
    smallest: int


@dataclass(slots=True)
class Burden:
    """The targets at one time point beside what came before.

    Sums are whole numbers of the smallest unit: thousandths of a millimetre, or their products.
    """

    now: int
    """Sum over the targets that were evaluable: the whole where none is unknown, else a bound."""
    baseline: int
    nadir: int
    """Smallest complete sum before this time point, the baseline's included."""
    evaluable: int
    """How many targets were."""
    unknown: Sequence[str]
    """The targets that were not."""
    there: Sequence[str]
    """The targets that were seen and have not gone."""
    after_cr: bool
    """An earlier time point was an overall CR, and disease after it is PD."""
    kept_pr: bool
    """A PR was reached before, confirmed if need be, and the protocol keeps it until PD."""
    unit: int
    """How many smallest units make one millimetre or square millimetre."""
    apart: Sequence[Apart]
    """Each evaluable target by itself, where the criteria weigh them apart; otherwise empty."""


@dataclass(slots=True)
class Rest:
    """The non-target lesions at one time point, by their labels."""

    known: Collection[str]
    progressed: Sequence[str]
    """Those that stand as unequivocally progressed."""
    there: Sequence[str]
    returned: Sequence[str]
    """Those that are there although an earlier time point was an overall CR."""
    unknown: Sequence[str]
    marker: bool
    """A tumour marker raised at baseline is still above normal."""
