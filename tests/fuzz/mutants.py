"""Damaged DICOM files: one for each number and corpus, always the same."""

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random

VRS = b"AE AS AT CS DA DS DT FD FL IS LO LT OB OW OD OF PN SH SL SQ SS ST TM UI UL UN UR US UT XX"
ELEMENT = re.compile(rb"(?=.[\x00-\x7f]..(?:%s))" % b"|".join(VRS.split()), re.DOTALL)
"""Where an explicit element may begin."""
MAGIC = [0, 1, 2, 7, 8, 12, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF]
LONG_MAGIC = [*MAGIC, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 0xE000FFFE, 0xE0DDFFFE]
NUMBERS = b"0 -1 1 2 3 nan inf 1e308 1e-308 -0 0.0001 99999 2147483648 1\\0 1\\0\\0 1e ".split(b" ")
FIXED = 132
"""The preamble and DICM, which are left alone nearly always: without them no more is looked at."""
HEADER = 3000
CHANGES = (1, 1, 1, 2, 3, 5, 8)

Damage = Callable[[bytearray, Random, bytes], None]


def mutant(number: int, files: Mapping[str, bytes]) -> tuple[str, bytes]:
    """The name of a file and what became of its content."""
    random = Random(number)
    names = list(files)
    name, other = random.choice(names), random.choice(names)
    content = bytearray(files[name])
    for _ in range(random.choice(CHANGES)):
        random.choice(DAMAGES)(content, random, files[other])
    return name, bytes(content)


def _place(content: Sequence[int], random: Random) -> int:
    """Mostly in the header, where a byte decides most."""
    if random.random() < 0.01:
        return random.randrange(FIXED)
    last = min(len(content), HEADER) if random.random() < 0.7 else len(content)
    return random.randrange(FIXED, last) if last > FIXED else 0


def _element(content: bytearray, random: Random) -> int:
    """Where an explicit element begins, if any can be told."""
    start = _place(content, random)
    found = ELEMENT.search(content, start, start + 400)
    return found.start() if found else start


def flip(content: bytearray, random: Random, _: bytes) -> None:
    if content:
        content[_place(content, random)] ^= 1 << random.randrange(8)


def set_byte(content: bytearray, random: Random, _: bytes) -> None:
    if content:
        content[_place(content, random)] = random.randrange(256)


def set_number(content: bytearray, random: Random, _: bytes) -> None:
    at, order = _place(content, random), random.choice(("little", "big"))
    size = random.choice((2, 4))
    number = random.choice(MAGIC if size == 2 else LONG_MAGIC)
    content[at : at + size] = number.to_bytes(size, order)


def set_length(content: bytearray, random: Random, _: bytes) -> None:
    at = _element(content, random)
    if random.random() < 0.5:
        content[at + 6 : at + 8] = random.choice(MAGIC).to_bytes(2, "little")
    else:
        content[at + 8 : at + 12] = random.choice(LONG_MAGIC).to_bytes(4, "little")


def nudge_length(content: bytearray, random: Random, _: bytes) -> None:
    """A length that is a little wrong is harder to see."""
    at = _element(content, random) + 6
    if at < len(content):
        content[at] = (content[at] + random.choice((-2, -1, 1, 2))) % 256


def set_vr(content: bytearray, random: Random, _: bytes) -> None:
    at = _element(content, random)
    content[at + 4 : at + 6] = random.choice(VRS.split())


def set_value(content: bytearray, random: Random, _: bytes) -> None:
    """Another number in the value, as text or in binary, of the same length."""
    at = _element(content, random) + 8
    length = min(int.from_bytes(content[at - 2 : at], "little"), 64)
    value = random.choice(NUMBERS) if random.random() < 0.7 else random.randbytes(2)
    content[at : at + length] = value.ljust(length)[:length]


def truncate(content: bytearray, random: Random, _: bytes) -> None:
    if random.random() < 0.3:
        del content[_place(content, random) :]


def delete(content: bytearray, random: Random, _: bytes) -> None:
    at = _element(content, random)
    del content[at : at + random.choice((1, 2, 4, 8, random.randrange(200)))]


def insert(content: bytearray, random: Random, _: bytes) -> None:
    at = _element(content, random)
    content[at:at] = random.randbytes(random.choice((1, 2, 4, 8, 40)))


def repeat(content: bytearray, random: Random, _: bytes) -> None:
    at = _element(content, random)
    content[at:at] = content[at : at + random.randrange(200)] * random.choice((1, 2, 50))


def splice(content: bytearray, random: Random, other: bytes) -> None:
    """Put a part of another file in, or go on with it."""
    if random.random() < 0.3 and other:
        at, start = _element(content, random), _place(other, random)
        stop = len(other) if random.random() < 0.3 else start + random.randrange(400)
        content[at : at if stop < len(other) else len(content)] = other[start:stop]


def nest(content: bytearray, random: Random, _: bytes) -> None:
    """Put sequences in, one in the other, of known or unknown length."""
    depth = random.choice((1, 2, 5, 31, 33, 300))
    if random.random() < 0.5:
        inner = b"\x08\x00\x11\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * depth
    else:
        inner = b""
        for _ in range(depth):
            item = b"\xfe\xff\x00\xe0" + len(inner).to_bytes(4, "little") + inner
            inner = b"\x08\x00\x11\x11SQ\0\0" + len(item).to_bytes(4, "little") + item
    at = _element(content, random)
    content[at:at] = inner


DAMAGES: Sequence[Damage] = (
    *(flip, set_byte, set_number, set_length, nudge_length, set_vr, set_value, set_value),
    *(truncate, delete, insert, repeat, splice, nest),
)
