"""The command line as a process: its messages and exit codes with odd streams, wrong use and inaccessible files."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.cli.terminal.refusals import explain
from tools.engine.home import REPOSITORY


def slipway(*arguments: str, shell: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """Runs a verb as `./slipway` does; `shell` is what follows it on a shell's line (a pipe, a redirection)."""
    command = [sys.executable, "-m", "tools.cli", *arguments]
    return subprocess.run(
        ["sh", "-c", f'"$@" {shell}', "sh", *command],
        cwd=REPOSITORY,
        env={**os.environ, "SLIPWAY_HOME": "/dev/null/home", **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("arguments", [("nonsense",), ("up", "--nonsense"), ("local", "status", "more"), ("check", "a", "b")])
def test_wrong_use_with_json_is_an_object_too(arguments: tuple[str, ...]) -> None:
    done = slipway(*arguments, "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == 2
    assert "Error: " in done.stderr
    assert slipway(*arguments).stdout == ""


def test_a_group_without_a_command_says_how_it_is_used_and_exits_2() -> None:
    done = slipway("local")
    assert (done.returncode, done.stdout) == (2, "")
    assert "coverage" in done.stderr


@pytest.mark.parametrize("arguments", [("check", "--list"), ("check", "--list", "--json")])
def test_a_reader_that_closes_the_pipe_early_gets_no_traceback(arguments: tuple[str, ...]) -> None:
    done = slipway(*arguments, shell="| head -c 1")
    assert len(done.stdout) == 1
    assert done.stderr == ""


def test_a_closed_stdout_is_no_fault_of_ours() -> None:
    done = slipway("check", "--list", shell=">&-")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("arguments", [("local", "status"), ("local", "status", "--json")])
def test_a_full_stdout_is_reported_without_a_traceback(arguments: tuple[str, ...]) -> None:
    done = slipway(*arguments, shell=">/dev/full")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "the disk is full" in done.stderr


def test_letters_that_the_terminal_lacks_are_written_as_codes(tmp_path: Path) -> None:
    path = tmp_path / "resources.json"
    path.write_text(json.dumps([{"type": "aws:s3/bucket:Bucket", "name": "snow-\u2603-\ud800", "props": {}}]))
    done = slipway("check", "--resources", str(path), PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == 3, done.stderr
    assert "snow-\\u2603" in done.stdout


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOENT, "there is no /x/y"),
        (errno.EISDIR, "/x/y is a folder"),
        (errno.EACCES, "change its rights"),
        (errno.EROFS, "read-only"),
        (errno.ENOTDIR, "part of its path is a file"),
        (errno.EEXIST, "in the way"),
        (errno.ENOSPC, "the disk is full (/x/y)"),
    ],
)
def test_the_error_for_an_inaccessible_file_names_the_way_out(number: int, words: str) -> None:
    lines, code = explain(OSError(number, os.strerror(number), "/x/y"))
    assert code in (1, 2)
    assert lines is not None
    assert words in lines[0]
    assert "Errno" not in lines[0]


def test_the_listed_rules_have_their_names_in_other_tools() -> None:
    rules = json.loads(slipway("check", "--list", "--json").stdout)
    assert all({"id", "severity", "types", "why", "fix", "frameworks", "anchors"} <= set(rule) for rule in rules)
    assert any(rule["anchors"] for rule in rules)
