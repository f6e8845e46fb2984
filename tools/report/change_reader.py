"""Reads a change from the document that `preview --json` or `up --json` printed, of any version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tools.report.change import (
    OPS,
    Change,
    Changed,
    Finding,
    Money,
    Need,
    Policy,
    Preflight,
    Priced,
    Property,
    Saving,
)
from tools.report.redact import cut, last_name, shown

_LARGEST: Final = 10
# A name, value or message of more characters is cut, so that one long text does not hide the others.
_LONGEST: Final = 400


def read(document: Any, preflight: Any = None) -> Change:
    """The change that a document describes. `preflight` (what `preflight --json` printed) replaces the document's own.

    Raises ValueError that names the key which is not as `preview --json` prints it.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("stack"), str):
        raise ValueError("this is no preview: expected an object with `stack`; give what `./slipway preview --json` printed")
    counts = _mapping(document, "changes")
    return Change(
        stack=document["stack"],
        seconds=_number(document.get("seconds")) or 0.0,
        counts={op: int(_number(counts.get(op)) or 0) for op in OPS},
        changed=tuple(_changed(item) for item in _items(document, "resources") if item.get("op") != "same"),
        money=_money(_mapping(document, "cost")),
        policy=_policy(_mapping(document, "policy")),
        preflight=_preflight(preflight if preflight is not None else document.get("preflight")),
        faults=tuple(_faults(document)),
    )


def _changed(item: Mapping[str, Any]) -> Changed:
    type_, urn = _text(item.get("type")), _text(item.get("urn"))
    return Changed(
        name=_item_name(item),
        type=type_,
        kind=type_.rpartition(":")[2] or "?",
        component=_component(urn),
        op=_text(item.get("op")),
        custom=bool(item.get("custom", not type_.startswith("slipway:"))),
        properties=tuple(_property(one) for one in _items(item, "properties")),
        because=tuple(_text(path) for path in _list(item, "because")),
    )


def _property(item: Mapping[str, Any]) -> Property:
    path = _text(item.get("path"))
    old, new = (_text(shown(last_name(path), item[key])) if key in item else "" for key in ("old", "new"))
    return Property.of(path, old, new)


def _component(urn: str) -> str:
    """The outermost component of a URN: `Serving` of `urn:...::slipway:ml:Serving$slipway:ml:ModelEndpoint$aws:...::name`."""
    parts = urn.split("::", 3)
    chain = parts[2].split("$") if len(parts) == 4 else []
    return _text(chain[0].rpartition(":")[2]) if len(chain) > 1 else "Stack"


def _money(cost: Mapping[str, Any]) -> Money | None:
    if not cost:
        return None
    lines = [
        Priced(
            name=_item_name(item),
            kind=_text(item.get("type")).rpartition(":")[2],
            usd=_number(item.get("monthly_usd")) or 0.0,
            basis=_text(item.get("basis")),
        )
        for item in _items(cost, "lines")
    ]
    costly = sorted((line for line in lines if line.usd > 0), key=lambda line: -line.usd)
    return Money(
        after=_number(cost.get("monthly_usd")) or 0.0,
        before=_number(cost.get("before_usd")) or 0.0,
        ceiling=_number(cost.get("ceiling_usd")),
        at_most=cost.get("ceiling_holds") == "maximum",
        least=_number(cost.get("min_usd")),
        most=_number(cost.get("max_usd")),
        largest=tuple(costly[:_LARGEST]),
        unpriced=tuple((_item_name(item), _text(item.get("reason"))) for item in _items(cost, "unpriced")),
        savings=tuple(_savings(cost)),
        region=_text(cost.get("region")),
        priced_at=_text(cost.get("priced_at")),
    )


def _savings(cost: Mapping[str, Any]) -> list[Saving]:
    found = [
        Saving(name=_item_name(item), usd=_number(item.get("saves_usd")) or 0.0, how=_text(item.get("message")))
        for item in _items(cost, "hints")
    ]
    return sorted(found, key=lambda one: -one.usd)


def _policy(policy: Mapping[str, Any]) -> Policy | None:
    if not policy:
        return None
    violations = _items(policy, "violations")
    return Policy(
        rules=int(_number(policy.get("rules")) or 0),
        evaluated=int(_number(policy.get("evaluated")) or 0),
        mandatory=_together((one for one in violations if one.get("level") != "advisory"), "message"),
        advisory=_together((one for one in violations if one.get("level") == "advisory"), "message"),
        waiting=_together(_items(policy, "unknown"), "property"),
    )


def _together(found: Iterable[Mapping[str, Any]], key: str) -> tuple[Finding, ...]:
    by: dict[tuple[str, str], list[str]] = {}
    for one in found:
        by.setdefault((_text(one.get("rule")), _text(one.get(key))), []).append(_name(_text(one.get("urn"))))
    return tuple(Finding(rule=rule, message=message, names=tuple(names)) for (rule, message), names in sorted(by.items()))


def _preflight(found: Any) -> Preflight | None:
    if found is None:
        return None
    if not isinstance(found, Mapping) or not isinstance(found.get("rows"), list):
        raise ValueError("the preflight is none: expected an object with `ok` and `rows`; give what `preflight --json` printed")
    keys = ("kind", "code", "need", "have", "message", "state")
    rows = [Need(**{key: _text(item.get(key)) for key in keys}) for item in _items(found, "rows")]
    return Preflight(ok=found.get("ok") is True, rows=tuple(rows))


def _faults(document: Mapping[str, Any]) -> list[str]:
    """The causes of a failed run (`error.faults`), one a line, and the lines of a refusal (`error.lines`)."""
    error = _mapping(document, "error")
    lines = [f"{_name(_text(one.get('urn')))}: {_text(one.get('message'))}".removeprefix(": ") for one in _items(error, "faults")]
    lines += [_text(line) for line in _list(error, "lines")]
    return lines or (["stopped before it was done"] if error else [])


def _item_name(item: Mapping[str, Any]) -> str:
    return _text(item.get("name")) or _name(_text(item.get("urn")))


def _name(urn: str) -> str:
    parts = urn.split("::", 3)
    return parts[3] if len(parts) == 4 else urn


def _text(value: Any) -> str:
    """Any value as text on one line, with what looks like a secret hidden, cut to `_LONGEST` characters."""
    if value is None:
        return ""
    words = shown("", value if isinstance(value, str) else _plain(value))
    return cut(" ".join(words.split()), _LONGEST)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _number(value: Any) -> float | None:
    wrong = isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > 1e15
    return None if wrong else float(value)


def _mapping(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = document.get(key)
    if found is not None and not isinstance(found, Mapping):
        raise ValueError(f"`{key}`: expected an object, got {found!r:.60}; give what `./slipway preview --json` printed")
    return found or {}


def _list(document: Mapping[str, Any], key: str) -> list[Any]:
    found = document.get(key)
    if found is not None and not isinstance(found, list):
        raise ValueError(f"`{key}`: expected a list, got {found!r:.60}; give what `./slipway preview --json` printed")
    return found or []


def _items(document: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The objects of a list. Raises ValueError for a list that holds anything else."""
    found = _list(document, key)
    if not all(isinstance(item, Mapping) for item in found):
        raise ValueError(f"`{key}`: expected a list of objects, got {found!r:.60}; give what `./slipway preview --json` printed")
    return found
