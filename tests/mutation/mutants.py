"""What can be changed in a source so that a good test sees red: its mutants."""

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from tests.mutation.edits import Edit, Words, edits, is_apart

Key = tuple[str, str, str, str]
"""What a survivor is listed by, as the number of a line would change too often."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one source; `where` is the class and function, empty for the module."""

    file: str
    where: str
    line: str
    what: str
    needs: int | None
    """First line of the function that must be called to meet the change; None: an import does."""
    tree: ast.Module
    edit: Edit

    @property
    def key(self) -> Key:
        """The file, where in it, the line and the change."""
        return self.file, self.where, self.line, self.what

    def code(self) -> CodeType:
        """Change the tree, for good, and compile it."""
        for name, value in self.edit.fields.items():
            setattr(self.edit.node, name, value)
        return compile(ast.fix_missing_locations(self.tree), self.file, "exec")


def mutants(files: Sequence[Path]) -> list[Mutant]:
    """Every mutant of some files. Those of one file share a tree: change one in a process."""
    trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in files}
    words = {name: found for tree in trees.values() for name, found in _enumerations(tree)}
    return [mutant for file, tree in trees.items() for mutant in _of_file(file, tree, words)]


def _of_file(file: Path, tree: ast.Module, words: Words) -> Iterator[Mutant]:
    lines = file.read_text(encoding="utf-8").splitlines()
    words = {**words, **dict(_aliases(tree, words))}
    seen: Counter[tuple[str, str, str]] = Counter()
    for node, where, needs in _walk(tree, (), None):
        for edit in edits(node, words, is_data=needs is None):
            line = lines[edit.at.lineno - 1].strip()
            seen[where, line, edit.what] += 1
            nth = seen[where, line, edit.what]
            what = edit.what if nth == 1 else f"{edit.what}, no. {nth}"
            yield Mutant(file.as_posix(), where, line, what, needs, tree, edit)


def _enumerations(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and [ast.unparse(base) for base in node.bases] == [
            "Word"
        ]:
            assigned = (x for x in node.body if isinstance(x, ast.Assign))
            yield node.name, [ast.unparse(x.targets[0]) for x in assigned]


def _aliases(tree: ast.Module, words: Words) -> Iterator[tuple[str, list[str]]]:
    """Other names of enumerations, and under `` the responses that stand as names of their own."""
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    yield "", [word for word in words.get("Response", ()) if word in bound]
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=alias)], value=ast.Name(id=name)) if name in words:
                yield alias, words[name]
            case ast.ImportFrom(names=names):
                renamed = (x for x in names if x.asname and x.name in words)
                yield from ((str(x.asname), words[x.name]) for x in renamed)


def _walk(
    node: ast.AST, where: tuple[str, ...], needs: int | None
) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Every node, with the class and function around it, and the outermost function's line."""
    within, called = where, needs
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        within = (*where, node.name)
    if isinstance(node, ast.FunctionDef) and needs is None:
        called = min([node.lineno, *(x.lineno for x in node.decorator_list)])
    yield node, ".".join(within), called
    for name, value in ast.iter_fields(node):
        inside = (within, called) if name == "body" else (where, needs)
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not is_apart(node, name, child):
                yield from _walk(child, *inside)
