"""The rows, one module a service. A new type is a `Resource` in its service's `ROWS`, and nothing else."""

from __future__ import annotations

import functools
import importlib
import pkgutil

from tools.localcloud.aws.spec import Resource


@functools.cache
def all_rows() -> dict[str, Resource]:
    """Every row by its token. Raises ValueError when two rows claim one type."""
    rows: dict[str, Resource] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("_"):
            continue
        for row in importlib.import_module(f"{__name__}.{module.name}").ROWS:
            if row.type in rows:
                raise ValueError(f"{row.type} has two rows; keep one (the second is in rows/{module.name}.py)")
            rows[row.type] = row
    return rows
