"""Imports only the parts of pulumi-aws that a program uses: a service's package imports all its resources, ec2 alone 182 modules.

`ServicePart` stands in for a service's package and imports a module when a name of it is first used. A name that no module has
makes it import the whole genuine package, so everything in pulumi-aws stays available. These imports were a quarter of a
preview's CPU time.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Final

PACKAGE: Final = "pulumi_aws"
# The places in a class's name where a new word begins: `Vpc|Endpoint`.
_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class ServicePart(ModuleType):
    """Stands in for the package of one service."""

    def __init__(self, service: str, folder: Path) -> None:
        super().__init__(f"{PACKAGE}.{service}")
        self.__path__ = [str(folder)]
        self.__package__ = self.__name__
        self.__spec__ = ModuleSpec(self.__name__, None, is_package=True)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        for module in modules_of(name):
            if (Path(self.__path__[0]) / f"{module}.py").is_file():
                found = importlib.import_module(f"{self.__name__}.{module}")
                if hasattr(found, name) or name == module:
                    return getattr(found, name, found)
        self._become_whole()
        return self.__dict__[name] if name in self.__dict__ else super().__getattribute__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        # Python's import sets a submodule as an attribute of its package. Where the submodule has a function of the same name,
        # the genuine package offers the function, and so does this one.
        super().__setattr__(name, getattr(value, name, value) if isinstance(value, ModuleType) else value)

    def _become_whole(self) -> None:
        """Runs the genuine package's `__init__` in this module, which imports all of the service."""
        folder = self.__path__[0]
        spec = importlib.util.spec_from_file_location(self.__name__, f"{folder}/__init__.py", submodule_search_locations=[folder])
        assert spec is not None
        assert spec.loader is not None
        spec.loader.exec_module(self)


def use_parts(services: Iterable[str]) -> None:
    """Puts a stand-in before each service's package. Does nothing for a service that is imported already."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None or PACKAGE in sys.modules:
        return
    for service in services:
        folder = Path(found.origin).parent / service
        if folder.is_dir() and f"{PACKAGE}.{service}" not in sys.modules:
            sys.modules[f"{PACKAGE}.{service}"] = ServicePart(service, folder)


def modules_of(name: str) -> Iterator[str]:
    """The modules of a service that may define `name`, the likeliest first."""
    words = _WORD.sub("_", name).lower()
    yield words
    yield words.removesuffix("_args").removesuffix("_output")
    yield "_inputs"
    yield "_enums"
