"""Progression that must be confirmed: the open block of it, and what each read makes of it.

iRECIST (Seymour et al. 2017), Tables 2 and 3, and the working group's answers to questions.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date

from recist.again import Again, confirms
from recist.answer import Concern
from recist.burden import Burden, Rest
from recist.certainty import Certain
from recist.criteria import Confirmation
from recist.exact import THOUSANDTHS_PER_MM
from recist.newtargets import NewSum
from recist.protocol import IcpdReference, Switches
from recist.rest import NOT_LOOKED_AT
from recist.vocabulary import NewLesion, Read, Response, State

R = Response


@dataclass(slots=True)
class Shown:
    """What one read shows by the rules of RECIST 1.1, before its progression is confirmed."""

    read: Read
    burden: Burden | None
    target: Response
    rest: Rest
    non_target: Response
    certain: Mapping[str, Certain]
    new_sum: NewSum

    @property
    def new(self) -> set[str]:
        """The labels of the unequivocal new lesions."""
        return {x for x, c in self.certain.items() if c.now is NewLesion.UNEQUIVOCAL}

    @property
    def nothing(self) -> bool:
        """There are lesions, and none of them could be looked at."""
        b, rest, findings = self.burden, self.rest, self.read.findings
        new = [findings[label] for label in self.certain if label in findings]
        known = bool(b or rest.known or new)
        return (
            known
            and (b is None or b.evaluable == 0)
            and len(rest.unknown) == len(rest.known)
            and all(finding.state is State.NOT_EVALUABLE for finding in new)
        )


@dataclass(slots=True)
class Sums:
    """The sums of the counted reads of a block: what a further growth is measured from."""

    smallest: int | None = None
    last: int | None = None

    def note(self, size: int | None) -> None:
        """Keep a complete sum."""
        if size is not None:
            self.smallest = size if self.smallest is None else min(size, self.smallest)
            self.last = size

    def reference(self, switches: Switches) -> int | None:
        """The sum that the protocol measures from; None where no counted read had one."""
        prior = switches.icpd_reference is IcpdReference.ANY_PRIOR_IUPD
        return self.smallest if prior else self.last


@dataclass(slots=True)
class Block:
    """Reads that progressed, and that nothing has confirmed or reset."""

    opened_on: date
    last_on: date
    target_then: Response
    """What the targets were when it opened."""
    target: bool = False
    non_target: bool = False
    progressed: set[str] = field(default_factory=set)
    new: set[str] = field(default_factory=set)
    sums: Sums = field(default_factory=Sums)
    new_sums: Sums = field(default_factory=Sums)

    def count(self, seen: Shown, fresh: AbstractSet[str]) -> None:
        """Add a read that did not confirm it."""
        self.last_on = seen.read.on
        self.target = self.target or seen.target is R.PD
        if seen.burden is not None:
            self.sums.note(None if seen.burden.unknown else seen.burden.now)
        self.non_target = self.non_target or seen.non_target is R.PD
        self.progressed &= set(seen.rest.unknown)
        self.progressed |= set(seen.rest.progressed)
        self.new |= fresh
        self.new_sums.note(seen.new_sum.whole_of(self.new))

    def new_unseen(self, seen: Shown) -> bool:
        """Whether one of its new lesions was not looked at."""
        findings = seen.read.findings
        return any(x in findings and findings[x].state in NOT_LOOKED_AT for x in self.new)

    def rest_unseen(self, seen: Shown) -> bool:
        """Whether a non-target that progressed was not looked at."""
        return not self.progressed.isdisjoint(seen.rest.unknown)


@dataclass(slots=True)
class Progression:
    """The confirmation of progression in one subject or compartment, as each read leaves it."""

    confirmation: Confirmation
    switches: Switches
    confirmed: bool = False
    block: Block | None = None
    bygones: set[str] = field(default_factory=set)
    """New lesions that persist although a response has reset the bar since."""
    bygone_sums: Sums = field(default_factory=Sums)
    target_before: Response = R.SD
    """What the targets were when they were last evaluable."""

    def again(self, seen: Shown) -> Again:
        """Put a read beside the open block."""
        fresh = seen.new - self.bygones
        regrown = self._regrown(seen)
        case = Again(
            confirmed=self.confirmed,
            nothing_seen=seen.nothing,
            progressing=R.PD in (seen.target, seen.non_target) or bool(fresh) or regrown,
        )
        if self.block is not None and not self.confirmed:
            self._compare(case, seen, self.block, fresh, regrown=regrown)
        return case

    def remember(self, seen: Shown, case: Again, overall: Response) -> None:
        """Let the next read know what became of this one."""
        self.confirmed = overall is R.ICPD  # which every read after it is too
        then = self.target_before if seen.target is R.NE else seen.target
        self.target_before = then
        if overall is R.NE or case.early:
            return
        if overall is R.IUPD:
            on = seen.read.on
            if self.block is None or confirms(case):  # too late, or it were an ICPD
                self.block = Block(on, on, then)
            if self._regrown(seen):
                self.bygones = set()
            self.block.count(seen, seen.new - self.bygones)
        else:
            if self.block is not None:
                self.block, self.bygone_sums = None, Sums()
            self.bygones |= seen.new
        findings = seen.read.findings
        self.bygones = {
            x for x in self.bygones if x not in findings or findings[x].state is not State.ABSENT
        }
        self.bygone_sums.note(seen.new_sum.whole_of(self.bygones))

    def doubts(self, seen: Shown, case: Again, overall: Response) -> Iterator[Concern]:
        """Query what a read leaves open; asked before it is remembered."""
        on = seen.read.on
        if case.early and overall is R.IUPD:
            says = (
                "under 4 weeks after the first iUPD: this scan confirms nothing, repeat it in time"
            )
            yield Concern("EARLY_SCAN", on, None, says)
        latest = self.switches.icpd_max_days
        latest = self.confirmation.latest_days if latest is None else latest
        if not case.early and confirms(case) and self.is_late(on, latest):
            says = f"over {latest} days after the iUPD that it would confirm: why so late?"
            yield Concern("LATE_CONFIRMATION", on, None, says)
        for label in seen.new_sum.surplus:
            limit = self.confirmation.new_targets
            says = (
                f"measured new lesions beyond {limit.in_all}, or {limit.per_organ} in an organ, "
                "are not in the sum of new lesions"
            )
            yield Concern("TOO_MANY_NEW_TARGETS", on, label, says)

    def is_late(self, on: date, days: int | None) -> bool:
        """Whether a read comes more than `days` after the last one of the block."""
        return days is not None and self.block is not None and (on - self.block.last_on).days > days

    def _compare(
        self, case: Again, seen: Shown, block: Block, fresh: AbstractSet[str], *, regrown: bool
    ) -> None:
        target, non_target = seen.target is R.PD, seen.non_target is R.PD
        on = seen.read.on
        case.open = True
        case.early = (on - block.opened_on).days < self.confirmation.earliest_days
        case.late = self.is_late(on, self.switches.icpd_max_days)
        case.new_symptom = seen.read.new_symptom
        case.target_grew = block.target and target and self._sum_grew(seen, block)
        case.target_first = target and not block.target
        rest_unseen, new_unseen = block.rest_unseen(seen), block.new_unseen(seen)
        stands = non_target or rest_unseen
        case.non_target_grew = block.non_target and stands and self._rest_grew(seen, block)
        case.non_target_first = non_target and not block.non_target
        reference = block.new_sums.reference(self.switches)
        case.new_grew = regrown or (bool(block.new) and self._grew(seen, reference, block.new))
        case.new_more = sorted(fresh - block.new)
        only_new = not stands and (bool(fresh) or new_unseen)
        case.better = only_new and _is_better(seen.target, block.target_then)
        case.unseen = rest_unseen or new_unseen

    def _sum_grew(self, seen: Shown, block: Block) -> bool:
        """What is unknown can only add."""
        reference = block.sums.reference(self.switches)
        b = seen.burden
        return b is not None and self._enough(b.now, reference)

    def _rest_grew(self, seen: Shown, block: Block) -> bool:
        findings = seen.read.findings
        grew = (findings[x].state is State.INCREASED for x in seen.rest.known if x in findings)
        return any(grew) or not block.progressed.issuperset(seen.rest.progressed)

    def _regrown(self, seen: Shown) -> bool:
        """Whether new lesions that a response had made bygones have grown."""
        return bool(self.bygones) and self._grew(seen, self.bygone_sums.smallest, self.bygones)

    def _grew(self, seen: Shown, reference: int | None, labels: AbstractSet[str]) -> bool:
        """New lesions with a size by their sum, the others by the reader's word."""
        findings, sizes = seen.read.findings, seen.new_sum.sizes
        others = (x for x in labels if x in findings and sizes.get(x) is None)
        grew = any(findings[x].state is State.INCREASED for x in others)
        return grew or self._enough(seen.new_sum.known_of(labels), reference)

    def _enough(self, now: int, reference: int | None) -> bool:
        grows = self.confirmation.grows_mm * THOUSANDTHS_PER_MM
        return reference is not None and now - reference >= grows


def _is_better(now: Response, then: Response) -> bool:
    """Whether the targets have responded into a better category."""
    if now is R.CR:
        return then is not R.CR
    return now is R.PR and then not in (R.PR, R.CR)
