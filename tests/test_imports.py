"""Who may import whom (DESIGN.md, Rooms), read from the source with `ast`: nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("catalog", "infra", "workloads", "policies", "localcloud", "tools")
# Room -> what of ours it may import besides itself. The longest prefix of a file's module decides.
ARROWS: dict[str, tuple[str, ...]] = {
    "catalog": (),
    "infra": ("catalog",),
    "workloads": (),
    "policies": ("tools.plan", "catalog"),
    "tools.plan": (),
    "tools.cost": ("tools.plan", "catalog"),
    "tools.report": ("tools.plan", "catalog"),
    "tools.preflight": ("tools.plan", "catalog"),
    "tools.models": ("tools.plan",),
    # The roles that make the platform are written over the same names and with the same helpers as the platform's own.
    "tools.bootstrap": ("infra", "catalog"),
    "tools.jobs": ("tools.plan", "tools.cost"),
    # Hyperparameters are held against the workload's own settings before any job is paid for; they import no PyTorch.
    "tools.tuning": ("tools.jobs", "tools.plan", "workloads.catalog"),
    "localcloud": ("catalog",),
    "tools.images": ("tools.plan",),
    # The engine asks the daemon for its address, and the daemon nothing of the engine.
    "tools.engine": ("infra", "catalog", "tools.plan", "localcloud"),
    "tools.cli": ("tools", "catalog", "infra", "localcloud", "policies", "workloads.catalog"),
}
# Room -> libraries that it must do without, and why.
WITHOUT: dict[str, tuple[tuple[str, ...], str]] = {
    "workloads": (
        ("pulumi", "pulumi_aws", "typer", "pydantic", "moto"),
        "a container holds only what training and serving need",
    ),
    "policies": (("pulumi_aws", "boto3", "torch"), "rules judge plans, they ask no cloud"),
    "tools.cost": (("pulumi", "pulumi_aws", "boto3"), "prices are tables"),
    "tools.plan": (("pulumi", "pulumi_aws"), "a plan is data"),
    "infra": (("torch", "moto", "requests"), "what is declared runs nothing and asks nothing"),
}
# Modules in these folders lie on sys.path when the folder is run as a program, and would hide the standard library's.
PROGRAMS = ("infra", "policies")
SHADOWING = ("types", "secrets", "logging", "queue", "platform", "json", "ast", "enum", "typing", "select", "signal", "token")


def sources(room: str) -> list[Path]:
    return [path for path in sorted((ROOT / room).rglob("*.py")) if "__pycache__" not in path.parts]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path: Path) -> Iterator[str]:
    """The modules that a file imports, also inside functions; relative ones made absolute."""
    module, package = module_of(path), path.name == "__init__.py"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                parts = module.split(".")[: None if package and node.level == 1 else -(node.level - package) or None]
                yield ".".join([*parts, node.module or ""]).rstrip(".")
            elif node.module:
                # `from tools import plan` imports tools.plan, as `from tools.plan import view` does.
                rooms = node.module in ROOMS
                yield from (f"{node.module}.{alias.name}" if rooms else node.module for alias in node.names)


def within(module: str, room: str) -> bool:
    return module == room or module.startswith(room + ".")


def room_of(module: str) -> str | None:
    return max((room for room in ARROWS if within(module, room)), key=len, default=None)


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_imports_from_a_room_that_it_may_not(room: str) -> None:
    wrong = []
    for path in sources(room):
        home = room_of(module_of(path))
        allowed = (home, *ARROWS[home]) if home else ROOMS
        for imported in imports_of(path):
            if imported.split(".")[0] in ROOMS and not any(within(imported, one) for one in allowed):
                may = ", ".join(ARROWS[home or ""]) if home else "any"
                wrong.append(f"{path.relative_to(ROOT)} imports {imported}; {home} may import {may or 'only itself'}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", WITHOUT)
def test_a_room_does_without_what_it_has_no_business_with(room: str) -> None:
    libraries, why = WITHOUT[room]
    wrong = [
        f"{path.relative_to(ROOT)} imports {imported}"
        for path in sources(room.replace(".", "/"))
        for imported in imports_of(path)
        if imported.split(".")[0] in libraries
    ]
    assert not wrong, f"{why}:\n" + "\n".join(wrong)


def test_tools_that_are_no_room_of_their_own_are_named_here() -> None:
    folders = {f"tools.{path.name}" for path in (ROOT / "tools").iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert folders <= set(ARROWS), "give the new room its arrows above"


def test_only_settings_touch_the_engines_configuration() -> None:
    wrong = []
    for path in sources("infra"):
        if path == ROOT / "infra" / "stack_file.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and (node.value.id, node.attr) == ("pulumi", "Config")
            ):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
            if (
                isinstance(node, ast.ImportFrom)
                and node.module == "pulumi"
                and any(alias.name == "Config" for alias in node.names)
            ):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not wrong, "read it in infra/stack_file.py, typed and with its default"


def test_pure_modules_of_components_import_no_pulumi() -> None:
    pure = [path for path in sources("infra") if path.name in ("decide.py", "rights.py")]
    assert pure
    for path in pure:
        found = [imported for imported in imports_of(path) if imported.split(".")[0].startswith("pulumi")]
        assert not found, f"{path.relative_to(ROOT)} decides; it does not declare"


@pytest.mark.parametrize("folder", PROGRAMS)
def test_no_module_of_a_program_hides_the_standard_librarys(folder: str) -> None:
    names = {path.stem for path in (ROOT / folder).iterdir()}
    assert not names.intersection(SHADOWING)


def test_every_folder_with_code_is_a_package() -> None:
    bare = {
        str(path.parent.relative_to(ROOT))
        for room in ROOMS
        for path in sources(room)
        if not (path.parent / "__init__.py").exists() and path.parent.name != "images"
    }
    assert not bare, "add an __init__.py"
