"""The source tree as data, read with `ast`: files, what each imports, its constants. Nothing is run or imported."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
# The rooms of production code; DESIGN and CONTRIBUTING say what each is for.
ROOMS: Final = ("catalog", "infra", "workloads", "policies", "localcloud", "tools")
# Code that is held to the same form, though nothing may import it.
BESIDE: Final = ("tests", "benchmarks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One imported module. `guarded` is true under `if TYPE_CHECKING`, where nothing is imported as the program runs."""

    module: str
    line: int
    guarded: bool
    relative: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """One Python file: its dotted module name, and its syntax tree."""

    path: Path
    module: str
    tree: ast.Module
    lines: int

    @property
    def place(self) -> str:
        """The path from the repository on."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"


@functools.cache
def sources(folder: str) -> tuple[Source, ...]:
    """Every Python file under a folder of the repository, in order."""
    return tuple(_read(path) for path in sorted((ROOT / folder).rglob("*.py")) if "__pycache__" not in path.parts)


def _read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    return Source(path=path, module=module, tree=ast.parse(text), lines=text.count("\n"))


@functools.cache
def modules() -> frozenset[str]:
    """The dotted names of all production modules."""
    return frozenset(source.module for room in ROOMS for source in sources(room))


@functools.cache
def imports_of(source: Source) -> tuple[Import, ...]:
    """What a file imports, also inside functions; relative imports are made absolute, and a name that is a module is one."""
    return tuple(_imports(source))


def _imports(source: Source) -> Iterator[Import]:
    guarded = {id(inner) for node in ast.walk(source.tree) if _is_guard(node) for inner in ast.walk(node)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module=alias.name, line=node.lineno, guarded=id(node) in guarded, relative=False)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(source, node)
            for alias in node.names:
                name = f"{base}.{alias.name}"
                found = name if name in modules() else base
                yield Import(module=found, line=node.lineno, guarded=id(node) in guarded, relative=bool(node.level))


def _is_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _absolute(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = source.module.split(".")
    kept = parts[: len(parts) - node.level + source.is_package]
    return ".".join([*kept, *([node.module] if node.module else [])])


def within(module: str, room: str) -> bool:
    """Whether a module is a room, or in it."""
    return module == room or module.startswith(room + ".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A constant of a module's top level: an upper-case name and the source of its value."""

    name: str
    value: str
    place: str
    literal: bool


def constants_of(source: Source) -> Iterator[Constant]:
    """The constants that a file defines; imported ones are not among them."""
    for node in source.tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        for target in targets:
            if isinstance(target, ast.Name) and target.id.strip("_").isupper() and value is not None:
                yield Constant(name=target.id, value=ast.unparse(value), place=source.place, literal=_is_literal(value))


def _is_literal(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except ValueError:
        return False
    return True
