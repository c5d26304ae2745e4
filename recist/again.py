"""A read beside an earlier progression that is not confirmed: what iRECIST's rules look at."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Again:
    """What one read shows beside the open block of unconfirmed progression, if there is one."""

    confirmed: bool
    """A progression was confirmed before."""
    nothing_seen: bool
    """No lesion could be looked at."""
    progressing: bool
    """RECIST 1.1 calls this read PD, lesions apart that a later response has made bygones."""
    open: bool = False
    """A progression is unconfirmed, and no response has reset the bar since. All that follows is
    compared with it, and false where there is none."""
    early: bool = False
    """Too soon after the first unconfirmed progression of the block to confirm it."""
    late: bool = False
    """Later than the protocol lets a read confirm."""
    new_symptom: bool = False
    target_grew: bool = False
    """The sum was in progression already and has grown further."""
    target_first: bool = False
    """The targets progress, which they did not when the block was open before."""
    non_target_grew: bool = False
    non_target_first: bool = False
    new_grew: bool = False
    """The sum of the measured new lesions has grown further, or another new lesion has."""
    new_more: Sequence[str] = ()
    """New lesions that no counted read of the block had shown."""
    better: bool = False
    """Only new lesions can still stand for the progression, and the targets have reached a better
    category since."""
    unseen: bool = False
    """What made the progression was not looked at."""


def confirmed(a: Again) -> bool:
    """A progression was confirmed before."""
    return a.confirmed


def nothing_seen(a: Again) -> bool:
    """No lesion could be looked at."""
    return a.open and a.nothing_seen


def unseen(a: Again) -> bool:
    """What progressed was not looked at, so that nothing takes it back."""
    return a.unseen


def early_with_symptom(a: Again) -> bool:
    """An early scan made for a new symptom shows one more new lesion."""
    return a.early and a.new_symptom and bool(a.new_more)


def early(a: Again) -> bool:
    """Too soon to confirm, or to take back."""
    return a.early


def late(a: Again) -> bool:
    """Would confirm, had it not come too late."""
    return a.late and confirms(a)


def target_grew(a: Again) -> bool:
    """The sum has grown further."""
    return a.target_grew


def target_first(a: Again) -> bool:
    """The targets progress too."""
    return a.target_first


def non_target_grew(a: Again) -> bool:
    """Non-targets have grown further."""
    return a.non_target_grew


def non_target_first(a: Again) -> bool:
    """Non-targets progress too."""
    return a.non_target_first


def new_grew(a: Again) -> bool:
    """New lesions have grown further."""
    return a.new_grew


def new_more(a: Again) -> bool:
    """There are more new lesions."""
    return bool(a.new_more)


def better(a: Again) -> bool:
    """The targets have responded although new lesions persist."""
    return a.better


def progressing(a: Again) -> bool:
    """RECIST 1.1 calls this read PD."""
    return a.progressing


def confirms(a: Again) -> bool:
    """Something would confirm the progression."""
    target = a.target_grew or a.target_first
    non_target = a.non_target_grew or a.non_target_first
    return target or non_target or a.new_grew or bool(a.new_more)
