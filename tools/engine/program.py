"""The program that the engine runs inline: ours, imported while the engine is still starting."""

from __future__ import annotations

import threading
from typing import Any

_warming: threading.Thread | None = None


def program() -> Any:
    """Declares the platform. Runs inside the engine's language server, so its imports wait for no one."""
    from infra.program import program as declare

    return declare()


def warm() -> None:
    """Begins to import the program in the background: seconds that would else be spent while the engine waits for it."""
    global _warming
    if _warming is None:
        _warming = threading.Thread(target=_import, daemon=True, name="import of the program")
        _warming.start()


def _import() -> None:
    try:
        import infra.program  # noqa: F401
    except Exception:
        # Said properly, and with its traceback in the log, when the engine runs the program.
        return
