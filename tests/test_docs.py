"""Documentation that cannot rot: every command parses, every path and anchor exists, every quoted row is the one in the code."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from tools.cli.app import VERBS, joined, load

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("catalog", "infra", "localcloud", "workloads", "policies", "tools", "tests", "docs", "requirements", "benchmarks")
DECISIONS = ROOT / "docs" / "adr"
# Made at run time, so described and not committed.
MADE = (".venv", ".slipway")

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<body>.*?)^(?P=indent)```", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"<!-- (?P<kind>check|from|output): (?P<value>[^>]+?) -->\n")
_COMMAND = re.compile(r"\./slipway((?: +(?!\|)[^\s`|;&)>#]+)*)")
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


def walk(suffix: str = "") -> Iterator[Path]:
    """The files that are or could be committed: what git lists, else all outside hidden folders (an archive has no git)."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=False
    )
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        found = []
        for folder, folders, files in os.walk(ROOT):
            folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
            found += [Path(folder, name) for name in files]
    yield from sorted(path for path in found if path.name.endswith(suffix) and path.is_file())


MARKDOWN = list(walk(".md"))
each_page = pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: str(page.relative_to(ROOT)))


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def fences(text: str) -> list[tuple[str, str]]:
    """(language, body) of every fenced block."""
    return [(match["language"], match["body"]) for match in _FENCE.finditer(text)]


def marked(text: str, kind: str) -> list[tuple[str, str, str]]:
    """(value of the mark, language, body) of every fenced block that follows a mark of this kind."""
    found = []
    for mark in _MARK.finditer(text):
        if mark["kind"] == kind:
            fence = _FENCE.match(text, mark.end())
            assert fence, f"the mark {mark[0].strip()} is followed by no fenced block"
            found.append((mark["value"], fence["language"], fence["body"]))
    return found


def prose_of(text: str) -> str:
    """The text without its fenced blocks."""
    return _FENCE.sub("", text)


def commands(text: str) -> list[list[str]]:
    """The arguments of every `./slipway ...` in shell blocks and inline code; `[STACK]` and `COMMAND` stand for a value."""
    # A result shown (`text`) may name a command with a placeholder of its own, so only what a reader types is taken.
    typed = [body for language, body in fences(text) if language in ("sh", "bash", "console")]
    typed += _CODE.findall(prose_of(text))
    found = []
    for piece in typed:
        for match in _COMMAND.finditer(piece):
            words = shlex.split(match[1].replace('"', ""))
            found.append([word for word in words if word not in ("[STACK]", "COMMAND", "STACK")])
    return found


def fault_of(arguments: list[str]) -> str:
    """What the real command line says against these arguments; "" when it takes them. Nothing is run."""
    if not arguments:
        return ""
    arguments = joined(arguments)
    verb = next((verb for verb in VERBS if verb.name == arguments[0]), None)
    if verb is None:
        return f"there is no verb {arguments[0]}"
    command: Any = load(verb)
    rest = arguments[1:]
    if verb.group:
        if not rest:
            return ""
        if rest[0] not in command.commands:
            return f"{verb.name} has no command {rest[0]}"
        command, rest = command.commands[rest[0]], rest[1:]
    if "--help" in rest:
        return ""
    try:
        context = command.make_context(verb.name, list(rest))
    except Exception as refused:  # whichever click typer carries
        return str(getattr(refused, "message", refused))
    stack = context.params.get("stack")
    return "" if stack is None or (ROOT / f"Pulumi.{stack}.yaml").exists() else f"there is no stack {stack}"


@each_page
def test_every_command_on_a_page_is_one_that_the_command_line_takes(page: Path) -> None:
    faults = {" ".join(["./slipway", *arguments]): fault_of(arguments) for arguments in commands(text_of(page))}
    assert {command: fault for command, fault in faults.items() if fault} == {}


def test_a_wrong_command_would_be_found() -> None:
    block = '```sh\n./slipway preview nowhere  # x\n./slipway cost --color | less\neval "$(./slipway local envy)"\n```'
    assert [bool(fault_of(arguments)) for arguments in commands(f"{block}\n`./slipway pre --local`")] == [True] * 4
    right = "`./slipway check --list` or `./slipway test --unit tests -k x`"
    assert [fault_of(arguments) for arguments in commands(right)] == ["", ""]


def test_the_readme_lists_every_verb_and_no_other() -> None:
    rows = re.findall(r"^\| `\./slipway ([a-z]+(?: [a-z]+)?)", text_of(ROOT / "README.md"), re.MULTILINE)
    names = [verb.name for verb in VERBS]
    assert [row if row in names else row.partition(" ")[0] for row in rows] == names


def test_every_variable_that_the_code_reads_is_on_a_page_and_no_other() -> None:
    rooms = [path for room in ROOMS[:6] for path in (ROOT / room).rglob("*.py")] + [ROOT / "slipway"]
    read = {name for path in rooms for name in re.findall(r"\bSLIPWAY_[A-Z_]*[A-Z]\b", text_of(path))}
    told = {name for page in MARKDOWN for name in re.findall(r"\bSLIPWAY_[A-Z_]*[A-Z]\b", text_of(page))}
    assert told == read


def anchors(text: str) -> set[str]:
    """The anchors that a forge makes of the headings."""
    headings = re.findall(r"^#+ +(.+?)\s*$", prose_of(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    wrong = []
    for match in _LINK.finditer(prose_of(text_of(page))):
        path, _, anchor = match["target"].partition("#")
        if "://" in path or path.startswith("mailto:"):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or not target.is_relative_to(ROOT):
            wrong.append(f"{match['target']}: no such file")
        elif anchor and anchor not in anchors(text_of(target)):
            wrong.append(f"{match['target']}: no such heading")
    assert not wrong


def named_paths(text: str) -> Iterator[str]:
    """Paths of this repository in inline code and in what a reader types, without placeholders."""
    pieces = _CODE.findall(prose_of(text)) + [body for language, body in fences(text) if language in ("sh", "bash")]
    for piece in pieces:
        for word in re.split(r"[\s\"'=(),;]+", piece):
            bare = word.removeprefix("./")
            known = bare.split("/")[0] in ROOMS and "/" in bare
            if (known or re.fullmatch(r"Pulumi\.\w+\.yaml|Pulumi\.yaml", bare)) and not re.search(r"[<>$\[{…:]", bare):
                yield bare


@each_page
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    missing = [path for path in named_paths(text_of(page)) if not any(ROOT.glob(path.rstrip("/"))) and not is_output(path)]
    assert not missing


def is_output(path: str) -> bool:
    """What a command on a page writes may not be there yet."""
    return path.split("/")[0] in MADE


@each_page
def test_every_module_that_a_page_runs_exists(page: Path) -> None:
    runs = re.findall(r"python -m ([\w.]*\w)", text_of(page))
    missing = [name for name in runs if name.split(".")[0] in ROOMS and not is_module(name)]
    assert not missing


def is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


@each_page
def test_every_shell_block_is_valid_shell(page: Path) -> None:
    for language, body in fences(text_of(page)):
        if language in ("sh", "bash"):
            checked = subprocess.run(["sh", "-n"], input=body, capture_output=True, text=True, check=False)
            assert checked.returncode == 0, f"{checked.stderr}\n{body}"


@each_page
def test_every_yaml_block_is_yaml(page: Path) -> None:
    for language, body in fences(text_of(page)):
        if language == "yaml":
            yaml.safe_load(body)


@each_page
def test_python_that_a_reader_may_paste_uses_what_there_is(page: Path) -> None:
    for _, _, body in marked(text_of(page), "check"):
        for node in ast.walk(ast.parse(body)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in ROOMS:
                assert is_module(node.module), node.module
                path = (ROOT / node.module.replace(".", "/")).with_suffix(".py")
                defined = names_in(path if path.exists() else path.with_suffix("") / "__init__.py")
                assert {alias.name for alias in node.names} <= defined, f"{node.module} lacks a name of {ast.unparse(node)}"


def names_in(path: Path) -> set[str]:
    """What a module defines or imports at its top level."""
    names: set[str] = set()
    for node in ast.parse(text_of(path)).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return names


@each_page
def test_quoted_code_is_the_code(page: Path) -> None:
    for source, _, body in marked(text_of(page), "from"):
        assert body in text_of(ROOT / source), f"{page.name} quotes {source}, which says something else now; quote it anew"


@each_page
def test_every_output_has_a_name_of_its_own(page: Path) -> None:
    names = [name for name, _, _ in marked(text_of(page), "output")]
    assert len(names) == len(set(names))
    assert "to be filled" not in text_of(page), "an output block waits for a real run"


def test_every_row_of_where_do_i_add_x_names_a_file_that_is_there() -> None:
    section = text_of(ROOT / "CONTRIBUTING.md").split("## Where do I add X?")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ") and not line.startswith(("| X ", "| --- "))]
    assert len(rows) >= 8, "the table is gone, or its form has changed"
    where = {line: line.split(" | ")[1] for line in rows}
    lost = [row for row, cell in where.items() if not any(named_paths(cell)) and not _LINK.search(cell)]
    assert not lost, "each row says in which file"


def decisions() -> list[Path]:
    return sorted(path for path in DECISIONS.glob("*.md") if path.name[0].isdigit())


def test_decisions_are_numbered_without_gaps() -> None:
    assert [path.name[:4] for path in decisions()] == [f"{number:04}" for number in range(1, len(decisions()) + 1)]


@pytest.mark.parametrize("path", [*decisions(), DECISIONS / "template.md"], ids=lambda path: path.stem)
def test_a_decision_has_its_three_headings_and_fits_a_page(path: Path) -> None:
    text = text_of(path)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert re.search(r"^Status: (proposed|accepted|replaced by \d{4})[.,].* Date: ", text, re.MULTILINE)
    assert len(text.splitlines()) <= 60, "one page a decision"
    number = path.name[:4] if path.name[0].isdigit() else "NNNN"
    assert re.match(rf"# {number}: \S", text)


def test_the_list_of_decisions_has_them_all() -> None:
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", text_of(DECISIONS / "README.md"))
    assert listed == [path.name for path in decisions()]


def test_the_map_of_the_documentation_has_every_page() -> None:
    listed = {match["target"] for match in _LINK.finditer(text_of(ROOT / "docs" / "README.md"))}
    pages = {path.name for path in (ROOT / "docs").iterdir() if path.suffix in (".md", ".svg")} - {"README.md"}
    assert pages <= listed


PICTURES = {"local": ROOT / "docs" / "architecture.svg", "prod": ROOT / "docs" / "architecture-prod.svg"}


@pytest.mark.parametrize("stack", PICTURES)
def test_the_committed_picture_shows_what_the_stack_declares(stack: str) -> None:
    # Words, not shapes: a nicer drawing of the same platform is no reason to fail.
    shown, wanted = words(text_of(PICTURES[stack])), words(picture_of(stack))
    assert shown == wanted, "draw the pictures again: .venv/bin/python -m tests.test_docs"


def picture_of(stack: str) -> str:
    """The picture of a stack file's own plan, recorded without an engine."""
    from tests.support.stacks import recorded_stack
    from tools.report.diagram import draw

    return draw(recorded_stack(stack))


def words(svg: str) -> set[str]:
    return {text.strip() for text in ElementTree.fromstring(svg).itertext() if text.strip()} - _style(svg)


def _style(svg: str) -> set[str]:
    return {(node.text or "").strip() for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("style")}


# In halves, so that this file does not name them either.
_HALVES = (("pypi", ".org"), ("python", "hosted.org"), ("npm", "js.org"), ("proxy.golang", ".org"))
HOSTS = tuple("".join(halves) for halves in _HALVES)
MACHINE = re.compile(r"(?<![\w./~}$-])/(?:work|farm|root|Users|home/\w+)/\w")


def test_no_committed_file_names_a_registrys_host_or_a_path_of_a_machine() -> None:
    wrong = []
    for path in walk():
        try:
            text = text_of(path)
        except UnicodeDecodeError:
            continue  # data, not text
        if path.suffix == ".md":
            text = re.sub(r"\]\(https://[^)]+\)", "]()", text)
        for number, line in enumerate(text.splitlines(), start=1):
            if any(host in line for host in HOSTS) or MACHINE.search(line):
                wrong.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert not wrong, "\n".join(wrong)


if __name__ == "__main__":
    for drawn, place in PICTURES.items():
        place.write_text(picture_of(drawn), encoding="utf-8")
