"""What the provider has made, by urn: how a crashed run is recovered without losing or doubling anything.

The engine may die between AWS's answer and the state's next write. The ledger remembers what exists; a run that declares what
its state knows (`begin`) gets everything else of its stack back by urn when it creates, and what nobody claims is swept when the
run ends well. The emulated cloud lives in this process, so the ledger may too: both are gone together (a new epoch).

Only what this provider made, or the program took over, is in it: what a program merely looks at (`Vpc.get`) is not, and what the
engine lets go of without deleting (`retain_on_delete`, a resource taken out of the state) belongs to no stack any more.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.kernel.urn import stack_of, type_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One live resource: its urn, type, id and last outputs."""

    urn: str
    type: str
    id: str
    outputs: Mapping[str, Any] = field(repr=False)

    @property
    def stack(self) -> str:
        return stack_of(self.urn)


class Ledger:
    """Live resources by (urn, id), and per stack what the state of the running run knows."""

    def __init__(self) -> None:
        self._live: dict[tuple[str, str], Entry] = {}
        self._seen: dict[tuple[str, str], Entry] = {}  # made elsewhere and only read: an import, or a look-up
        self._known: dict[str, set[tuple[str, str]]] = {}
        self._runs: dict[str, str] = {}
        self._begun: dict[str, set[tuple[str, str]]] = {}
        self._lock = threading.RLock()

    def keep(self, urn: str, token: str, identifier: str, outputs: Mapping[str, Any]) -> None:
        """Notes that the resource is there with these outputs, and that the running run knows it."""
        with self._lock:
            entry = Entry(urn, token, identifier, dict(outputs))
            self._live[urn, identifier] = entry
            if entry.stack in self._known:
                self._known[entry.stack].add((urn, identifier))

    def see(self, urn: str, token: str, identifier: str, outputs: Mapping[str, Any]) -> None:
        """Notes what a read found. The resource becomes the stack's own once the state has it as such."""
        with self._lock:
            if (urn, identifier) in self._live:
                self.keep(urn, token, identifier, outputs)
            else:
                self._seen[urn, identifier] = Entry(urn, token, identifier, dict(outputs))

    def drop(self, urn: str, identifier: str) -> None:
        with self._lock:
            self._live.pop((urn, identifier), None)
            self._seen.pop((urn, identifier), None)

    def begin(self, stack: str, known: Iterable[tuple[str, str]]) -> tuple[str, list[str]]:
        """Starts a run. Returns its id, and the urns that the state knows but the cloud has not got."""
        with self._lock:
            pairs = set(known)
            self._follow(stack, pairs)
            self._known[stack] = set(pairs)
            run = uuid.uuid4().hex
            self._runs[run] = stack
            self._begun[run] = set(pairs)
            return run, sorted(urn for urn, identifier in pairs if (urn, identifier) not in self._live)

    def unclaimed(self, urn: str) -> Entry | None:
        """A live resource of this urn that the run's state does not know: what a crash left. None outside a run."""
        with self._lock:
            stack = stack_of(urn)
            if stack not in self._known:
                return None
            for (other, identifier), entry in self._live.items():
                if other == urn and (urn, identifier) not in self._known[stack]:
                    return entry
            return None

    def end(self, run: str, known: Iterable[tuple[str, str]] | None) -> list[Entry]:
        """Ends a run. With `known` (the state after a run that went well): what the cloud has of this stack besides."""
        with self._lock:
            stack = self._runs.pop(run, "")
            begun = self._begun.pop(run, set())
            if stack not in self._runs.values():
                self._known.pop(stack, None)
            if known is None or not stack:
                return []
            pairs = set(known)
            self._follow(stack, pairs)
            left = {key: entry for key, entry in self._live.items() if entry.stack == stack and key not in pairs}
            for key in left.keys() & begun:  # the run was asked to forget the resource, not to delete it
                del self._live[key]
            return [entry for key, entry in left.items() if key not in begun]

    def all(self) -> list[Entry]:
        with self._lock:
            return list(self._live.values())

    def of_stack(self, stack: str) -> list[Entry]:
        with self._lock:
            return [entry for entry in self._live.values() if entry.stack == stack]

    def reset(self) -> None:
        with self._lock:
            for kept in (self._live, self._seen, self._known, self._runs, self._begun):
                kept.clear()

    def _follow(self, stack: str, known: set[tuple[str, str]]) -> None:
        """Brings the entries in line with the state: a resource may have another urn now (an alias, another parent), or be taken
        over by an import."""
        for urn, identifier in known - self._live.keys():
            token = type_of(urn)
            moved = next(
                (
                    key
                    for key, entry in self._live.items()
                    if (entry.stack, entry.type, entry.id) == (stack, token, identifier) and key not in known
                ),
                None,
            )
            entry = self._live.pop(moved) if moved else self._seen.get((urn, identifier))
            if entry is not None:
                self._live[urn, identifier] = Entry(urn, token, identifier, entry.outputs)
