"""Lines and words on a picture: lines by the share of each pixel that they cover, words in white.

A picture is an array (height, width, 3) of red, green and blue, 0 to 255; (0, 0) is the centre of
its first pixel.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFont

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]
Anchor = Literal["lm", "rm", "ma", "md", "mm", "la"]
"""Which point of the words lies at their place: left, middle, right; ascender, middle, descender.

The letters are Pillow's.
"""

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
FONT_PIXELS = 13
FONT = ImageFont.load_default(FONT_PIXELS)
"""Pillow brings it: no font of the system is asked for."""
HALO = 1.0
"""Pixels of black around lines and words, which sets them off from a bright image."""


def line(picture: Picture, ends: ArrayLike, colour: Colour, width: float = 2.0) -> None:
    """Draw a straight line, in place, from x and y to x and y (2, 2) on a black ground."""
    segment = np.asarray(ends, dtype=np.float64)
    for shade, thick in ((BLACK, width + 2 * HALO), (colour, width)):
        _cover(picture, segment, shade, thick / 2)


def words(picture: Picture, text: str, place: tuple[float, float], anchor: Anchor) -> Picture:
    """The picture with words on it, moved so that no side cuts them where they fit."""
    image = Image.fromarray(picture)
    pen = ImageDraw.Draw(image)
    left, top, right, bottom = pen.textbbox((0, 0), text, FONT, anchor, stroke_width=1)
    width, height = image.size
    at = (_inside(place[0], left, right, width), _inside(place[1], top, bottom, height))
    pen.text(at, text, WHITE, FONT, anchor, stroke_width=1, stroke_fill=BLACK)
    return np.array(image)


def _inside(at: float, before: float, after: float, count: int) -> float:
    """Move a place so that what reaches from `before` to `after` of it lies within 0 … count."""
    return max(min(at, count - after), -before)


def _cover(picture: Picture, ends: NDArray[np.float64], colour: Colour, reach: float) -> None:
    """Lay a colour over the pixels within `reach` of a segment, by the share that is covered."""
    height, width, _ = picture.shape
    low = np.clip(np.floor(ends.min(axis=0) - reach - 1), 0, (width, height)).astype(int)
    high = np.clip(np.ceil(ends.max(axis=0) + reach + 2), 0, (width, height)).astype(int)
    x, y = np.arange(low[0], high[0]), np.arange(low[1], high[1])[:, None]
    part = picture[low[1] : high[1], low[0] : high[0]]
    share = np.clip(reach + 0.5 - _distances(x, y, ends), 0.0, 1.0)[..., None]
    part[:] = np.rint(part + share * (np.array(colour) - part.astype(np.float64)))


def _distances(
    x: NDArray[np.intp], y: NDArray[np.intp], ends: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Pixels from each (x, y) to the segment."""
    (x0, y0), (dx, dy) = ends[0], ends[1] - ends[0]
    length = dx * dx + dy * dy
    along = (
        ((x - x0) * dx + (y - y0) * dy) / length if length else np.zeros(np.broadcast(x, y).shape)
    )
    share = np.clip(along, 0.0, 1.0)
    return np.asarray(np.hypot(x - x0 - share * dx, y - y0 - share * dy))
