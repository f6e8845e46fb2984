"""Whether what a verb printed with `--json` is the document that docs/json.md describes."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, Union, get_args, get_origin, is_typeddict

from tools.cli.json_docs import keys
from tools.flows.documents.catalogue import PRINTED, REFUSAL, printed_by

VERBS: Final = {row.verb for row in PRINTED}


def verb_of(arguments: Sequence[str]) -> str:
    """The verb of a command line, which may have two words; "" for a command line without a verb that prints a document."""
    return next((verb for count in (2, 1) if (verb := " ".join(arguments[:count])) in VERBS), "")


def check_answer(arguments: Sequence[str], stdout: str) -> None:
    """Asserts that `stdout` is a document that the verb of `arguments` may print. With a foreign form, that may be anything."""
    document = json.loads(stdout)
    verb = verb_of(arguments)
    rows = (REFUSAL, *printed_by(verb))
    if any(row.document is None for row in rows):
        return
    found = {row.when or row.verb or "refusal": list(faults(document, row.document)) for row in rows}
    assert not all(found.values()), f"slipway {' '.join(arguments)} prints no document of docs/json.md: {found}"


def faults(value: Any, kind: Any, where: str = "") -> Iterator[str]:
    """Each part of a value that differs from its type, with its path."""
    origin, inner = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        yield from _document_faults(value, kind, where)
    elif origin in (Union, types.UnionType):
        found = [list(faults(value, one, where)) for one in inner]
        if all(found):
            yield from min(found, key=len)
    elif origin is Literal:
        if value not in inner:
            yield f"{where}: {value!r:.60} is none of {inner}"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{where}: {value!r:.60} is no list"
        else:
            for number, item in enumerate(value):
                yield from faults(item, inner[0], f"{where}[{number}]")
    elif origin is dict:
        if not isinstance(value, dict):
            yield f"{where}: {value!r:.60} is no object"
        else:
            for name, item in value.items():
                yield from faults(item, inner[1], f"{where}.{name}")
    elif kind is not Any and not _is(value, kind):
        yield f"{where}: {value!r:.60} is no {kind.__name__}"


def _document_faults(value: Any, kind: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: {value!r:.60} is no object"
        return
    known = {key.name: key for key in keys(kind)}
    yield from (f"{where}.{name}: not described" for name in value if name not in known)
    yield from (f"{where}.{name}: not there" for name, key in known.items() if key.always and name not in value)
    for name in value:
        if name in known:
            yield from faults(value[name], known[name].kind, f"{where}.{name}")


def _is(value: Any, kind: Any) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))
