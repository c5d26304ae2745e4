"""The trials' own variants of criteria, for a command that judges without a database."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

SETTING = "RECIST_CRITERIA"


@contextmanager
def of_environment() -> Iterator[None]:
    """Know the variants that the settings name while a command runs.

    Where they name none nothing is imported: reading settings takes longer than most answers.
    """
    if all(name.upper() != SETTING for name in os.environ):
        yield
        return
    from service.settings import Settings  # noqa: PLC0415 - see above
    from service.variants import of_folder  # noqa: PLC0415

    with of_folder(Settings().criteria):
        yield
