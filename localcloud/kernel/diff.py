"""What a change of inputs means to a resource: nothing, an update in place, or a replacement.

The comparison is Terraform's (so pulumi-aws's): wanted inputs against the state's outputs, with absent optional-computed
properties left alone and absent others compared with their zero value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from localcloud.kernel.policies import same_policy
from localcloud.kernel.schema import Kind, Schema
from localcloud.kernel.spec import Resource
from localcloud.kernel.values import is_zero, same_json

Change = Literal["add", "delete", "update"]


class _Unknown:
    """A value that is known only once the update is made."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN_MARK: Final = _Unknown()


@dataclass(frozen=True, slots=True)
class Difference:
    path: str
    change: Change
    replaces: bool


@dataclass(frozen=True, slots=True)
class Diff:
    """The differences, and whether a replacement must delete first (one name, or one per target)."""

    differences: tuple[Difference, ...]
    delete_before_replace: bool = False

    @property
    def changed(self) -> frozenset[str]:
        return frozenset(d.path.partition(".")[0].partition("[")[0] for d in self.differences)

    @property
    def replaces(self) -> tuple[str, ...]:
        return tuple(d.path for d in self.differences if d.replaces)

    @property
    def effect(self) -> Literal["none", "update", "replace"]:
        return "replace" if self.replaces else "update" if self.differences else "none"


def diff(row: Resource, schema: Schema, state: Mapping[str, Any], news: Mapping[str, Any], ignore: tuple[str, ...] = ()) -> Diff:
    """Compares wanted inputs `news` with the `state` (old outputs). `ignore` are the program's ignoreChanges paths."""
    found: list[Difference] = []
    for name, kind in schema.inputs.items():
        if name in ignore:
            continue
        want, have = news.get(name), state.get(name)
        if name == "region" and want is None:
            continue
        if want is None:
            want = row.unset.get(name)
        if want is None and name in row.computed:
            continue
        for path, change, new, old in _compare(row, name, name, kind, want, have):
            if any(path == other or path.startswith((f"{other}.", f"{other}[")) for other in ignore):
                continue
            found.append(Difference(path, change, _replaces(row, path, new, old)))
    differences = tuple(found)
    return Diff(differences, _delete_first(row, state, news, differences))


def _compare(row: Resource, path: str, key: str, kind: Kind, want: Any, have: Any) -> Iterator[tuple[str, Change, Any, Any]]:
    """Yields (path, change, new, old) of each leaf that differs. `key` is the path without list indexes (the row's paths)."""
    if want is UNKNOWN_MARK:
        yield path, "update", want, have
        return
    same = row.same.get(key)
    if same is not None:
        if not same(want, have):
            yield path, _change(want, have), want, have
        return
    if is_zero(want) and is_zero(have):
        return
    if key in row.json:
        if not same_json(want, have):
            yield path, _change(want, have), want, have
        return
    if key in row.policies:
        if not same_policy(want, have):
            yield path, _change(want, have), want, have
        return
    if isinstance(kind, Mapping) and "object" in kind:
        if isinstance(want, Mapping) and isinstance(have, Mapping):
            for name, inner in kind["object"].items():
                inner_key = f"{key}.{name}"
                wanted = want.get(name, row.defaults.get(inner_key))
                if wanted is None and inner_key in row.computed:
                    continue
                yield from _compare(row, f"{path}.{name}", inner_key, inner, wanted, have.get(name))
            return
    elif isinstance(kind, Mapping) and "list" in kind and isinstance(want, list) and isinstance(have, list):
        if key in row.sets:
            if not _same_set(row, key, kind["list"], want, have):
                yield path, "update", want, have
            return
        if len(want) == len(have):
            for index, (left, right) in enumerate(zip(want, have, strict=True)):
                yield from _compare(row, f"{path}[{index}]", key, kind["list"], left, right)
            return
    elif isinstance(kind, Mapping) and "map" in kind and isinstance(want, Mapping) and isinstance(have, Mapping):
        for name in sorted({*want, *have}):
            if want.get(name) is UNKNOWN_MARK or want.get(name) != have.get(name):
                yield f"{path}.{name}", _change(want.get(name), have.get(name)), want.get(name), have.get(name)
        return
    elif _scalar(want) == _scalar(have):
        return
    yield path, _change(want, have), want, have


def _same_set(row: Resource, key: str, kind: Kind, want: list[Any], have: list[Any]) -> bool:
    if len(want) != len(have) or any(item is UNKNOWN_MARK for item in want):
        return False
    left = list(have)
    for item in want:
        for index, other in enumerate(left):
            if not any(_compare(row, key, key, kind, item, other)):
                del left[index]
                break
        else:
            return False
    return True


def _scalar(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, (int, float)) else value


def _change(want: Any, have: Any) -> Change:
    return "add" if have is None else "delete" if want is None else "update"


def _replaces(row: Resource, path: str, new: Any, old: Any) -> bool:
    plain = _without_indexes(path)
    if plain == "region":  # what is in one region never comes into another
        return old is not None
    if row.autoname is not None and plain == row.autoname.prefix_prop:
        return True
    for name in row.replace:
        if plain == name or plain.startswith(f"{name}."):
            decide = row.replace_if.get(name)
            return decide is None or new is UNKNOWN_MARK or decide(new, old)
    decide = row.replace_if.get(plain)
    return decide is not None and decide(new, old)


def _without_indexes(path: str) -> str:
    return "".join(part.partition("]")[2] if index else part for index, part in enumerate(path.split("[")))


def _delete_first(row: Resource, state: Mapping[str, Any], news: Mapping[str, Any], differences: tuple[Difference, ...]) -> bool:
    if not any(d.replaces for d in differences):
        return False
    if row.singleton:
        return True
    if row.autoname is None:
        return False
    name = row.autoname.prop
    given = name in news and name not in news.get("__defaults", ())
    return given and news.get(name) == state.get(name)
