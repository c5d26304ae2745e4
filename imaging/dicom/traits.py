"""By what planes at one place differ: echo, b-value, temporal position, acquisition and more."""

import math
import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_FRAME_CONTENT = 0x00209111
_DIFFUSION = 0x00189117
_CARDIAC = 0x00189118


class Trait(NamedTuple):
    """Something that planes which lie at one place may differ by."""

    name: str
    tag: int
    """Of the element in a classic image; 0 where there is none."""
    in_frame: tuple[int, ...] = ()
    """Of the nested functional groups, and of the element, in an enhanced one (PS3.3 C.7.6.16)."""
    doubles: bool = False
    """Whether the element is stored in binary (VR FD)."""


TRAITS = (
    Trait("stack", 0, (_FRAME_CONTENT, 0x00209056)),
    Trait("echo", 0x00180086),
    Trait("echo time", 0x00180081, (0x00189114, 0x00189082)),
    Trait("inversion time", 0x00180082, (0x00189115, 0x00189079)),
    Trait("b-value", 0x00189087, (_DIFFUSION, 0x00189087), doubles=True),
    Trait("b-value", 0x0019100C),  # where Siemens has it in classic images
    Trait("b-value", 0x00431039),  # where GE has it
    Trait("gradient", 0x00189089, (_DIFFUSION, 0x00189076, 0x00189089), doubles=True),
    Trait("temporal position", 0x00200100, (_FRAME_CONTENT, 0x00209128)),
    Trait("trigger time", 0x00181060, (_CARDIAC, 0x00209153)),
    Trait("cardiac phase", 0x00209241, (_CARDIAC, 0x00209241), doubles=True),
    Trait("flip angle", 0x00181314, (0x00189112, 0x00181314)),
    Trait("kernel", 0x00181210, (0x00189314, 0x00181210)),
    Trait("kVp", 0x00180060, (0x00189325, 0x00180060)),
    Trait("acquisition", 0x00200012, (_FRAME_CONTENT, 0x00209156)),
    Trait("acquisition time", 0x00080032, (_FRAME_CONTENT, 0x00209074)),
)
"""In the order in which they are tried."""
TRAIT_TAGS = tuple(trait.tag for trait in TRAITS)

Column = tuple[str, Sequence[str]]
"""Something that planes may differ by, and the word of each of them for it."""
Value = bytes | str | None
"""As stored in a classic image, as a word in a frame; None where it is absent."""


def written(trait: Trait, value: Value, order: str) -> str:
    """A value as a word; `order` is the `<` or `>` of its bytes."""
    if isinstance(value, bytes) and trait.doubles and not len(value) % 8:
        return "\\".join(_number(one) for (one,) in struct.iter_unpack(f"{order}d", value))
    word = value.decode("ascii", "replace") if isinstance(value, bytes) else value or ""
    word = word.strip(" \0")
    try:
        return _number(float(word))
    except ValueError:
        return word


def _number(number: float) -> str:
    """The same for 80, 80.0 and 8e1."""
    return f"{number:.15g}"


class Part(NamedTuple):
    """Some of many planes, and how they differ from the others."""

    indices: NDArray[np.intp]
    differs: tuple[str, ...]


def divided(
    places: NDArray[np.float64],
    columns: Iterable[Column],
    *,
    apart: float,
) -> list[Part]:
    """Divide planes, of which several lie at one place, by what they differ by.

    `places` are mm along their normal, those less than `apart` from the next are one. A column
    divides only where that leaves fewer planes at one
    place, and in no more parts than lay there: what every slice has of its own, such as a time,
    divides nothing, and no series without repeated places falls apart.
    """
    crowd = _crowd(places, apart)
    columns = list(columns) if crowd > 1 else []
    for name, words in columns:
        parts = _by_word(words)
        fewer = 1 < len(parts) <= crowd
        if fewer and max(_crowd(places[part], apart) for part in parts.values()) < crowd:
            return [
                Part(part[inner.indices], (_told(name, word), *inner.differs))
                for word, part in parts.items()
                for inner in divided(places[part], _cut(columns, part), apart=apart)
            ]
    return [Part(np.arange(len(places)), ())]


def _crowd(places: NDArray[np.float64], apart: float) -> int:
    """The most planes that lie at one place."""
    starts = np.flatnonzero(np.diff(np.sort(places)) >= apart) + 1
    return int(np.diff(starts, prepend=0, append=len(places)).max())


def _by_word(words: Sequence[str]) -> dict[str, NDArray[np.intp]]:
    found: dict[str, list[int]] = {}
    for index, word in enumerate(words):
        found.setdefault(word, []).append(index)
    return {word: np.array(found[word], np.intp) for word in sorted(found, key=_rank)}


def _rank(word: str) -> tuple[float, str]:
    try:
        return float(word), word
    except ValueError:
        return math.inf if word else -math.inf, word


def _cut(columns: Sequence[Column], part: NDArray[np.intp]) -> list[Column]:
    return [(name, [words[index] for index in part]) for name, words in columns]


def _told(name: str, word: str) -> str:
    shown = "".join(mark for mark in word[:64] if mark.isprintable())
    return f"{name} {shown}" if shown else f"no {name}"
