"""The lines of `local env` in the syntax of each shell, which reads every value back."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from tools.cli.app import app
from tools.cli.show.shell_exports import SHELLS, exports
from tools.flows import local_cloud

# Values with characters that a shell would interpret.
HARD = (
    "plain",
    "",
    "it's",
    '"double"',
    "$HOME and ${HOME}",
    "`id` $(id)",
    "a\\b\\\\c\\",
    "\\'",
    "two\nlines",
    "; rm -rf / #",
    "=ls",
    "~/x:~",
    "‘curly’ ‚low‛",
    "100% !x & | < >",
    "*?[a]{b,c}",
    "%PATH%",
)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"))


def fish_read(text: str) -> str:
    """How fish reads a text in single quotes: a backslash escapes only itself and a single quote."""
    assert (text[0], text[-1]) == ("'", "'")
    inner, found, at = text[1:-1], "", 0
    while at < len(inner):
        assert inner[at] != "'", "the text ended before its end"
        at += inner[at] == "\\" and inner[at + 1 : at + 2] in ("\\", "'") and at + 1 < len(inner)
        found, at = found + inner[at], at + 1
    return found


def powershell_read(text: str) -> str:
    """How PowerShell reads a text in single quotes: two quotes in a row, of any kind that it knows, are one quote."""
    assert (text[0], text[-1]) == ("'", "'")
    inner, found, at = text[1:-1], "", 0
    while at < len(inner):
        if inner[at] in "'‘’‚‛":
            assert inner[at + 1] in "'‘’‚‛", "the text ended before its end"
            at += 1
        found, at = found + inner[at], at + 1
    return found


def posix_read(text: str) -> str:
    (found,) = shlex.split(text)
    return found


READERS: dict[str, tuple[str, Callable[[str], str]]] = {
    "sh": ("export X=", posix_read),
    "bash": ("export X=", posix_read),
    "zsh": ("export X=", posix_read),
    "fish": ("set -gx X ", fish_read),
    "powershell": ("$Env:X = ", powershell_read),
    "pwsh": ("$Env:X = ", powershell_read),
}


@given(texts)
def test_any_value_comes_back_from_every_shell(value: str) -> None:
    assert set(READERS) == set(SHELLS)
    for shell, (start, read) in READERS.items():
        (line,) = exports({"X": value}, (), shell)
        assert line.startswith(start)
        assert read(line.removeprefix(start)) == value, shell


def test_a_posix_shell_itself_reads_the_values_back_and_unsets_overriding_variables() -> None:
    variables = {f"V{number}": value for number, value in enumerate(HARD)}
    script = "\n".join(exports(variables, ("AWS_PROFILE", "NEVER_SET"))) + "\nexec env -0"
    env = {"PATH": os.environ["PATH"], "AWS_PROFILE": "someone", "KEPT": "kept"}
    done = subprocess.run(["sh", "-c", 'eval "$1"', "sh", script], env=env, capture_output=True, text=True, check=True)
    found = dict(item.split("=", 1) for item in done.stdout.split("\0") if item)
    assert {name: found[name] for name in variables} == variables
    assert "AWS_PROFILE" not in found
    assert found["KEPT"] == "kept"


def test_a_variable_that_is_set_is_not_also_unset() -> None:
    assert exports({"A": "x"}, ("A", "B"), "fish") == ["set -e B", "set -gx A 'x'"]
    assert exports({}, ("B",), "pwsh") == ["Remove-Item -ErrorAction Ignore Env:B"]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """`local env` over a cloud that runs, in a folder of stack files."""
    variables = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4747", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
    cloud = SimpleNamespace(environment=lambda: dict(variables), providers={"aws": 7})
    engine = SimpleNamespace(path=Path("/engine/bin/pulumi"))
    monkeypatch.setattr(local_cloud, "started", lambda *, say: cloud)
    monkeypatch.setattr("tools.engine.locate.ensure", lambda **_: engine)
    monkeypatch.setenv("SLIPWAY_STACKS", str(tmp_path))
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/mine:/usr/bin")
    monkeypatch.setenv("PYTHONPATH", "/my/packages")

    def invoke(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(app, ["local", "env", *arguments])
        assert result.exit_code == code, f"{result.output}{result.exception!r}"
        return result

    return invoke


FILES: dict[str, str | None] = {
    "no file": None,
    "an empty file": "",
    "no config": "encryptionsalt: v1:x\n",
    "no region": "config:\n  slipway:owner: us\n",
    "a region": "config:\n  aws:region: eu-west-1\n",
    "a secret region": "config:\n  aws:region:\n    secure: v1:x\n",
    "an empty config": "config:\n",
    "settings that nobody knows": "config:\n  mine:what: [1, 2]\n",
    "no YAML": "config: [unclosed\n",
    "a list": "- 1\n",
    "a config that is a list": "config: [1]\n",
    "no text": "\x00\x01",
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_local_env_works_with_any_stack_files_or_none_and_leaves_the_paths_alone(
    run: Callable[..., Result], tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "Pulumi.local.yaml").write_text(content)
    found = json.loads(run("--json").stdout)
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4747"
    assert found["AWS_REGION"] == ("eu-west-1" if content == FILES["a region"] else "us-east-1")
    assert not {name for name in found if name.startswith(("PATH", "PYTHON", "PULUMI"))}
    assert "127.0.0.1" in found["NO_PROXY"]
    assert run("--pulumi").stdout.count("PULUMI_BACKEND_URL") == 1


def test_pulumi_comes_with_its_engine_before_and_this_projects_python_after_the_users_own_path(
    run: Callable[..., Result],
) -> None:
    found = json.loads(run("--pulumi", "--json").stdout)
    path = found["PATH"].split(":")
    assert path[0] == "/engine/bin"
    assert path.index("/mine") < path.index(str(Path(found["PULUMI_PYTHON_CMD"]).parent))
    assert found["PYTHONPATH"].endswith(":/my/packages")


def test_a_stack_that_is_named_gives_its_region_and_must_be_there(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  aws:region: us-west-2\n")
    (tmp_path / "Pulumi.bad.yaml").write_text("config: [unclosed\n")
    assert json.loads(run("--stack", "dev", "--json").stdout)["AWS_REGION"] == "us-west-2"
    assert "there is no stack 'prod'" in run("--stack", "prod", code=2).stderr
    assert "Pulumi.bad.yaml cannot be read" in run("--stack", "bad", code=2).stderr


def test_an_endpoint_of_a_single_service_and_odd_names_of_variables_are_seen(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://elsewhere")
    monkeypatch.setenv("AWS_ENDPOINT_URL_;touch x", "odd")
    lines = run().stdout.splitlines()
    assert "unset AWS_ENDPOINT_URL_S3" in lines
    assert "unset AWS_PROFILE" in lines
    assert not [line for line in lines if "touch" in line]


def test_a_shell_that_is_not_known_is_wrong_use_and_names_those_that_are(run: Callable[..., Result]) -> None:
    assert "name one of sh, bash, zsh, fish, powershell, pwsh" in run("--shell", "cmd", code=2).stderr
