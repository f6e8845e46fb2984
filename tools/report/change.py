"""A change as data: what `preview --json` or `up --json` printed, read and sorted. Markdown and HTML are made from it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.report.redact import HIDDEN, shown

# What a reader must see first: replaced or deleted, one of these takes data or a service with it. By the type's last part.
HOLDS_DATA: Final[Mapping[str, str]] = {
    "Bucket": "its objects",
    "BucketV2": "its objects",
    "Key": "everything encrypted under it",
    "Cluster": "all that runs in it or is kept in it",
    "NodeGroup": "the pods and local disks of its nodes",
    "Endpoint": "answers, while it is away",
    "Table": "its items",
    "Instance": "its disk",
    "LustreFileSystem": "its files",
    "FileSystem": "its files",
    "CatalogDatabase": "its tables",
    "CatalogTable": "its schema",
    "Domain": "its documents, or its users' home folders",
    "Secret": "its value",
    "Repository": "its images",
    "Stream": "its records",
    "ModelPackageGroup": "its registered models",
    "LogGroup": "its logs",
}
OPS: Final = ("create", "update", "replace", "delete", "same")
LARGEST: Final = 10
# How a row of the preflight is marked, by its state.
PREFLIGHT_MARKS: Final[Mapping[str, str]] = {"short": "⛔", "unknown": "⚠️", "ok": "✅"}
# A longer text of a name, a value or a message is cut: it would hide the others.
LONGEST: Final = 400


def lost(type_: str, op: str) -> str:
    """What goes with a resource of this type when `op` is done to it; "" where nothing does."""
    if op not in ("replace", "delete") or not type_.startswith(("aws:", "aws-native:")):
        return ""
    return HOLDS_DATA.get(type_.rpartition(":")[2], "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One changed property of a resource; `old` and `new` are "" where the document does not tell them."""

    path: str
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One resource that changes. `kind` is the type's last part, `component` the outermost component around it."""

    name: str
    type: str
    kind: str
    component: str
    op: str
    custom: bool
    properties: tuple[Property, ...] = ()
    because: tuple[str, ...] = ()

    @property
    def loses(self) -> str:
        """What goes with it when it is replaced or deleted; "" for what holds nothing."""
        return lost(self.type, self.op) if self.custom else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """What one resource costs a month."""

    name: str
    kind: str
    usd: float
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What would cost less and do the same: of which resource, how much a month, and how."""

    name: str
    usd: float
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """The bill of the change in USD a month. None where the document does not tell."""

    after: float
    before: float
    ceiling: float | None
    at_most: bool  # whether the ceiling holds the month with everything scaled out, not the expected one
    least: float | None
    most: float | None
    largest: tuple[Priced, ...]
    unpriced: tuple[tuple[str, str], ...]  # name, why
    savings: tuple[Saving, ...]  # the largest first
    region: str
    priced_at: str

    @property
    def delta(self) -> float:
        """More (or, negative, less) than before."""
        return self.after - self.before

    @property
    def holds(self) -> str:
        """What is said after the ceiling where it holds another month than the expected one."""
        return " at the most" if self.at_most else ""

    @property
    def saved(self) -> float:
        """What all savings come to. There is one a resource at most, so they add up."""
        return sum(one.usd for one in self.savings)

    @property
    def over(self) -> bool:
        """Whether the ceiling is passed."""
        held = self.most if self.at_most and self.most is not None else self.after
        return self.ceiling is not None and held > self.ceiling


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule and message, with the resources that it is about: what is wrong with four roles in the same way is said once."""

    rule: str
    message: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The verdict of the policies. `waiting` are rules that only `up` can settle, with the property that each waits for."""

    rules: int
    evaluated: int
    mandatory: tuple[Finding, ...]
    advisory: tuple[Finding, ...]
    waiting: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One row of the preflight: what the plan needs of the account, and what it has. `state`: short, unknown, ok, or ""."""

    kind: str
    code: str
    need: str
    have: str
    message: str
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """Quotas and capacity, asked before `up`."""

    ok: bool
    rows: tuple[Need, ...]

    @property
    def verdict(self) -> str:
        """The verdict in words; what nobody could tell is no yes."""
        lost = sum(1 for row in self.rows if row.state == "unknown")
        said = "the account has what it takes" if self.ok else "the account lacks something"
        return f"{said}, {lost} could not be told" if lost else said


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """All that is told of one change. A part that the document lacks is None."""

    stack: str
    seconds: float
    counts: Mapping[str, int]
    changed: tuple[Changed, ...]
    money: Money | None
    policy: Policy | None
    preflight: Preflight | None
    faults: tuple[str, ...]

    def of(self, *ops: str) -> tuple[Changed, ...]:
        """The real resources (no components) of these operations, what holds data first, then in plan order."""
        found = [one for one in self.changed if one.custom and one.op in ops]
        return tuple(sorted(found, key=lambda one: (not one.loses, ops.index(one.op))))

    @property
    def blocks(self) -> tuple[str, ...]:
        """Why `up` would not do it; empty where nothing is in the way."""
        reasons = []
        if self.faults:
            reasons.append("the preview failed")
        if self.policy and self.policy.mandatory:
            count = sum(len(one.names) for one in self.policy.mandatory)
            reasons.append(f"{count} mandatory policy {'violation' if count == 1 else 'violations'}")
        if self.money and self.money.over:
            reasons.append("over the cost ceiling")
        if self.preflight and not self.preflight.ok:
            reasons.append("the account lacks quota or capacity")
        return tuple(reasons)


def grouped(changed: Iterable[Changed]) -> list[tuple[str, int, list[tuple[str, int]]]]:
    """(component, how many, (kind, how many) by number) for a list too long to name: one row a component, in plan order."""
    kinds: dict[str, Counter[str]] = {}
    for one in changed:
        kinds.setdefault(one.component, Counter())[one.kind] += 1
    return [(component, counted.total(), counted.most_common()) for component, counted in kinds.items()]


def alike(changed: Iterable[Changed]) -> list[tuple[tuple[Property, ...], list[Changed]]]:
    """Resources whose same properties change in the same way, together: a tag of the whole stack is one row, not two hundred."""
    found: dict[tuple[Property, ...], list[Changed]] = {}
    for one in changed:
        found.setdefault(one.properties, []).append(one)
    return list(found.items())


def read(document: Any, preflight: Any = None) -> Change:
    """The change of a document. `preflight` (what `preflight --json` printed) goes before the document's own.

    Raises ValueError that names what is not as `preview --json` prints it.
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
    # The name decides beside what the engine marked: a password that nobody declared secret is one all the same.
    last = re.split(r"[.\[\]\"]+", path.rstrip('."[]'))[-1]
    old, new = (_text(shown(last, item[key])) if key in item else "" for key in ("old", "new"))
    return Property(path=path, old=old, new=new) if HIDDEN not in (old, new) else Property(path=path, old=HIDDEN, new=HIDDEN)


def _component(urn: str) -> str:
    """`Serving` of `urn:pulumi:prod::slipway::slipway:ml:Serving$slipway:ml:ModelEndpoint$aws:...::name`."""
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
        largest=tuple(costly[:LARGEST]),
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
    """The causes of a failed run, one a line; of a refusal (`error.lines`) its words."""
    error = _mapping(document, "error")
    told = [f"{_name(_text(one.get('urn')))}: {_text(one.get('message'))}".removeprefix(": ") for one in _items(error, "faults")]
    told += [_text(line) for line in _list(error, "lines")]
    return told or (["stopped before it was done"] if error else [])


def _item_name(item: Mapping[str, Any]) -> str:
    return _text(item.get("name")) or _name(_text(item.get("urn")))


def _name(urn: str) -> str:
    parts = urn.split("::", 3)
    return parts[3] if len(parts) == 4 else urn


def _text(value: Any) -> str:
    """Any value in words, on one line, without what looks like a key, and not longer than a reader reads."""
    if value is None:
        return ""
    words = shown("", value if isinstance(value, str) else _plain(value))
    line = " ".join(words.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


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
