"""How lengths stay exact: whole thousandths of a millimetre, from the wire to the verdict.

A double that stands for a decimal of at most three places below 10^12 stands for one such decimal
only, so it can carry the value; it is never added or compared, the whole numbers made of it are.
"""

from decimal import ROUND_HALF_UP, Decimal

THOUSANDTHS_PER_MM = 1000
PER_MM = float(THOUSANDTHS_PER_MM)
"""The same as a float, with which floats are reckoned faster."""


def thousandths(mm: float) -> int:
    """Turn a finite length in millimetres into whole thousandths, halves up.

    >>> thousandths(11.700000000000001), thousandths(0.0005)
    (11700, 1)
    """
    nearest = round(mm * THOUSANDTHS_PER_MM)
    if nearest / THOUSANDTHS_PER_MM == mm:
        return nearest
    return int((Decimal(repr(mm)) * THOUSANDTHS_PER_MM).quantize(Decimal(1), ROUND_HALF_UP))


def whole(mm: float) -> int:
    """Count the thousandths of a length that holds no part of one.

    >>> whole(11.7), whole(0.001)
    (11700, 1)
    """
    return int(mm * PER_MM + 0.5)


def percent_change(now: int, reference: int) -> float | None:
    """Change from a reference in per cent, to one decimal, for display only; None from zero.

    >>> percent_change(51000, 78000), percent_change(1, 0)
    (-34.6, None)
    """
    if reference == 0:
        return None
    tenths = (2000 * abs(now - reference) + reference) // (2 * reference)
    return (tenths if now > reference else -tenths) / 10
