"""Decision tables: every case is covered, and all the rows that cover one agree."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product

from recist.vocabulary import NewLesion, Response

Words = frozenset[Response]

R = Response
ANY: Words = frozenset({R.CR, R.PR, R.SD, R.NC, R.PD, R.NE, R.NA, R.NON_CR_NON_PD})
NO = frozenset({NewLesion.NONE, NewLesion.EQUIVOCAL})
"""An equivocal lesion does not count until it is resolved."""
YES = frozenset({NewLesion.UNEQUIVOCAL})
EITHER = NO | YES

TARGET_WORDS = frozenset({R.CR, R.PR, R.SD, R.PD, R.NE, R.NA})
NON_TARGET_WORDS = frozenset({R.CR, R.NON_CR_NON_PD, R.PD, R.NE, R.NA})

Case = tuple[Response, Response, NewLesion]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One printed row: target disease, non-target disease, new lesions, and all together."""

    target: Words
    non_target: Words
    new: frozenset[NewLesion]
    overall: Response
    section: str

    @property
    def says(self) -> str:
        """The row in words."""
        new = {NO: "no new lesion", YES: "a new lesion", EITHER: "new lesions or none"}[self.new]
        return (
            f"{self.section}: target {_words(self.target, TARGET_WORDS)}, "
            f"non-target {_words(self.non_target, NON_TARGET_WORDS)}, "
            f"{new}: {self.overall}"
        )


def reworded(rows: Iterable[Row], words: Mapping[Response, Response]) -> tuple[Row, ...]:
    """The same table where an edition has words of its own for the target and overall responses."""
    return tuple(
        replace(
            row,
            target=row.target
            if row.target == ANY
            else frozenset(words.get(w, w) for w in row.target),
            overall=words.get(row.overall, row.overall),
        )
        for row in rows
    )


def cited(rows: Iterable[Row], sections: Mapping[str, str]) -> tuple[Row, ...]:
    """The same table where another paper prints it: its sections by those of this one."""
    return tuple(replace(row, section=sections.get(row.section, row.section)) for row in rows)


def lookup(rows: Iterable[Row]) -> Mapping[Case, Row]:
    """Unfold a table into its cases; the first row that covers a case answers it."""
    table: dict[Case, Row] = {}
    for row in rows:
        for case in product(row.target, row.non_target, row.new):
            table.setdefault(case, row)
    return table


def _words(words: Words, possible: Words) -> str:
    """Name the words of a row, or those that it leaves out where they are fewer."""
    if words == ANY:
        return "any"
    left_out = possible - words
    if len(left_out) == 1:
        return f"any but {''.join(left_out)}"
    return " or ".join(sorted(words))
