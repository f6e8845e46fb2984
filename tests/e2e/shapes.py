"""The JSON shapes that DESIGN.md promises, as data: a key's type, a list of one shape, a mapping of one shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

NUMBER: Final = (int, float)
CHANGES: Final = {"create": int, "update": int, "replace": int, "delete": int, "same": int}
POLICY: Final = {
    "rules": int,
    "evaluated": int,
    "violations": [{"rule": str, "level": str, "urn": str, "message": str}],
    "unknown": [{"rule": str, "urn": str, "property": str}],
}
COST: Final = {
    "monthly_usd": NUMBER,
    "before_usd": NUMBER,
    "ceiling_usd": NUMBER,
    "lines": [{"urn": str, "monthly_usd": NUMBER, "basis": str}],
    "unpriced": [{"urn": str, "type": str, "reason": str}],
    "min_usd": NUMBER,
    "max_usd": NUMBER,
    "hints": [{"urn": str, "saves_usd": NUMBER, "message": str}],
}
RUN: Final = {
    "stack": str,
    "seconds": NUMBER,
    "changes": CHANGES,
    "resources": [{"urn": str, "type": str, "name": str, "op": str}],
    "policy": POLICY,
    "cost": COST,
    "outputs": dict,
}
DESTROY: Final = {"stack": str, "seconds": NUMBER, "deleted": int, "orphans": [{"service": str, "id": str}]}
COVERAGE: Final = {"emulated": [str], "recorded": [str], "operations": {"done": [str], "kept": [str], "refused": [str]}}
EXPORT: Final = {"version": int, "deployment": {"manifest": dict, "resources": [{"urn": str, "type": str}]}}
DOCTOR: Final = {"healthy": bool, "findings": [{"name": str, "ok": bool, "needed": bool, "found": str, "way_out": str}]}
STATUS: Final = {"running": bool, "endpoint": str, "provider_port": int, "providers": dict, "pid": int, "epoch": str}


def check(document: Any, shape: Any, where: str = "answer") -> None:
    """Asserts that a document has a shape. Keys beside the promised ones are allowed."""
    if isinstance(shape, Mapping):
        assert isinstance(document, dict), f"{where}: {type(document).__name__}, not an object"
        for key, inner in shape.items():
            assert key in document, f"{where}.{key}: missing; there are {sorted(document)}"
            check(document[key], inner, f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(document, list), f"{where}: {type(document).__name__}, not a list"
        for number, item in enumerate(document):
            check(item, shape[0], f"{where}[{number}]")
    else:
        # A bool is an int to Python, and never a number here.
        right = isinstance(document, shape) and (shape is bool or not isinstance(document, bool))
        assert right, f"{where}: {document!r} is no {shape}"
