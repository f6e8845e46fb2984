"""What a flow reports while it works. The command line shows it as a bar or as lines; another caller may ignore it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tools.engine.events import Tick

# Takes a sentence for a person.
Say = Callable[[str], None]


class Progress(Protocol):
    """The progress of one verb. `watch`, where a flow sets it, gives a line about a job in training."""

    watch: Callable[[], str] | None

    def shown(self) -> AbstractContextManager[object]:
        """Entered while the engine works; sentences may be said before and after."""
        ...

    def phase(self, name: str, expected: int = 0) -> None:
        """Names what follows, and how many resources it passes (0: not known yet)."""
        ...

    def say(self, message: str) -> None:
        """Takes a sentence for a person."""
        ...

    def tick(self, tick: Tick) -> None:
        """Takes how far the engine is."""
        ...
