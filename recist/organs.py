"""Which organ a lesion counts for where the number of lesions in one is limited."""

from recist.vocabulary import Lesion

NODES = "lymph nodes"


def organ_of(lesion: Lesion) -> str | None:
    """All lymph-node stations count as one organ; None where the organ was not named."""
    if lesion.nodal:
        return NODES
    return " ".join((lesion.organ or "").casefold().split()) or None
