"""What an engine's program asks for that the local cloud does not have: types without a row, functions without a look-up.

A preview shall name all of them at once. The engine stops at the first error, so the error waits: each unknown type passes
its check, and its creation is held until the program has asked for nothing more for a while. Of several the last one asked for
is held and fails; those before it are let through, so that what depends on them is asked for too.
"""

from __future__ import annotations

import threading
import time
from typing import Final

from localcloud.kernel.engine import UnknownType
from localcloud.provider.protocol import NotAnswered

QUIET_SECONDS: Final = 0.4
LONGEST_SECONDS: Final = 10.0


class Unanswered:
    """The unknown types and functions of one engine's program, in the order in which they were asked for."""

    def __init__(self, quiet: float = QUIET_SECONDS) -> None:
        self.quiet = quiet
        self._names: dict[str, None] = {}
        self._asked_last = ""
        self._changed = threading.Condition()
        self._moment = time.monotonic()

    def heard(self) -> None:
        """Notes that the program has asked for something that is known."""
        self._moment = time.monotonic()

    def note(self, token: str, who: str = "") -> None:
        """Notes an unknown token; `who` is the urn of the resource."""
        with self._changed:
            self.heard()
            self._names[token] = None
            self._asked_last = who or token
            self._changed.notify_all()

    def settled(self, who: str) -> bool:
        """Waits until the program is quiet; whether `who` is still the last that asked, and so the one to fail."""
        end = time.monotonic() + LONGEST_SECONDS
        with self._changed:
            while self._asked_last == who:
                left = min(self._moment + self.quiet, end) - time.monotonic()
                if left <= 0:
                    return True
                self._changed.wait(left)
        return False

    def error(self) -> Exception:
        """The error that names them all, with the way out."""
        types = [token for token in self._names if _is_type(token)]
        functions = [token for token in self._names if not _is_type(token)]
        said = [_of_types(types)] if types else []
        said += [_of_functions(functions)] if functions else []
        return (UnknownType if types else NotAnswered)("; ".join(said))


def _is_type(token: str) -> bool:
    """A function's name begins small: `getVpc`."""
    return token.rpartition(":")[2][:1].isupper()


def _of_types(tokens: list[str]) -> str:
    if len(tokens) == 1:
        which = f"{tokens[0]}: the local cloud has no row for this type"
        services = {_service(tokens[0])}
    else:
        which = f"{', '.join(tokens)}: the local cloud has no row for these {len(tokens)} types"
        services = {_service(token) for token in tokens}
    where = " and ".join(f"localcloud/services/{service}/rows.py" for service in sorted(services))
    return f"{which}; add a card to catalog/types and a Resource to {where} (CONTRIBUTING.md shows how), or leave them out here"


def _service(token: str) -> str:
    return token.split(":")[1].split("/")[0] if token.count(":") == 2 else "<service>"


def _of_functions(tokens: list[str]) -> str:
    which = "this lookup" if len(tokens) == 1 else f"these {len(tokens)} lookups"
    return (
        f"{', '.join(tokens)}: the local cloud does not answer {which}; "
        "pass the value as a setting, or add a Lookup to localcloud/services/<service>/lookups.py"
    )
