"""Where recorded items are kept: by service, kind and region, then by key. In memory; gone with the process."""

from __future__ import annotations

import threading
from typing import Any

Key = tuple[Any, ...]
Item = dict[str, Any]


class Store:
    """The items of all recorded kinds. `lock` is held while a request reads and changes them."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._items: dict[tuple[str, str, str], dict[Key, Item]] = {}

    def of(self, service: str, noun: str, region: str) -> dict[Key, Item]:
        """The items of one kind by key, to read and to change."""
        return self._items.setdefault((service, noun, region), {})

    def items(self, service: str, noun: str, region: str) -> list[Item]:
        """The items of one kind."""
        return list(self.of(service, noun, region).values())

    def forget(self, service: str, region: str, **members: str) -> None:
        """Removes every item of the service that has these members: what goes with its owner."""
        with self.lock:
            for (owner, _, where), kind in self._items.items():
                if (owner, where) == (service, region):
                    gone = [key for key, item in kind.items() if all(item.get(name) == value for name, value in members.items())]
                    for key in gone:
                        del kind[key]

    def reset(self) -> None:
        """Forgets every item."""
        with self.lock:
            self._items.clear()
