"""The text of an issue about drift: the changes from outside that `refresh --json` found, as Markdown of GitHub and GitLab."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.report import markdown
from tools.report.change import Changed, Property, alike
from tools.report.markdown import ROOM, ROWS, code, text
from tools.report.redact import cut, last_name, shown

# A value of more characters is cut: an issue need only show that it differs, and the cloud has the whole value.
_LONGEST: Final = 200
_NAMED: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One comparison of a stack with its cloud. `drifted` are the resources that differ, `faults` why the comparison failed."""

    stack: str
    seconds: float
    drifted: tuple[Changed, ...]
    faults: tuple[str, ...]


def read(document: Any) -> Look:
    """The comparison that `refresh --json` printed. Raises ValueError that names the key which is not as that prints it."""
    if not isinstance(document, Mapping) or not isinstance(document.get("stack"), str):
        raise ValueError(
            "this is no look at drift: expected an object with `stack`; give what `./slipway refresh --json` printed"
        )
    error = document.get("error") or {}
    found = document.get("drift", [] if error else None)
    if not isinstance(found, list) or not all(_is_entry(item) for item in found):
        raise ValueError(f"`drift`: expected a list of changed resources, got {found!r:.60}; give what `refresh --json` printed")
    seconds = document.get("seconds")
    return Look(
        stack=document["stack"],
        seconds=float(seconds) if isinstance(seconds, int | float) else 0.0,
        drifted=tuple(map(_drifted, found)),
        faults=tuple(_faults(error)) if error else (),
    )


def issue(look: Look, *, note: str = "") -> str:
    """The issue's text, never longer than GitHub takes. `note` is a line for its foot."""
    for rows in ROWS:
        written = _render(look, note, rows)
        if len(written.encode()) <= ROOM:
            break
    return written


def marker(stack: str) -> str:
    """The hidden first line by which the issue of this stack is found and updated in place."""
    return markdown.marker(stack, about="slipway-drift")


def _render(look: Look, note: str, rows: int) -> str:
    parts = [marker(look.stack), f"### Drift in {code(look.stack)}: {_head(look)}"]
    if look.faults:
        parts.append("\n".join(f"- {text(fault)}" for fault in look.faults[:rows]))
    gone = [one for one in look.drifted if one.op == "delete"]
    changed = [one for one in look.drifted if one.op != "delete"]
    if gone:
        lines = [f"| {code(one.name)} | {text(one.kind)} | {text(one.loses)} |" for one in gone]
        parts.append(_table(("Gone from the cloud", "What", "With it"), lines, rows))
    if changed:
        lines = [line for properties, ones in alike(changed) for line in _rows(properties, ones)]
        parts.append(_table(("Changed outside", "What", "Property", "Was", "Is now"), lines, rows))
    if look.drifted:
        parts.append(
            f"Put it back: `./slipway refresh {text(look.stack)}`, then `./slipway up {text(look.stack)}`. "
            "Or it is meant to stay: put it into the stack file or the program. This issue closes itself when nothing differs."
        )
    foot = " · ".join(part for part in (f"looked for {look.seconds:.1f} s", text(note)) if part)
    return "\n\n".join([*parts, f"<sub>{foot}</sub>"]) + "\n"


def _head(look: Look) -> str:
    if look.faults:
        return "the look failed"
    count = len(look.drifted)
    return f"{count} {'resource differs' if count == 1 else 'resources differ'} from the state" if count else "none"


def _rows(properties: tuple[Property, ...], ones: list[Changed]) -> list[str]:
    """One table row a property, shared by the resources `ones`, which all changed in the same way."""
    names = ", ".join(code(one.name) for one in ones[:_NAMED]) + (f" and {len(ones) - _NAMED} more" if len(ones) > _NAMED else "")
    kinds = ", ".join(dict.fromkeys(text(one.kind) for one in ones))
    values = [(code(one.path), text(one.old) or "unset", text(one.new) or "unset") for one in properties] or [("", "", "")]
    return [f"| {names} | {kinds} | {' | '.join(value)} |" for value in values]


def _table(heads: tuple[str, ...], lines: list[str], rows: int) -> str:
    cut = len(lines) - rows
    more = f"\n\n… and {cut} more: `./slipway refresh --preview-only` shows all." if cut > 0 else ""
    return "\n".join([f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *lines[:rows]]) + more


def _is_entry(item: Any) -> bool:
    words = isinstance(item, Mapping) and all(isinstance(item.get(key), str) for key in ("urn", "type", "name", "op"))
    properties = item.get("properties") if words else None
    return isinstance(properties, list) and all(
        isinstance(one, Mapping) and isinstance(one.get("path"), str) for one in properties
    )


def _drifted(item: Mapping[str, Any]) -> Changed:
    return Changed(
        name=item["name"],
        type=item["type"],
        kind=item["type"].rpartition(":")[2],
        component="",
        op=item["op"],
        custom=True,
        properties=tuple(_property(one) for one in item["properties"]),
    )


def _property(item: Mapping[str, Any]) -> Property:
    was, now = (shown(last_name(item["path"]), _words(item.get(key))) for key in ("was", "now"))
    return Property.of(item["path"], was, now)


def _words(value: Any) -> str:
    plain = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return cut(plain, _LONGEST)


def _faults(error: Any) -> list[str]:
    if not isinstance(error, Mapping):
        return ["the look failed"]
    lines = [str(one.get("message", "")) for one in error.get("faults") or [] if isinstance(one, Mapping)]
    lines += [str(line) for line in error.get("lines") or []]
    return lines or ["stopped before it was done"]
