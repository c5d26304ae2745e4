"""How much disease there is: what the rules of any criteria look at, in whole smallest units."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Burden:
    """The targets at one time point beside what came before.

    Sums are whole numbers of the smallest unit: thousandths of a millimetre, or their products.
    """

    now: int
    """Sum over the targets that were evaluable: the whole where `complete`, else a lower bound."""
    baseline: int
    nadir: int
    """Smallest complete sum before this time point, the baseline's included."""
    complete: bool
    gone: bool
    """Every target was evaluable and has gone."""
    present: bool
    """At least one target was seen that has not gone."""
    after_cr: bool
    """An earlier time point was an overall CR, and disease after it is PD."""
    kept_pr: bool
    """A PR was reached before, confirmed if need be, and the protocol keeps it until PD."""
    unit: int
    """How many smallest units make one millimetre or square millimetre."""


@dataclass(slots=True, kw_only=True)
class Rest:
    """The non-target lesions at one time point."""

    any_known: bool
    progressed: bool
    present: bool
    returned: bool
    """Some are there although an earlier time point was an overall CR."""
    unknown: bool
    marker: bool
    """A tumour marker raised at baseline is still above normal."""
