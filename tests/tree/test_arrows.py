"""Who may import whom (DESIGN, "Rooms"), and that no import runs in a circle. Part of `./slipway lint`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from tests.tree.code import ROOMS, ROOT, Source, imports_of, modules, sources, within

# Room -> what of ours it may import besides itself. The longest prefix of a file's module decides.
ARROWS: Final[Mapping[str, tuple[str, ...]]] = {
    "catalog": (),
    "infra": ("catalog",),
    # The provider of a training job runs a job, so it uses what runs jobs (ADR 0013). The rest of infra does without. A job's
    # hyperparameters are held against the workloads' own settings, which import no PyTorch (ADR 0015).
    "infra.training": ("infra", "catalog", "tools.jobs", "workloads.catalog"),
    # The rules that a stack file names are held against the pack (ADR 0015).
    "infra.registry": ("infra", "catalog", "workloads.catalog"),
    "infra.governance": ("infra", "catalog", "policies"),
    "workloads": (),
    "policies": ("tools.plan", "catalog"),
    "tools.plan": ("catalog",),
    "tools.cost": ("tools.plan", "catalog"),
    "tools.report": ("tools.plan", "catalog"),
    "tools.preflight": ("tools.plan", "catalog"),
    # A model is registered from the run that left it, and evaluated by a run.
    "tools.models": ("tools.jobs", "tools.plan", "catalog"),
    # The roles that make the platform are written over the same names and with the same helpers as the platform's own.
    "tools.bootstrap": ("infra", "catalog"),
    "tools.jobs": ("tools.plan", "tools.cost", "catalog"),
    # A runner knows its API and what every runner is asked: no stack, no price, no policy.
    "tools.jobs.runners": ("tools.jobs.clients", "tools.jobs.runner", "tools.jobs.spec", "tools.jobs.view", "catalog"),
    # Hyperparameters are held against the workload's own settings before any job is paid for; they import no PyTorch.
    "tools.tuning": ("tools.jobs", "tools.plan", "workloads.catalog", "catalog"),
    "localcloud": ("catalog",),
    "tools.images": ("tools.plan", "catalog", "workloads.catalog"),
    # The engine asks the daemon for its address, and the daemon nothing of the engine.
    "tools.engine": ("infra", "catalog", "tools.plan", "localcloud"),
    # What a verb does is of use without a command line, so it knows none.
    "tools.flows": (
        *("catalog", "infra", "localcloud", "policies", "workloads.catalog"),
        *("tools.plan", "tools.engine", "tools.cost", "tools.preflight", "tools.report"),
        *("tools.jobs", "tools.models", "tools.tuning", "tools.bootstrap", "tools.images"),
    ),
    "tools.cli": ("tools", "catalog", "infra", "localcloud", "policies", "workloads.catalog"),
}
# Room -> libraries that it must do without, and why.
WITHOUT: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "catalog": (("pulumi", "pulumi_aws", "boto3", "torch"), "the catalog is data"),
    "workloads": (
        ("pulumi", "pulumi_aws", "typer", "pydantic", "moto"),
        "a container holds only what training and serving need",
    ),
    "policies": (("pulumi_aws", "boto3", "torch"), "rules judge plans, they ask no cloud"),
    "tools.cost": (("pulumi", "pulumi_aws", "boto3"), "prices are tables"),
    "tools.plan": (("pulumi", "pulumi_aws"), "a plan is data"),
    "tools.flows": (("typer", "rich"), "a flow returns what it found; the command line shows it"),
    "infra": (("torch", "moto", "requests"), "what is declared runs nothing and asks nothing"),
    "tools.jobs": (
        ("pulumi", "pulumi_aws", "moto", "torch", "typer", "rich"),
        "the provider of a training job imports it at every up",
    ),
}
# Room -> what may name its files by their path, and why: everything else imports.
PATHS: Final[Mapping[str, str]] = {
    "infra/lake/datasets.py": "the data sets are files that the stack uploads",
    "infra/registry/source_digest.py": "an image's tag is a digest of the files",
    "tools/images": "images are built from files",
    "tools/cli/ask.py": "the test set is a file",
    "tools/cli/bytecode.py": "files are compiled",
    "tools/engine/program.py": "the services that the program uses are read from its source, before it is imported",
}
# Modules in these folders lie on sys.path when the folder is run as a program, and would hide the standard library's.
PROGRAMS: Final = ("infra", "policies")
SHADOWING: Final = (
    "types",
    "secrets",
    "logging",
    "queue",
    "platform",
    "json",
    "ast",
    "enum",
    "typing",
    "select",
    "signal",
    "token",
)

each_room = pytest.mark.parametrize("room", ROOMS)


def room_of(module: str) -> str | None:
    return max((room for room in ARROWS if within(module, room)), key=len, default=None)


@each_room
def test_no_file_imports_from_a_room_that_it_may_not(room: str) -> None:
    wrong = []
    for source in sources(room):
        home = room_of(source.module)
        allowed = (home, *ARROWS[home]) if home else ROOMS
        for imported in imports_of(source):
            if imported.module.split(".")[0] in ROOMS and not any(within(imported.module, one) for one in allowed):
                may = ", ".join(ARROWS[home or ""]) if home else "any"
                wrong.append(
                    f"{source.place}:{imported.line} imports {imported.module}; {home} may import {may or 'only itself'}"
                )
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", WITHOUT)
def test_a_room_does_without_what_it_has_no_business_with(room: str) -> None:
    libraries, why = WITHOUT[room]
    wrong = [
        f"{source.place}:{imported.line} imports {imported.module}"
        for source in sources(room.replace(".", "/"))
        for imported in imports_of(source)
        if imported.module.split(".")[0] in libraries
    ]
    assert not wrong, f"{why}:\n" + "\n".join(wrong)


def test_tools_that_are_no_room_of_their_own_are_named_here() -> None:
    folders = {f"tools.{path.name}" for path in (ROOT / "tools").iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert folders <= set(ARROWS), "give the new room its arrows above"


def test_no_import_runs_in_a_circle() -> None:
    graph = {source.module: _imported(source) for room in ROOMS for source in sources(room)}
    circles = [" <-> ".join(sorted(circle)) for circle in circles_of(graph)]
    assert not circles, "\n".join(circles)


def _imported(source: Source) -> frozenset[str]:
    """The modules of ours that a file imports; a package that holds the file itself is no arrow."""
    found = {imported.module for imported in imports_of(source) if imported.module in modules()}
    return frozenset(module for module in found if not within(source.module, module))


def circles_of(graph: Mapping[str, frozenset[str]]) -> Iterator[list[str]]:
    """The groups of two or more modules that reach each other (Tarjan's strongly connected components, without recursion)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    for root in graph:
        work = [(root, iter(sorted(graph[root])))] if root not in number else []
        while work:
            node, rest = work[-1]
            if node not in number:
                number[node] = lowest[node] = len(number)
                stack.append(node)
            for other in rest:
                if other not in number:
                    work.append((other, iter(sorted(graph.get(other, ())))))
                    break
                if other in stack:
                    lowest[node] = min(lowest[node], number[other])
            else:
                work.pop()
                if work:
                    above = work[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                if lowest[node] == number[node]:
                    group = stack[stack.index(node) :]
                    del stack[stack.index(node) :]
                    if len(group) > 1:
                        yield group


def test_a_circle_would_be_found() -> None:
    graph = {"a": frozenset("b"), "b": frozenset("c"), "c": frozenset("bd"), "d": frozenset[str]()}
    assert [sorted(circle) for circle in circles_of(graph)] == [["b", "c"]]


@pytest.mark.parametrize("folder", [*ROOMS, "benchmarks"])
def test_imports_are_from_the_repositorys_root(folder: str) -> None:
    wrong = [f"{source.place}:{found.line}" for source in sources(folder) for found in imports_of(source) if found.relative]
    assert not wrong


@each_room
def test_no_file_reaches_into_another_room_by_a_path(room: str) -> None:
    wrong = [
        f"{source.place}:{line} names {path}"
        for source in sources(room)
        if not any(source.place == one or source.place.startswith(one + "/") for one in PATHS)
        for line, path in paths_of(source)
        if path.split("/")[0] != room
    ]
    assert not wrong, "import it, or say above why it must be a path:\n" + "\n".join(wrong)


def paths_of(source: Source) -> Iterator[tuple[int, str]]:
    """(line, path) of a `Path` joined with the name of a room: `ROOT / "workloads" / "data"`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and isinstance(node.right, ast.Constant):
            text = node.right.value
            if isinstance(text, str) and text.split("/")[0] in ROOMS:
                yield node.lineno, text


def test_only_the_stack_files_entrance_touches_the_engines_configuration() -> None:
    wrong = []
    for source in sources("infra"):
        if source.place == "infra/stack_file.py":
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "pulumi.Config":
                wrong.append(f"{source.place}:{node.lineno}")
            if isinstance(node, ast.ImportFrom) and node.module == "pulumi" and any(one.name == "Config" for one in node.names):
                wrong.append(f"{source.place}:{node.lineno}")
    assert not wrong, "read it in infra/stack_file.py, typed and with its default"


def test_what_decides_declares_nothing() -> None:
    pure = [source for source in sources("infra") if source.path.name in ("decide.py", "rights.py")]
    assert pure
    wrong = [source.place for source in pure for found in imports_of(source) if found.module.split(".")[0].startswith("pulumi")]
    assert not wrong


@pytest.mark.parametrize("folder", PROGRAMS)
def test_no_module_of_a_program_hides_the_standard_librarys(folder: str) -> None:
    names = {path.stem for path in (ROOT / folder).iterdir()}
    assert not names.intersection(SHADOWING)


def test_every_folder_with_code_is_a_package() -> None:
    bare = {
        str(source.path.parent.relative_to(ROOT))
        for room in ROOMS
        for source in sources(room)
        if not (source.path.parent / "__init__.py").exists() and source.path.parent.name != "images"
    }
    assert not bare
