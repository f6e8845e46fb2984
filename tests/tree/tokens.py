"""Where a type's token is written out: in its card, and nowhere else.

Test data is free to write tokens: a test that names its subject by the card would not notice a card that is wrong.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

# Where tokens are written, from the repository's root: the cards of types, and the functions.
CARDS: Final = Path("catalog") / "types"
FUNCTIONS: Final = Path("catalog") / "functions.py"
# A urn may be in a string around a token. In a sentence for people a token stands in backquotes, and is no use of the type.
_TOKEN: Final = re.compile(
    r"(?<![\w`-])(?:"
    r"aws:\w+/\w+:[A-Z]\w*"
    r"|aws:\w+/get\w+:get\w+"
    r"|aws-native:\w+:[A-Z]\w*"
    r"|kubernetes:[\w.-]+/v\w+:[A-Z]\w*"
    r"|pulumi-python:dynamic/\w+:[A-Z]\w*"
    r"|pulumi:(?:pulumi:[A-Z]\w*|providers:\w+)"
    r")"
)
# A token that is put together: `f"aws:vpc/securityGroup{direction}Rule:{name}"`.
_BEGUN: Final = re.compile(r"(?<![\w`:-])aws:\w+/\w*$")


def literals(source: str) -> Iterator[tuple[int, str]]:
    """The tokens that a Python source writes out, with their lines. Docstrings and comments may name any."""
    tree = ast.parse(source)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            begun = (str(part.value) for part in node.values[:-1] if isinstance(part, ast.Constant))
            yield from ((node.lineno, found) for text in begun for found in _BEGUN.findall(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield from ((node.lineno, found) for found in _TOKEN.findall(node.value))


def outside_the_cards(root: Path, rooms: tuple[str, ...]) -> list[str]:
    """`file:line: token` for each token written out in these rooms but for the cards."""
    return [
        f"{path.relative_to(root)}:{line}: {token}"
        for room in rooms
        for path in sorted((root / room).rglob("*.py"))
        if root / CARDS not in path.parents and path != root / FUNCTIONS
        for line, token in literals(path.read_text(encoding="utf-8"))
    ]
