"""Writes docs/json.md: `.venv/bin/python -m tools.cli.json_docs > docs/json.md`. A section a verb, a table a document."""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from tools.flows.documents.catalogue import PRINTED, REFUSAL, Printed

_HEAD: Final = """# What `--json` prints

Written by `.venv/bin/python -m tools.cli.json_docs > docs/json.md` from the types in `tools/flows/documents/`; do not edit it.

Each verb prints one document on stdout, whatever happens; words and progress go to stderr. Keys are added, never renamed or taken
away: read those that you need and pass over the others. A key with a `?` is not always there; its description says when.
What is inside a document, or is printed by several verbs, has its table under [Parts](#parts).

## When it could not be done

"""
_WORDS: Final = {str: "text", int: "whole number", float: "number", bool: "true or false", type(None): "null", Any: "anything"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of a document: its type, whether it is always there, and its description."""

    name: str
    kind: Any
    always: bool
    what: str


def keys(document: Any) -> Iterator[Key]:
    """The keys of a TypedDict whose values are `Annotated[type, "description"]`, those of its bases first."""
    for name, hint in get_type_hints(document, include_extras=True).items():
        optional = get_origin(hint) is NotRequired
        inner = get_args(hint)[0] if optional else hint
        kind, *notes = get_args(inner) if get_origin(inner) is Annotated else (inner,)
        what = " ".join(note for note in notes if isinstance(note, str))
        yield Key(name=name, kind=kind, always=document.__total__ and not optional, what=what)


def page() -> str:
    """The whole page."""
    return _HEAD + "\n".join(_Page().lines()).rstrip() + "\n"


def title(document: Any) -> str:
    """What a document is called here: `cost line` of CostLineDocument."""
    name = document.__name__.removesuffix("Document")
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


@dataclass(slots=True)
class _Page:
    """The page as it is written; `parts` are the documents that are linked and have no section of a verb."""

    parts: list[Any] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        yield from self._document(REFUSAL.document)
        for verb in dict.fromkeys(row.verb for row in PRINTED):
            yield f"\n## `{verb}`\n"
            for row in (row for row in PRINTED if row.verb == verb):
                yield from self._printed(row)
        yield "\n## Parts"
        for part in self.parts:  # a table may add parts at its end
            yield f"\n### {title(part)}\n"
            yield from self._document(part)

    def _printed(self, row: Printed) -> Iterator[str]:
        """What one row of the catalogue says."""
        when = f"{row.when[0].upper()}{row.when[1:]}: " if row.when else ""
        if row.document is None:
            yield f"{when}{row.foreign}"
        elif _SECTIONS.get(row.document if is_typeddict(row.document) else None) == row.verb:
            yield from self._document(row.document, when)
        else:
            words = self._words(row.document)
            yield f"{when}{words[0].upper() if when == '' else words[0]}{words[1:]}."
        yield ""

    def _document(self, document: Any, when: str = "") -> Iterator[str]:
        """What a document is, and a line a key."""
        what = " ".join(document.__doc__.split())
        yield f"{when}{what[0].lower() if when else what[0]}{what[1:]}"
        yield "\n| key | value | what |\n| --- | --- | --- |"
        for key in keys(document):
            yield f"| `{key.name}`{'' if key.always else '?'} | {self._words(key.kind)} | {key.what} |"

    def _words(self, kind: Any) -> str:
        """A type in words; a document is linked."""
        if is_typeddict(kind):
            verb = _SECTIONS.get(kind)
            if verb is None and kind not in self.parts:
                self.parts.append(kind)
            return f"[{title(kind)}](#{(verb or title(kind)).replace(' ', '-')})"
        origin, inner = get_origin(kind), get_args(kind)
        if origin is Literal:
            return " or ".join(f"`{value}`" for value in inner)
        if origin in (Union, types.UnionType):
            return " or ".join(self._words(one) for one in inner)
        if origin is list:
            return f"list of {self._words(inner[0])}"
        if origin is dict:
            return f"object of {self._words(inner[1])} by name"
        return _WORDS[kind]


def _sections() -> dict[Any, str]:
    """The verb whose section has the table of a document: the only verb that prints it, by itself and not in a list."""
    printed = Counter(row.document for row in PRINTED if row.document is not None and is_typeddict(row.document))
    listed = {get_args(row.document)[0] for row in PRINTED if get_origin(row.document) is list}
    return {row.document: row.verb for row in PRINTED if printed.get(row.document) == 1 and row.document not in listed}


_SECTIONS: Final = _sections()


if __name__ == "__main__":
    print(page(), end="")
