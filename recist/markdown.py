"""The criteria as one document for clinicians: docs/criteria.md."""

from collections.abc import Iterable, Iterator

from recist.criteria import Criteria
from recist.criteria.notes import EVERYWHERE
from recist.protocol import MEANINGS
from recist.show import CriteriaText, RuleText, describe

HEAD = """# The criteria, as this engine applies them

Printed by `recist criteria` from the same values that decide: do not edit. Rules are tried in the
order in which they stand; the first that holds decides. A table's rows agree wherever two of them
cover one case. `GET /v1/criteria/{name}` answers the same, one edition at a time.
"""


def markdown(editions: Iterable[Criteria]) -> str:
    """Print criteria as one document for clinicians."""
    parts = [line for criteria in editions for line in _edition(describe(criteria))]
    everywhere = [f"- {note}" for note in EVERYWHERE]
    return "\n".join([HEAD, *parts, "## What holds in every edition", "", *everywhere]) + "\n"


def _edition(text: CriteriaText) -> Iterator[str]:
    yield f"## {text.title} (`{text.name}`)"
    yield f"\n{text.cite}\n"
    yield f"- Baseline: at most {_age(text)} days old ({text.baseline_section})"
    yield f"- Targets: {_limit(text)} ({text.targets_section})"
    yield f"- Size: {text.size}"
    yield f"- New lesions: an unequivocal one is progression ({text.new_lesion})"
    if text.nodes:
        yield f"- Nodes: {text.nodes}"
    if text.words:
        said = ", ".join(f"{own} for {common}" for common, own in text.words.items())
        yield f"- Words: {said}"
    yield from _list("Measurable at baseline", text.measurable)
    yield from _rules("Target response", text.target)
    yield from _rules("Non-target response", text.non_target)
    yield from _rules("Overall response", text.overall)
    yield from _rules("Confirmation of progression", text.confirmation)
    yield from _switches(text)
    own = text.notes[: len(text.notes) - len(EVERYWHERE)]
    yield from _list("Decided where the paper is open", own)


def _age(text: CriteriaText) -> str:
    return _value(text.switches["baseline_max_age_days"])


def _limit(text: CriteriaText) -> str:
    in_all = [f"{text.targets_in_all} in all"] if text.targets_in_all else []
    per_organ = [f"{text.targets_per_organ} per organ"] if text.targets_per_organ else []
    return f"at most {', '.join(in_all + per_organ)}" if in_all or per_organ else "no limit"


def _list(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = [f"- {line}" for line in lines]
    if found:
        yield from (f"\n### {title}\n", *found)


def _rules(title: str, rules: Iterable[RuleText]) -> Iterator[str]:
    rows = [f"| {n} | {r.response} | {r.says} | `{r.rule}` |" for n, r in enumerate(rules, 1)]
    if rows:
        yield f"\n### {title}\n"
        yield from ("| | Response | Rule | Name |", "|---|---|---|---|", *rows)


def _switches(text: CriteriaText) -> Iterator[str]:
    yield "\n### Switches\n"
    yield from ("| Switch | Default | Meaning |", "|---|---|---|")
    for name, default in text.switches.items():
        yield f"| `{name}` | {_value(default)} | {MEANINGS[name]} |"
    yield ""


def _value(default: str | int | bool | None) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return "none" if default is None else str(default)
