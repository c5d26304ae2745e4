"""Where the rows of a mask begin and end, which much about its diameters can be told from."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.intp]


class Rows(NamedTuple):
    """The rows of a plane that hold pixels: their numbers, and the first and last pixel of each.

    `lone` if they are one piece without holes: no row has a gap, and each touches the next. Pixels
    that are farthest apart are ends of rows at the places `far`; None: of any.
    """

    number: Numbers
    first: Numbers
    last: Numbers
    lone: bool
    far: Numbers | None = None

    def ends(self) -> NDArray[np.float64]:
        """List first pixels, then last (n, 2), in (column, row); a row's only pixel once.

        Of all rows, or of those that have pixels farthest apart.
        """
        number, first, last = self[:3]
        if self.far is not None:
            number, first, last = number[self.far], first[self.far], last[self.far]
        ends = np.empty((2, 2, len(number)))  # first or last, column or row
        ends[0, 0], ends[1, 0], ends[:, 1] = first, last, number
        points = ends.transpose(0, 2, 1).reshape(-1, 2)
        lone = first == last
        return points[np.append(~np.zeros_like(lone), ~lone)] if lone.any() else points

    def moved(self, rows: int, columns: int) -> Self:
        """Add to the numbers of rows and columns."""
        number, first, last = self.number + rows, self.first + columns, self.last + columns
        return self._replace(number=number, first=first, last=last)


class MaskRows(NamedTuple):
    """The rows of several planes, one plane after the other.

    `planes` are the numbers of those that hold pixels, `begins` says where the rows of each begin
    and where all end. `parted` says of all rows but the last whether the next does not touch it;
    `broken` if any has a gap.
    """

    planes: Numbers
    begins: Numbers
    number: Numbers
    first: Numbers
    last: Numbers
    parted: NDArray[np.bool_]
    broken: bool

    def of_plane(self, nth: int) -> Rows:
        """Those of the nth plane that holds pixels."""
        begin, end = self.begins[nth : nth + 2].tolist()
        lone = not self.broken and not self.parted[begin : end - 1].any()
        return Rows(self.number[begin:end], self.first[begin:end], self.last[begin:end], lone)


def of_mask(voxels: NDArray[np.bool_]) -> MaskRows:
    """Find the rows of planes (planes, rows, columns)."""
    planes, rows, columns = voxels.shape
    width = columns + 1  # so that no run goes on in the next row
    flat = np.zeros(planes * rows * width + 1, bool)
    flat[1:].reshape(planes, rows, width)[..., :columns] = voxels
    turns = (flat[1:] != flat[:-1]).nonzero()[0]
    starts, ends = turns[::2], turns[1::2]
    line = starts // width
    new = line[1:] != line[:-1]
    if broken := not new.all():
        opens = np.concatenate([[True], new])
        starts, ends, line = starts[opens], ends[np.append(new, True)], line[opens]
    left, plane = line * width, line // max(rows, 1)
    first, last = starts - left, ends - left
    parted = (line[1:] - line[:-1] > 1) | (first[1:] > last[:-1]) | (last[1:] < first[:-1])
    next_plane = (plane[1:] != plane[:-1]).nonzero()[0] + 1
    begins = np.concatenate([[0], next_plane, [len(plane)]])[: None if len(plane) else 1]
    return MaskRows(
        plane[begins[:-1]], begins, line - plane * rows, first, last - 1, parted, broken
    )


def of_plane(pixels: NDArray[np.bool_]) -> Rows:
    """Find the rows of a plane (rows, columns) that holds pixels."""
    return of_mask(pixels[None]).of_plane(0)
