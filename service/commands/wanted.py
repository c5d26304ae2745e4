"""What `recist measure` is asked about a lesion: by which convention, and whether it is viable."""

from typing import NamedTuple

from imaging.flags import Refused
from imaging.measure import Found, viable_part
from imaging.shapes.conventions import Convention
from imaging.volume import Volume

NO_IMAGES = Refused("NO_IMAGES", "The series lacks the images that the mask was drawn on.")


class Wanted(NamedTuple):
    """The options that ask it; a threshold is where enhancement begins, in values of the series."""

    convention: Convention | None
    viable: bool
    threshold: float | None

    def answer(self, images: Volume | None, found: Found) -> dict[str, object]:
        """Say what was found, and of what part of it on these images is viable."""
        answer: dict[str, object] = found.measurement.as_json()
        return answer | self._viable(images, found) if self.viable else answer

    def _viable(self, images: Volume | None, found: Found) -> dict[str, object]:
        if images is None:
            return _refused(NO_IMAGES)
        try:
            return viable_part(images, found.shape, self.threshold).as_json()
        except Refused as refusal:
            return _refused(refusal)


def _refused(refusal: Refused) -> dict[str, object]:
    return {"viable_mm": None, "viable_refused": refusal.code, "viable_says": refusal.says}
