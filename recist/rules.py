"""The words that criteria are written in: a rule, and the tests that it may put to a burden."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from recist.burden import Apart, Burden, Rest
from recist.vocabulary import Response

T_contra = TypeVar("T_contra", contravariant=True)
T = TypeVar("T")


class Test(Protocol[T_contra]):
    """A yes-or-no question about one time point."""

    def __call__(self, case: T_contra, /) -> bool: ...


@dataclass(frozen=True, slots=True, eq=False)
class Rule(Generic[T_contra]):
    """If `when` holds, the response is `then`; `says` opens with the section it comes from."""

    then: Response
    when: Test[T_contra]
    says: str
    code: str = ""
    """What tells rules of one section apart; the response, where it is left out."""

    @property
    def section(self) -> str:
        """The section as printed: what `says` opens with, up to the colon."""
        head = self.says.partition(":")[0]
        return head.removesuffix(f" {self.then}")

    @property
    def slug(self) -> str:
        """The rule's name within its criteria, e.g. `4.3.1-PR`."""
        return slug(f"{self.section}-{self.code or self.then}")


FAQ = "EORTC FAQ"


def slug(words: str) -> str:
    """Turn the words of a section into one, for the name of a rule."""
    return words.replace(",", "").replace(" ", "-")


def quoted(source: str, rules: Iterable[Rule[T]]) -> tuple[Rule[T], ...]:
    """The same rules in another paper: the name of their source before the section.

    An answer to a question that the working group was asked stands beside every paper.
    """
    return tuple(
        rule if rule.says.startswith(FAQ) else replace(rule, says=f"{source}, {rule.says}")
        for rule in rules
    )


def first(rules: Iterable[Rule[T]], case: T) -> Rule[T]:
    """Return the first rule that holds. The order is part of the rules; they end in `otherwise`."""
    for rule in rules:
        if rule.when(case):
            return rule
    raise LookupError("rules end in `otherwise`")


HUNDREDTHS = 100
"""Lines are whole hundredths of the smallest unit, so that a percentage of a sum is one."""


@dataclass(frozen=True, slots=True)
class Falls:
    """At least `percent` below the baseline."""

    percent: int

    def __call__(self, b: Burden) -> bool:
        """Compare whole numbers; a percentage is never rounded."""
        return 100 * (b.baseline - b.now) >= self.percent * b.baseline

    def line(self, b: Burden) -> int | None:
        """The largest sum that is low enough, in hundredths; None where the sum is not known.

        PD is judged first: near the nadir, a sum can be low enough and yet a PD.
        """
        if b.unknown or b.after_cr:
            return None
        return b.baseline * (100 - self.percent)


@dataclass(frozen=True, slots=True)
class Rises:
    """At least `percent` and `and_mm` above the smallest sum before, or above the baseline.

    Only where disease is seen: were all that is seen gone, what was not seen could have gone too.
    """

    percent: int
    and_mm: int = 0
    over_baseline: bool = False

    def __call__(self, b: Burden) -> bool:
        """Weigh the sum, or what is known of it."""
        reference = b.baseline if self.over_baseline else b.nadir
        return bool(b.there) and self.rise(b.now, reference, b.unit)

    def rise(self, now: int, reference: int, unit: int) -> bool:
        """A growth from nothing fulfils any percentage (criteria divide by no zero)."""
        rise = now - reference
        return rise > 0 and rise >= self.and_mm * unit and 100 * rise >= self.percent * reference

    def line(self, b: Burden) -> int | None:
        """The smallest sum that is high enough, in hundredths."""
        if b.after_cr:
            return None
        reference = b.baseline if self.over_baseline else b.nadir
        least = HUNDREDTHS * (reference + (self.and_mm * b.unit or 1))
        line = reference * (100 + self.percent)
        return max(line, least)


@dataclass(frozen=True, slots=True)
class AnyRises:
    """At least one target by itself is at least `percent` above its own smallest size."""

    percent: int

    def __call__(self, b: Burden) -> bool:
        """Weigh each target that is evaluable; what has merged is weighed as one."""
        return any(self.rises(b, target) for target in b.apart)

    def rises(self, b: Burden, target: Apart) -> bool:
        """Whether this target has grown that much."""
        return Rises(self.percent).rise(target.now, target.smallest, b.unit)

    def which(self, b: Burden) -> Sequence[str]:
        """The targets that have."""
        return [label for target in b.apart if self.rises(b, target) for label in target.labels]


falls = Falls
rises = Rises
any_rises = AnyRises


def gone(b: Burden) -> bool:
    """Every target was evaluable and has gone."""
    return not b.there and not b.unknown


def returned(b: Burden) -> bool:
    """A target is there although everything had gone before."""
    return b.after_cr and bool(b.there)


def incomplete(b: Burden) -> bool:
    """A target was not evaluable."""
    return bool(b.unknown)


def kept(b: Burden) -> bool:
    """A PR that was reached before, and is kept."""
    return b.kept_pr


def progressed(rest: Rest) -> bool:
    """The reader calls a non-target unequivocally progressed."""
    return bool(rest.progressed)


def rest_returned(rest: Rest) -> bool:
    """A non-target is there although everything had gone before."""
    return bool(rest.returned)


def persists(rest: Rest) -> bool:
    """At least one non-target is still there."""
    return bool(rest.there)


def unknown(rest: Rest) -> bool:
    """At least one non-target was not evaluated."""
    return bool(rest.unknown)


def marker(rest: Rest) -> bool:
    """A tumour marker is still above normal."""
    return rest.marker


def none_known(rest: Rest) -> bool:
    """There are no non-targets."""
    return not rest.known


def otherwise(_: object) -> bool:
    """None of the rules before."""
    return True


Which = Callable[[Any], Sequence[str]]

WHICH: dict[object, Which] = {
    returned: lambda b: b.there,
    incomplete: lambda b: b.unknown,
    progressed: lambda rest: rest.progressed,
    rest_returned: lambda rest: rest.returned,
    persists: lambda rest: rest.there,
    unknown: lambda rest: rest.unknown,
}
"""The lesions that make a test hold, by the test; the others weigh all of them."""


def which_of(rule: Rule[Any]) -> Which | None:
    """What names the lesions that made a rule hold; None where it weighs all of them."""
    test = rule.when
    return test.which if isinstance(test, AnyRises) else WHICH.get(test)


Line = Callable[[Burden], int | None]


def line_of(rules: Iterable[Rule[Burden]], response: Response) -> Line:
    """Where the sum would first have made this response, by the rule that weighs sums."""
    tests = (rule.when for rule in rules if rule.then is response)
    return next((test.line for test in tests if isinstance(test, (Falls, Rises))), _no_line)


def _no_line(_: Burden) -> None:
    return None
