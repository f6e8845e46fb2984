"""What the services' folders hold: rows in `rows*.py`, look-ups in `lookups*.py`, additions to moto in `beside_moto.py`."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import localcloud.services as services
from localcloud.kernel import backend
from localcloud.kernel.documented import Refusals
from localcloud.kernel.front import Front
from localcloud.kernel.gate import Gate
from localcloud.kernel.lists import Lists
from localcloud.kernel.lookup import Lookup
from localcloud.kernel.recorded import Addition
from localcloud.kernel.recorder import Recorder
from localcloud.kernel.spec import Resource
from localcloud.kernel.verdicts import Verdicts
from localcloud.services.conduct import CONDUCT, NAMED_OTHERWISE
from localcloud.services.sagemaker import search
from localcloud.services.sagemaker.middleware import Middleware as SageMaker


@functools.cache
def all_rows() -> dict[str, Resource]:
    """Every row by its token. Raises ValueError when two rows claim one type."""
    rows: dict[str, Resource] = {}
    for module in _modules("rows"):
        for row in module.ROWS:
            if row.type in rows:
                raise ValueError(f"{row.type} has two rows; keep one (the second is in {module.__name__})")
            rows[row.type] = row
    return rows


@functools.cache
def all_lookups() -> dict[str, Lookup]:
    """Every look-up by its token. Raises ValueError when two claim one function."""
    lookups: dict[str, Lookup] = {}
    for module in _modules("lookups"):
        for lookup in module.LOOKUPS:
            if lookup.function in lookups:
                raise ValueError(f"{lookup.function} has two look-ups; keep one (the second is in {module.__name__})")
            lookups[lookup.function] = lookup
    return lookups


@functools.cache
def additions() -> tuple[Addition, ...]:
    """What each service adds to moto."""
    return tuple(module.ADDITION for module in _modules("beside_moto"))


def emulated_aws() -> Recorder:
    """AWS as it is emulated in this process: moto, mended, behind what the services add to it."""
    for addition in additions():
        for patch in addition.patches:
            patch()
    return Recorder(backend.moto_application(), additions())


def gated(app: backend.Application, recorder: Recorder) -> Gate:
    """`app`, behind what AWS refuses by its models, its documented limits and the relations of values."""
    return Gate(app, recorder.store, refusals())


@functools.cache
def refusals() -> Refusals:
    """What each service refuses besides its model, by operation."""
    return {
        (module.SERVICE, operation): refuse for module in _modules("refusals") for operation, refuse in module.REFUSALS.items()
    }


@functools.cache
def planned_refusals() -> Refusals:
    """Of `refusals` those that look at the request alone, so that a preview can be judged by them."""
    return {
        (module.SERVICE, operation): refuse
        for module in _modules("refusals")
        for operation, refuse in getattr(module, "PLAN", {}).items()
    }


def fronted(app: SageMaker, recorder: Recorder) -> Front:
    """`app` with its lists as AWS gives them, behind what AWS refuses, behind the front that knows what is done and kept."""
    verdicts = Verdicts(CONDUCT, NAMED_OTHERWISE, app.operations, recorder.operations)
    return Front(gated(listed(app), recorder), verdicts)


def listed(app: backend.Application) -> Lists:
    """`app` with its lists selected, sorted and in pages."""
    return Lists(app, {("sagemaker", "Search"): (search.PARAMETERS, search.search)})


def _modules(prefix: str) -> Iterator[ModuleType]:
    """The modules of the services' folders whose names begin with `prefix`."""
    for service in pkgutil.iter_modules(services.__path__, f"{services.__name__}."):
        if service.ispkg:
            for module in pkgutil.iter_modules(importlib.import_module(service.name).__path__, f"{service.name}."):
                if module.name.rpartition(".")[2].startswith(prefix):
                    yield importlib.import_module(module.name)
