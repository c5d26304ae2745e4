"""How a command prints an answer: as JSON, on one line."""

import json
from collections.abc import Mapping


def print_json(answer: Mapping[str, object]) -> None:
    """Print the members in their order."""
    print(json.dumps(answer, separators=(",", ":"), ensure_ascii=False, allow_nan=False))
