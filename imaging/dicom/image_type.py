"""What an image is besides an acquired slice, told by the words of its Image Type.

PS3.3 C.7.6.1.1.2, C.8.16.1, and the words that scanners write beyond the defined ones. That an
image is DERIVED is no doubt by itself.
"""

import re
from collections.abc import Iterator

from imaging.dicom.recall import recalled
from imaging.flags import Flag, Refused


def _words(*words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Z0-9])(?:{'|'.join(words)})(?![A-Z0-9])")


DOUBTS = {
    "LOCALIZER": (
        _words("LOCALI[SZ]ER", "SCOUT", "TOPOGRAM", r"CT_SOM\d+ TOP"),
        "A localizer is a projection: distances on it are doubtful.",
    ),
    "PROJECTION": (
        _words(
            *("M(?:AX|IN|I|N)?_?IP", "M(?:AX|IN) IP", "PROJECTION(?:[_ ]IMAGE)?"),
            *("VOLUME[_ ]RENDER(?:ING)?", "SURFACE[_ ]RENDER(?:ING)?", "VRT", "SSD"),
        ),
        "On a projection (MIP, rendering) depth is lost: measure on the slices it was made of.",
    ),
    "REFORMATTED": (
        _words("(?:CURVED[_ ])?MPR", "CPR", "REFORMAT(?:TED)?"),
        "Reformatted images are interpolated: measure on the slices that were acquired.",
    ),
}
REFUSALS = {
    "DOSE_REPORT": (
        _words("DOSE(?:[_ ](?:INFO|REPORT))?", r"CT_SOM\d+ PROT"),
        "This is a dose report or scan protocol, no image of a patient: leave it out.",
    ),
    "SCREEN_SAVE": (
        _words("SCREEN[_ ]?SAVE", "SCREEN[_ ]?SHOT", "SCREEN[_ ]?CAPTURE"),
        "This is a picture of a screen: send the images that were on it.",
    ),
}


@recalled
def words(image_type: str) -> tuple[str, ...]:
    """The values of an Image Type, as written."""
    return tuple(word.strip() for word in image_type.split("\\"))


@recalled
def doubts(image_type: str) -> frozenset[str]:
    """The names of the flags that an Image Type, as written, gives rise to."""
    return frozenset(name for name, (words, _) in DOUBTS.items() if words.search(image_type))


def flags(names: frozenset[str]) -> Iterator[Flag]:
    """The doubts of those names, in a constant order."""
    return (Flag(name, says) for name, (_, says) in DOUBTS.items() if name in names)


@recalled
def check(image_type: str) -> None:
    """Raise Refused DOSE_REPORT or SCREEN_SAVE for what only looks like an image."""
    for name, (words, says) in REFUSALS.items():
        if words.search(image_type):
            raise Refused(name, says)
