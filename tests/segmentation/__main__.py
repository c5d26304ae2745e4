"""Every figure of segmentation: `python -m tests.segmentation [--lesions N] [--set NAME …]`.

Seeds from 0 on are those it was tuned on, those from 2,000,000 on were never looked into one by
one. Real outlines and series are those beside the checkout, and left out where there are none.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from tests.segmentation.figures import clicked, figures, lined, variation
from tests.segmentation.outlines import Solid, solids
from tests.segmentation.phantoms import CT, MR, Irregular, Lesion, made
from tests.segmentation.real import beside_contours

DICOM = Path(__file__).parents[3] / "shared" / "data" / "dicom"
FIRST = {"tuning": 0, "fresh": 2_000_000}
EVERY = 3
"""Of that many lesions one is clicked in five places."""


def lesions(
    first: int, count: int, drawn: Sequence[Solid], tissues: Sequence[str] = CT
) -> Iterator[Lesion]:
    return (made(first + n, drawn, None, tissues) for n in range(count))


def irregular(kind: Irregular, first: int, count: int, drawn: Sequence[Solid]) -> list[Lesion]:
    return [made(first + n, drawn, kind) for n in range(count)]


def report(name: str, count: int, drawn: Sequence[Solid]) -> Iterator[str]:
    """One line for each figure of a set."""
    first = FIRST[name]
    regular = list(lesions(first, count, drawn))
    yield f"{name}, click: {figures(map(clicked, regular))}"
    yield f"{name}, line: {figures(map(lined, regular))}"
    spread = variation(regular[::EVERY])
    middle, most = np.quantile(spread, (0.5, 0.9))
    yield f"{name}, clicked in five places: varies by {middle:.2%} (median), 90 % by {most:.1%}"
    kinds: list[Irregular] = [*(["outline"] if drawn else []), "lobulated", "spiculated"]
    every = []
    for kind in kinds:
        outcomes = [clicked(one) for one in irregular(kind, first, count // 3, drawn)]
        every += outcomes
        yield f"{name}, {kind}, click: {figures(outcomes)}"
    yield f"{name}, irregular, click: {figures(every)}"
    yield f"{name}, MR, click: {figures(map(clicked, lesions(first, count // 3, drawn, MR)))}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lesions", type=int, default=210)
    parser.add_argument("--set", nargs="*", choices=FIRST, default=list(FIRST))
    options = parser.parse_args()
    drawn = solids(DICOM)
    for name in options.set:
        for line in report(name, options.lesions, drawn):
            print(line, flush=True)
    if drawn:
        print(*beside_contours(DICOM), sep="\n")


if __name__ == "__main__":
    main()
