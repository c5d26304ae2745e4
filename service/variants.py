"""The trials' own variants of criteria: each JSON document of one folder is one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import TypeAdapter

from recist.criteria import Criteria
from recist.derivation import derive
from recist.editions import admitted
from recist.refusal import Refused
from recist.variant import Variant
from service.commands.unusable import Unusable
from service.documents import read_json, unprocessable
from service.problems import Unprocessable

VARIANT = TypeAdapter(Variant)


@contextmanager
def of_folder(folder: Path | None) -> Iterator[Sequence[str]]:
    """Know the variants of a folder, none without one, for as long as the context lasts.

    Yields a line about each. Raises Unusable where a document is not one, or says again what
    another is called.
    """
    found = _found(folder) if folder else {}
    with admitted(list(found.values())):
        yield [f"criteria {each.name} from {path}, {each.cite}" for path, each in found.items()]


def _found(folder: Path) -> dict[Path, Criteria]:
    if not folder.is_dir():
        raise Unusable(f"{folder}: there is no such folder to take variants of criteria from")
    found = {path: _criteria(path) for path in sorted(folder.glob("[!.]*.json"))}
    first: dict[str, Path] = {}
    for path, criteria in found.items():
        if (other := first.setdefault(criteria.name, path)) != path:
            raise Unusable(f"{path}: {criteria.name} is in {other} already; count its version up")
    return found


def _criteria(path: Path) -> Criteria:
    try:
        return derive(read_json(VARIANT, path.read_bytes()))
    except Refused as refused:
        faults = unprocessable(refused.faults)
    except Unprocessable as unread:
        faults = unread
    raise Unusable(f"{path}: {faults.detail}")
