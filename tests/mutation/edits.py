"""The small changes that one node of a syntax tree can suffer.

Left alone: annotations, decorators, type aliases, docstrings, dunder names, the `strict` of zip,
which only asserts, a False that would be returned as None, and prose: a text with a blank in it
speaks to people, one without decides.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import shorten
from typing import Any

Place = ast.expr | ast.stmt | ast.keyword | ast.pattern
Words = dict[str, list[str]]
"""The members of each enumeration by its name; under `` responses that are names themselves."""

PAIRS: Sequence[tuple[type[ast.AST], type[ast.AST]]] = (
    *((ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.Is, ast.IsNot)),
    *((ast.In, ast.NotIn), (ast.And, ast.Or), (ast.Add, ast.Sub), (ast.BitOr, ast.BitAnd)),
)
ONE_WAY = dict.fromkeys((ast.Pow, ast.Div, ast.FloorDiv, ast.Mod), ast.Mult)
SWAPS = dict(PAIRS) | {b: a for a, b in PAIRS} | ONE_WAY | {ast.Mult: ast.Add, ast.USub: ast.UAdd}
NAMES = {"any": "all", "all": "any", "min": "max", "max": "min", "sorted": "list"}
WORD = re.compile(r"[\w./-]*\w[\w./-]*")
OF_TYPES = re.compile(r"__\w+__|[A-Z][A-Za-z]*[a-z]|T|T_\w+")
NOT_DECIDING = {"annotation", "returns", "decorator_list", "bases"}
STEPS = (ast.Expr, ast.AugAssign, ast.Raise, ast.For, ast.Break, ast.Continue, ast.Delete)
TRUE, FALSE, NONE = ast.Constant(True), ast.Constant(False), ast.Constant(None)


@dataclass(frozen=True, slots=True)
class Edit:
    """The change in words, where it is seen, the node that changes, and its new fields."""

    what: str
    at: Place
    node: ast.AST
    fields: dict[str, Any]


def is_apart(parent: ast.AST, field: str, child: ast.AST) -> bool:
    """Whether a node decides nothing, so that no change of it can be seen."""
    match child:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return OF_TYPES.fullmatch(name) is not None
        case ast.keyword(arg="strict") | ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Constant() if isinstance(parent, ast.JoinedStr):
            return True
    return field in NOT_DECIDING


def edits(node: ast.AST, words: Words, *, is_data: bool) -> Iterator[Edit]:
    """What can change in this node itself; the order of elements only where they are data."""
    yield from _of_operators(node)
    yield from _of_conditions(node)
    yield from _of_values(node)
    yield from _of_names(node, words)
    yield from _of_elements(node, is_data=is_data)
    yield from _of_steps(node)


def _of_operators(node: ast.AST) -> Iterator[Edit]:
    match node:
        case ast.Compare(ops=ops):
            for n, op in enumerate(ops):
                yield _becomes(node, ops=[*ops[:n], SWAPS[type(op)](), *ops[n + 1 :]])
        case ast.BoolOp(op=op, values=values):
            yield _becomes(node, op=SWAPS[type(op)]())
            neutral = TRUE if isinstance(op, ast.And) else FALSE
            for n in range(len(values)):
                yield _becomes(node, values=[*values[:n], neutral, *values[n + 1 :]])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield _becomes(node, operand=ast.UnaryOp(ast.Not(), operand))
        case ast.BinOp(op=op) | ast.AugAssign(op=op) | ast.UnaryOp(op=op) if type(op) in SWAPS:
            yield _becomes(node, op=SWAPS[type(op)]())


def _of_conditions(node: ast.AST) -> Iterator[Edit]:
    match node:
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            for forced in (TRUE, FALSE):
                yield Edit(f"{_short(test)} → {_short(forced)}", test, node, {"test": forced})
        case ast.comprehension(ifs=[test, *more]):
            for forced in (TRUE, FALSE):
                fields = {"ifs": [forced, *more]}
                yield Edit(f"{_short(test)} → {_short(forced)}", test, node, fields)


def _of_values(node: ast.AST) -> Iterator[Edit]:
    match node:
        case ast.Constant(value=bool(value)):
            yield _becomes(node, value=not value)
        case ast.Constant(value=int(value) | float(value)):
            yield _becomes(node, value=value + 1)
            yield _becomes(node, value=value - 1)
        case ast.Constant(value=str(value)) if WORD.fullmatch(value):
            yield _becomes(node, value=f"{value}X")
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) not in ("None", "False"):
            yield _becomes(node, value=NONE)


def _of_names(node: ast.AST, words: Words) -> Iterator[Edit]:
    match node:
        case ast.Name(id=name, ctx=ast.Load()) if name in NAMES:
            yield _becomes(node, id=NAMES[name])
        case ast.Name(id=name, ctx=ast.Load()) if name in words[""]:
            yield _becomes(node, id=_after(name, words[""]))
        case ast.Attribute(value=ast.Name(id=name), attr=word) if word in words.get(name, ()):
            yield _becomes(node, attr=_after(word, words[name]))


def _after(word: str, words: list[str]) -> str:
    return words[(words.index(word) + 1) % len(words)]


def _of_elements(node: ast.AST, *, is_data: bool) -> Iterator[Edit]:
    match node:
        case ast.Set(elts=elts):
            yield from _left_out(node, elts, elts=elts)
        case ast.List(elts=elts, ctx=ast.Load()) | ast.Tuple(elts=elts, ctx=ast.Load()):
            yield from _left_out(node, elts, elts=elts)
            if is_data:
                yield from _swapped(node, elts)
        case ast.Dict(keys=keys, values=values):
            yield from _left_out(node, values, keys=keys, values=values)
        case ast.Call(keywords=keywords):
            for edit in _left_out(node, keywords, keywords=keywords):
                if not is_apart(node, "keywords", edit.at):
                    yield edit
        case ast.Match(cases=cases):
            yield from _left_out(node, [x.pattern for x in cases], cases=cases)


def _left_out(node: ast.AST, shown: Sequence[Place], **lists: list[Any]) -> Iterator[Edit]:
    for n, element in enumerate(shown):
        fields = {name: [*values[:n], *values[n + 1 :]] for name, values in lists.items()}
        yield Edit(f"without {_short(element)}", element, node, fields)


def _swapped(node: ast.AST, elts: list[ast.expr]) -> Iterator[Edit]:
    for n, (one, other) in enumerate(pairwise(elts)):
        fields = {"elts": [*elts[:n], other, one, *elts[n + 2 :]]}
        yield Edit(f"{_short(other)} before {_short(one)}", one, node, fields)


def _of_steps(node: ast.AST) -> Iterator[Edit]:
    for name in ("body", "orelse"):
        steps: Any = getattr(node, name, None)
        for n, step in enumerate(steps if isinstance(steps, list) else ()):
            if _is_dispensable(step) and not is_apart(node, name, step):
                fields = {name: [*steps[:n], ast.Pass(), *steps[n + 1 :]]}
                yield Edit(f"without {_short(step)}", step, node, fields)


def _is_dispensable(step: ast.stmt) -> bool:
    """Whether what follows can do without a step: not where the step makes a name."""
    if isinstance(step, ast.Assign):
        return not isinstance(step.targets[0], ast.Name | ast.Tuple)
    return isinstance(step, STEPS)


def _becomes(node: Any, **fields: Any) -> Edit:
    kept = {name: getattr(node, name) for name in fields}
    before = _short(node)
    _set(node, fields)
    after = _short(node)
    _set(node, kept)
    return Edit(f"{before} → {after}", node, node, fields)


def _set(node: ast.AST, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(node, name, value)


def _short(node: ast.AST) -> str:
    return shorten(ast.unparse(node), 100, placeholder=" …")
