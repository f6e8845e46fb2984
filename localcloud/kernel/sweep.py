"""Removes what a killed run made and nobody claims, dependants first, and gives the reason for each resource that stays."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from localcloud.kernel import sharing
from localcloud.kernel.engine import Engine
from localcloud.kernel.explain import explain
from localcloud.kernel.ledger import Entry, Ledger

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """A resource that could not be removed, and what refused."""

    entry: Entry
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    swept: tuple[Entry, ...]
    left: tuple[Stuck, ...]


def sweep(engine: Engine, ledger: Ledger, entries: Iterable[Entry]) -> Sweep:
    """Removes the entries from the cloud and the ledger. An entry that others still need is tried again once they are gone."""
    swept: list[Entry] = []
    waiting = list(entries)
    while waiting:
        stuck = []
        for entry in waiting:
            try:
                if not sharing.other(engine, ledger, entry.urn, entry.type, entry.id):
                    engine.delete(entry.type, entry.id, entry.outputs)
            except Exception as error:
                stuck.append(Stuck(entry=entry, reason=explain(error)))
            else:
                ledger.drop(entry.urn, entry.id)
                swept.append(entry)
        if len(stuck) == len(waiting):
            for item in stuck:
                log.error("%s %s, which nobody claims, was not removed: %s", item.entry.urn, item.entry.id, item.reason)
            return Sweep(swept=tuple(swept), left=tuple(stuck))
        waiting = [item.entry for item in stuck]
    return Sweep(swept=tuple(swept), left=())
