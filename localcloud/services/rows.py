"""Every row of every service: a new type is a `Resource` in the `ROWS` of its service's folder, and nothing else."""

from __future__ import annotations

import functools
import importlib
import pkgutil

import localcloud.services as services
from localcloud.kernel.spec import Resource


@functools.cache
def all_rows() -> dict[str, Resource]:
    """Every row by its token. Raises ValueError when two rows claim one type."""
    rows: dict[str, Resource] = {}
    for service in pkgutil.iter_modules(services.__path__, f"{services.__name__}."):
        if not service.ispkg:
            continue
        for module in pkgutil.iter_modules(importlib.import_module(service.name).__path__, f"{service.name}."):
            if not module.name.rpartition(".")[2].startswith("rows"):
                continue
            for row in importlib.import_module(module.name).ROWS:
                if row.type in rows:
                    raise ValueError(f"{row.type} has two rows; keep one (the second is in {module.name})")
                rows[row.type] = row
    return rows
