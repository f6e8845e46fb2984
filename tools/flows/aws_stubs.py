"""Stubs through which mypy reads only the modules of pulumi-aws that the sources name.

The package imports 3,000 modules for a type checker, and a first run of mypy spends more than half its time in them. A partial
stub package (PEP 561) stands before it: its `__init__.pyi` files re-export the names that are used, each from its genuine module.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from tools.engine.aws_parts import PACKAGE, modules_of

# `aws.ec2.Vpc`, `aws.ec2.get_ami_output`, `aws.Provider`.
_NAME: Final = re.compile(r"\baws\.(?:([a-z0-9]+)\.)?([A-Za-z]\w*)")


def write_stubs(sources: Iterable[Path], folder: Path) -> None:
    """Writes `pulumi_aws-stubs` into `folder` for all that the Python sources under these folders name. A file is only touched
    when it changes, so that mypy's cache stays good."""
    genuine = _genuine()
    used: dict[str, set[str]] = {"": set()}
    for source in (path for root in sources for path in sorted(root.rglob("*.py"))):
        for service, name in _NAME.findall(source.read_text(encoding="utf-8")):
            used.setdefault(service, set()).add(name)
    services = sorted(service for service in used if service and (genuine / service).is_dir())
    stubs = folder / f"{PACKAGE}-stubs"
    _write(stubs / "py.typed", "partial\n")
    top = [f"from {PACKAGE} import {service} as {service}\n" for service in services]
    _write(stubs / "__init__.pyi", "".join(top + _lines(genuine, PACKAGE, used[""])))
    for service in services:
        _write(stubs / service / "__init__.pyi", "".join(_lines(genuine / service, f"{PACKAGE}.{service}", used[service])))


def _lines(folder: Path, package: str, names: set[str]) -> list[str]:
    """The re-exports of names from the modules of one package; a name that no module defines is left for mypy to tell."""
    found = ((name, _defined_in(folder, name)) for name in sorted(names))
    return [f"from {package}.{module} import {name} as {name}\n" for name, module in found if module]


def _defined_in(folder: Path, name: str) -> str:
    candidates = (module for module in modules_of(name) if (folder / f"{module}.py").is_file())
    return next((module for module in candidates if name in _definitions(folder / f"{module}.py")), "")


@cache
def _definitions(path: Path) -> frozenset[str]:
    """The classes and functions at the top level of a module, the overloaded ones among them."""
    return frozenset(re.findall(r"^(?:class|def) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))


def _genuine() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _write(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
