"""Resources that an account has once (a row's column `once`), shared by the stacks that declare them.

On AWS each environment has an account of its own; the rehearsals of all environments here are in one. The second stack that
declares such a resource takes part in the one that is there, and the last that lets go of it deletes it. Its tags are those of
the stack that declared it last.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from localcloud.kernel.engine import Engine
from localcloud.kernel.ledger import Entry, Ledger
from localcloud.kernel.urn import stack_of

TAGS: Final = ("tags", "tagsAll")


def join(engine: Engine, ledger: Ledger, urn: str, token: str, news: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Id and outputs of the resource that another stack has made, brought to the wanted inputs; None where there is none."""
    row = engine.row(token)
    if not row.once:
        return None
    same: Callable[[Any, Any], bool] = row.same.get(row.once, operator.eq)
    for entry in ledger.all():
        shared = entry.type == token and same(news.get(row.once), entry.outputs.get(row.once))
        if shared and entry.stack != stack_of(urn) and engine.read(token, entry.id, {}, entry.outputs) is not None:
            return entry.id, engine.update(token, entry.id, entry.outputs, news)
    return None


def other(engine: Engine, ledger: Ledger, urn: str, token: str, identifier: str) -> Entry | None:
    """The entry of another stack that stands for the same resource."""
    if not engine.row(token).once:
        return None
    return next((e for e in ledger.all() if e.type == token and e.id == identifier and e.urn != urn), None)


def leave(engine: Engine, entry: Entry, state: Mapping[str, Any]) -> None:
    """Hands the resource over to the stack of `entry`, which still declares it: the tags become that stack's."""
    engine.update(entry.type, entry.id, state, {**state, **_tags(entry.outputs)})


def seen_by(state: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """What one stack reads of a shared resource: the cloud's view with the stack's own tags."""
    return {**outputs, **_tags(state)}


def _tags(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: values[key] for key in TAGS if key in values}
