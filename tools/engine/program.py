"""The Pulumi program that the engine runs inline. Its imports take place in the background while the engine starts."""

from __future__ import annotations

import importlib
import re
import threading
from pathlib import Path
from typing import Any, Final

from tools.engine.aws_parts import use_parts
from tools.engine.home import REPOSITORY

_RESOURCE: Final = re.compile(r"\baws\.([a-z0-9]+)\.([A-Z]\w*)")
_warming: threading.Thread | None = None


def program() -> Any:
    """Declares the platform. Runs in a thread of the engine's language server."""
    if _warming is not None:
        # Python's lazy loader (pulumi_aws is full of it) is not safe for two threads at once before 3.12.
        _warming.join()
    from infra.program import program as declare

    return declare()


def warm() -> None:
    """Starts to import the program in the background, so that the engine need not wait seconds for it."""
    global _warming
    if _warming is None:
        _warming = threading.Thread(target=_import, daemon=True, name="import of the program")
        _warming.start()


def services(folder: Path) -> dict[str, str]:
    """The pulumi_aws services that the sources in `folder` name (`aws.ec2.Vpc` is ec2), each with one of its resources."""
    return dict(resources(folder))


def resources(folder: Path) -> list[tuple[str, str]]:
    """The (service, name) pairs of pulumi_aws that the sources in `folder` name: resources, their arguments, functions."""
    return sorted({pair for path in folder.rglob("*.py") for pair in _RESOURCE.findall(path.read_text(encoding="utf-8"))})


def _import() -> None:
    try:
        used = resources(REPOSITORY / "infra")
        use_parts(service for service, _ in used)
        importlib.import_module("infra.program")
        aws = importlib.import_module("pulumi_aws")
        for service, resource in used:
            # pulumi_aws loads a service lazily, at the first access to one of its names.
            getattr(getattr(aws, service), resource)
    except Exception:
        # The same import fails again when the engine runs the program, where the fault is reported with its traceback.
        return
