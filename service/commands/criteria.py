"""`recist criteria`: the rules, in the words of the papers."""

from typing import Annotated

import typer

import recist
from recist.markdown import markdown
from service.commands.unusable import Unusable
from service.commands.variants import of_environment


@of_environment()
def criteria(
    name: Annotated[str | None, typer.Argument(help="One set of criteria; else all.")] = None,
) -> None:
    """Print the rules, tables, switches and open questions of the criteria, as Markdown."""
    if name is not None and name not in recist.CRITERIA:
        raise Unusable(f"no criteria {name!r}; there are {', '.join(recist.CRITERIA)}")
    found = recist.CRITERIA.values() if name is None else [recist.CRITERIA[name]]
    typer.echo(markdown(found), nl=False)
