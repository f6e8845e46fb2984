"""Reads the inputs of types from the source of the installed pulumi-aws, because importing all of it takes seconds."""

from __future__ import annotations

import ast
import importlib.util
import keyword
import re
from functools import cache
from pathlib import Path
from typing import Final

_TOKEN: Final = re.compile(r"^aws:(\w+)/\w+:(\w+)$")
_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SIGNATURE: Final = re.compile(r"^    (def _internal_init\(.*?\)):$", re.DOTALL | re.MULTILINE)
_NOT_AN_INPUT: Final = frozenset({"__self__", "resource_name", "opts", "__props__"})


@cache
def inputs_of(token: str) -> frozenset[str]:
    """The camelCase inputs of a type, from the signature of its Python class; empty where the SDK has no such type."""
    match = _TOKEN.match(token)
    assert match, f"{token} is no token of the aws provider"
    service, name = match.groups()
    source = _package() / (f"{service}_" if keyword.iskeyword(service) else service) / f"{_WORD.sub('_', name).lower()}.py"
    _, declared, text = _text(source).partition(f'@pulumi.type_token("{token}")')
    signature = _SIGNATURE.search(text) if declared else None
    if signature is None:
        return frozenset()
    (function,) = ast.parse(f"{signature[1]}: pass").body
    assert isinstance(function, ast.FunctionDef)
    names = {argument.arg for argument in function.args.args} - _NOT_AN_INPUT
    return frozenset(re.sub(r"_(\w)", lambda found: found[1].upper(), name) for name in names)


def _text(source: Path) -> str:
    return source.read_text(encoding="utf-8") if source.is_file() else ""


@cache
def _package() -> Path:
    """The folder of pulumi-aws."""
    found = importlib.util.find_spec("pulumi_aws")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent
