"""Mutants: a module of rules with one thing about one condition changed.

A mutant changes a comparison (to the opposite, and to the neighbour of a bound), `and` or `or`, a `not`, a bare condition, `any`
or `all`, a number, a flag, the name of a property or a value, or what is returned. No mutant changes what only a reader sees:
messages (texts with a space, f-strings, arguments of Fail and Unknown), docstrings, annotations and decorators.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import CodeType
from typing import Any, Final

_OPPOSITES: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.GtE, ast.LtE),
    ast.LtE: (ast.Gt, ast.Lt),
    ast.Gt: (ast.LtE, ast.GtE),
    ast.GtE: (ast.Lt, ast.Gt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
# Calls whose arguments are messages or paths.
_MESSAGES: Final = frozenset({"Fail", "Unknown", "Undecided"})
_SWAPPED: Final = {"any": "all", "all": "any"}
_DEFINITIONS: Final = (ast.FunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of a module: `new` replaces the node at a field of `parent`, inside the definition of `owner`."""

    module: str
    owner: str
    parent: ast.AST
    field: str
    index: int | None
    new: Any
    label: str

    @property
    def name(self) -> str:
        """A name that stays the same when lines move."""
        return f"{self.module}.{self.owner}: {self.label}"

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Makes the change for the duration of the block."""
        current = getattr(self.parent, self.field)
        old = current if self.index is None else current[self.index]
        self._set(self.new)
        try:
            yield
        finally:
            self._set(old)

    def _set(self, value: Any) -> None:
        if self.index is None:
            setattr(self.parent, self.field, value)
        else:
            getattr(self.parent, self.field)[self.index] = value


@dataclass(frozen=True)
class Source:
    """A module's tree without the decorators that would register its rules again."""

    module: str
    tree: ast.Module

    @classmethod
    def of(cls, module: str, text: str) -> Source:
        tree = ast.parse(text)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                node.decorator_list = [one for one in node.decorator_list if not _calls(one, "rule")]
        return cls(module, tree)

    def code(self, mutant: Mutant | None = None) -> CodeType:
        """The compiled module, with a mutant in place."""
        if mutant is None:
            return compile(self.tree, self.module, "exec")
        with mutant.in_place():
            # Only what the mutant brings along lacks locations.
            if isinstance(mutant.new, ast.AST):
                ast.fix_missing_locations(mutant.new)
            return compile(self.tree, self.module, "exec")

    @cached_property
    def users(self) -> dict[str, set[str]]:
        """The functions that use each thing that the module defines, itself among them, by the name of that thing."""
        uses = {}
        for node in self.tree.body:
            for name in _defined(node):
                uses[name] = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} - {name}
        users = {name: {name} for name in uses}
        for name in uses:
            todo = list(uses[name])
            seen = {name}
            while todo:
                used = todo.pop()
                if used in uses and used not in seen:
                    seen.add(used)
                    users[used].add(name)
                    todo += uses[used]
        return users

    def mutants(self) -> Iterator[Mutant]:
        """Every mutant of the module, each with a name of its own."""
        seen: dict[str, int] = {}
        for node in self.tree.body:
            for owner in _defined(node):
                for parent, field, index, new, label in _changes(node):
                    count = seen[owner + label] = seen.get(owner + label, 0) + 1
                    yield Mutant(self.module, owner, parent, field, index, new, f"{label} #{count}" if count > 1 else label)


_Change = tuple[ast.AST, str, int | None, Any, str]


def _defined(node: ast.stmt) -> list[str]:
    """The names that a statement of a module defines: a function's, a class's or a constant's."""
    if isinstance(node, _DEFINITIONS):
        return [node.name]
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
        return [target.id] if isinstance(target, ast.Name) else []
    return []


def _changes(node: ast.stmt) -> Iterator[_Change]:
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        if node.value is not None and _is_number(node.value):
            yield from _constant(node, "value", None, node.value)
        return
    yield from _below(node)


def _below(node: ast.AST) -> Iterator[_Change]:
    for field, held in ast.iter_fields(node):
        if field in ("decorator_list", "annotation", "returns", "args") and not isinstance(node, ast.Call):
            continue
        for index, child in enumerate(held) if isinstance(held, list) else [(None, held)]:
            if isinstance(child, ast.AST) and not _is_message(child, node):
                yield from _at(node, field, index, child)
                yield from _below(child)


def _at(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> Iterator[_Change]:
    def change(new: ast.expr) -> _Change:
        return parent, field, index, new, f"{ast.unparse(node)} -> {ast.unparse(new)}"

    match node:
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            for number, op in enumerate(ops):
                for other in _OPPOSITES[type(op)]:
                    yield change(ast.Compare(left, [*ops[:number], other(), *ops[number + 1 :]], comparators))
        case ast.BoolOp(op=op, values=values):
            yield change(ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield change(operand)
        case ast.Call(func=ast.Name(id=("any" | "all") as name), args=args, keywords=keywords):
            yield change(ast.Call(ast.Name(_SWAPPED[name], ast.Load()), args, keywords))
        case ast.Call(func=ast.Name(id="Fail")):
            yield change(ast.Name("PASS", ast.Load()))
        case ast.Name(id="PASS", ctx=ast.Load()) if not isinstance(parent, ast.Compare):
            yield change(ast.Call(ast.Name("Fail", ast.Load()), [ast.Constant("a mutant")], []))
        case ast.Constant():
            yield from _constant(parent, field, index, node)
        case _:
            pass
    if field == "test" and isinstance(node, (ast.Name, ast.Call, ast.Attribute)):
        yield change(ast.UnaryOp(ast.Not(), node))


def _constant(parent: ast.AST, field: str, index: int | None, node: ast.expr) -> Iterator[_Change]:
    value = node.value if isinstance(node, ast.Constant) else ast.literal_eval(ast.Constant(_number(node)))
    new: Any
    if isinstance(value, bool):
        new = not value
    elif isinstance(value, (int, float)):
        new = value + 1
    elif isinstance(value, str) and value and " " not in value and value != "?":
        new = value + "x"
    else:
        return
    yield parent, field, index, ast.Constant(new), f"{ast.unparse(node)} -> {new!r}"


def _is_number(node: ast.expr) -> bool:
    return _number(node) is not None


def _number(node: ast.expr) -> int | float | None:
    """The value of a number, or of arithmetic on numbers (`5 * 24 * 3600`)."""
    if any(not isinstance(one, (ast.Constant, ast.BinOp, ast.operator)) for one in ast.walk(node)):
        return None
    value = eval(compile(ast.Expression(node), "", "eval"))  # numbers and operators only
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _is_message(node: ast.AST, parent: ast.AST) -> bool:
    docstring = isinstance(parent, ast.Expr) and isinstance(node, ast.Constant)
    message = isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id in _MESSAGES
    return docstring or message or isinstance(node, (ast.JoinedStr, ast.arguments))


def _calls(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
