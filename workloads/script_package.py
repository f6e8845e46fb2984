"""What a submitted folder says about itself as a Python package: where its modules lie and what they need.

The toolkit runs `pip install .` for a folder with a setup.py. Here the folders that hold its packages go on PYTHONPATH instead,
so that a job starts at once and nothing is built; what the package needs is installed like the lines of a requirements.txt.
"""

from __future__ import annotations

import ast
import configparser
import contextlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

# Any of these makes a folder a package.
DECLARATIONS: Final = ("setup.py", "pyproject.toml", "setup.cfg")
_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+!_-]*")
_FINDERS: Final = frozenset({"find_packages", "find_namespace_packages"})


def is_package(folder: Path) -> bool:
    return any((folder / name).is_file() for name in DECLARATIONS)


def source_roots(folder: Path) -> list[Path]:
    """The folders to import from, the submitted one first: those that the package names, and `src` where there is one."""
    named = [*_roots_of_setup(folder), *_roots_of_project(folder), *_roots_of_config(folder), "src"] if is_package(folder) else []
    inside = [folder, *(folder / name for name in named)]
    whole = folder.resolve()
    return list(dict.fromkeys(path for path in inside if path.is_dir() and path.resolve().is_relative_to(whole)))


def requirements(folder: Path) -> list[str]:
    """What the package says it needs to run, each as a line of a requirements.txt."""
    project = _project(folder).get("project", {}).get("dependencies", [])
    config = _config(folder).get("options", "install_requires", fallback="").splitlines()
    lines = [*_texts(project), *config, *_setup_requirements(folder)]
    return list(dict.fromkeys(line.strip() for line in lines if line.strip()))


def describe(folder: Path, target: Path) -> None:
    """Leave in `target` what `importlib.metadata` reads of an installed package: many ask it for their own version."""
    project, config = _project(folder).get("project", {}), _config(folder)
    setup = {word.arg: _text(word.value) for call in _calls(folder) if _name(call) == "setup" for word in call.keywords}
    name = project.get("name") or setup.get("name") or config.get("metadata", "name", fallback="")
    version = project.get("version") or setup.get("version") or config.get("metadata", "version", fallback="")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return
    version = version if isinstance(version, str) and _VERSION.fullmatch(version) else "0.0.0"
    place = target / f"{re.sub(r'[-_.]+', '_', name)}-{version}.dist-info"
    place.mkdir(parents=True, exist_ok=True)
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")


def module_file(name: str, roots: list[Path]) -> Path | None:
    """The file that `python -m name` would run from these folders; None where there is none."""
    if not all(part.isidentifier() for part in name.split(".")):
        return None
    place = Path(*name.split("."))
    for root in roots:
        for path in (root / place / "__main__.py", root / place.with_suffix(".py")):
            if path.is_file():
                return path
    return None


def _roots_of_setup(folder: Path) -> Iterator[str]:
    for call in _calls(folder):
        values: list[ast.expr] = []
        if _name(call) in _FINDERS:
            values = [*call.args[:1], *(word.value for word in call.keywords if word.arg == "where")]
        elif _name(call) == "setup":
            found = next((word.value for word in call.keywords if word.arg == "package_dir"), None)
            if isinstance(found, ast.Dict):
                values = [value for key, value in zip(found.keys, found.values, strict=True) if _text(key) == ""]
        yield from (text for value in values if (text := _text(value)))


def _roots_of_project(folder: Path) -> Iterator[str]:
    tools = _project(folder).get("tool", {})
    setuptools = tools.get("setuptools", {})
    yield from _texts([setuptools.get("package-dir", {}).get("")])
    packages = setuptools.get("packages", {})
    if isinstance(packages, Mapping):
        yield from _texts(packages.get("find", {}).get("where", []))
    yield from _texts([row.get("from") for row in tools.get("poetry", {}).get("packages", []) if isinstance(row, Mapping)])
    wheel = tools.get("hatch", {}).get("build", {}).get("targets", {}).get("wheel", {})
    yield from (str(Path(text).parent) for text in _texts(wheel.get("packages", [])))


def _roots_of_config(folder: Path) -> Iterator[str]:
    config = _config(folder)
    for line in config.get("options", "package_dir", fallback="").splitlines():
        name, equals, where = line.partition("=")
        if equals and not name.strip():
            yield where.strip()
    if where := config.get("options.packages.find", "where", fallback="").strip():
        yield where


def _setup_requirements(folder: Path) -> Iterator[str]:
    for call in _calls(folder):
        if _name(call) == "setup":
            for word in call.keywords:
                if word.arg == "install_requires" and isinstance(word.value, ast.List | ast.Tuple):
                    yield from (text for value in word.value.elts if (text := _text(value)))


def _calls(folder: Path) -> Iterator[ast.Call]:
    """The calls in setup.py, read and not run: only what stands there as text is known."""
    with contextlib.suppress(OSError, SyntaxError, ValueError):
        tree = ast.parse((folder / "setup.py").read_bytes())
        yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    function = call.func
    return function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""


def _text(value: ast.expr | None) -> str | None:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _texts(values: Any) -> list[str]:
    values = [values] if isinstance(values, str) else values
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _project(folder: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _config(folder: Path) -> configparser.ConfigParser:
    config = configparser.ConfigParser(interpolation=None)
    with contextlib.suppress(OSError, configparser.Error, ValueError):
        config.read(folder / "setup.cfg", encoding="utf-8")
    return config
