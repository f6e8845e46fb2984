"""What CI is told to do: actions pinned by commit, least rights, no stored keys, and commands that the command line takes."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.test_docs import fault_of

ROOT = Path(__file__).resolve().parents[1]
GITHUB = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
GITLAB = ROOT / ".gitlab-ci.yml"
FILES = [*GITHUB, GITLAB]
# What each file has the command line do.
VERBS = {
    "slipway.yml": {"preview", "preflight", "report", "up"},
    "drift.yml": {"refresh", "report"},
    ".gitlab-ci.yml": {"preview", "preflight", "report", "up", "refresh"},
}
WRITING = {"pull-requests", "issues"}
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
each_workflow = pytest.mark.parametrize("path", GITHUB, ids=lambda path: path.name)

_USES = re.compile(r"^\s*(?:- )?uses: (?P<action>[\w./-]+)@(?P<ref>\S+)(?P<comment>.*)$", re.MULTILINE)
_COMMAND = re.compile(r"\./slipway((?: +[^\s|;&)>]+)+)")


def document_of(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def steps(path: Path) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(job, the job, the step) of every step of a workflow."""
    for name, job in document_of(path)["jobs"].items():
        yield from ((name, job, step) for step in job["steps"])


def commands(path: Path) -> list[list[str]]:
    """The arguments of every `./slipway ...`, `$STACK` as the file sets it."""
    document = document_of(path)
    stack = (document.get("env") or document["variables"])["STACK"]
    text = "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#"))
    return [shlex.split(match[1].replace('"$STACK"', stack)) for match in _COMMAND.finditer(_quotes_closed(text))]


def _quotes_closed(text: str) -> str:
    """The text with every quoted argument as one word, so that a command can be cut at blanks."""
    return re.sub(r'"commit [^"]*"', "commit", text).replace('"$@"', "--preflight preflight.json")


@each_workflow
def test_every_action_is_pinned_by_a_commit_and_says_its_version(path: Path) -> None:
    used = list(_USES.finditer(path.read_text(encoding="utf-8")))
    assert len(used) == path.read_text(encoding="utf-8").count("uses: "), "a form that this test cannot read"
    for match in used:
        assert re.fullmatch(r"[0-9a-f]{40}", match["ref"]), match[0].strip()
        assert re.fullmatch(r" +# v\d+\.\d+\.\d+", match["comment"]), match[0].strip()


@each_workflow
def test_rights_are_none_until_a_job_asks_and_writing_is_apart_from_what_runs_a_pull_requests_code(path: Path) -> None:
    document = document_of(path)
    assert document["permissions"] == {}
    assert document["concurrency"]
    for name, job in document["jobs"].items():
        rights = job["permissions"]
        assert job["timeout-minutes"], name
        assert set(rights) <= {"contents", "id-token", *WRITING}
        assert rights.get("contents", "read") == "read", name
        runs_code = any("checkout" in step.get("uses", "") for step in job["steps"])
        assert not (runs_code and WRITING & set(rights)), f"{name} runs the repository's code and may write comments or issues"
        assert not ("id-token" in rights and WRITING & set(rights)), f"{name} may reach the account and write what others read"


@each_workflow
def test_what_others_write_reaches_a_shell_by_the_environment_only(path: Path) -> None:
    # `${{ github.head_ref }}` inside `run` is how a branch's name becomes a command.
    for name, _, step in steps(path):
        assert "${{" not in step.get("run", ""), f"{name}: {step.get('name')}"
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


@each_file
def test_no_key_is_stored_and_none_is_printed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"secrets\.|AWS_SECRET|AWS_ACCESS|aws-access-key-id|pull_request_target", text)
    assert not re.search(r"\benv\b *$|\bprintenv\b|\bset -x\b|--show-secrets", text, re.MULTILINE)


def test_up_waits_for_a_person() -> None:
    up = document_of(ROOT / ".github" / "workflows" / "slipway.yml")["jobs"]["up"]
    assert up["environment"] == "prod"
    assert "pull_request" not in up["if"]
    gitlab = document_of(GITLAB)["up"]
    assert gitlab["environment"]
    assert gitlab["resource_group"]
    assert gitlab["rules"][0] == {"if": '$CI_PIPELINE_SOURCE == "schedule"', "when": "never"}
    assert [rule["when"] for rule in gitlab["rules"][1:]] == ["manual"]


def test_gitlab_takes_its_credentials_from_an_identity_token() -> None:
    document = document_of(GITLAB)
    assert document[".slipway"]["id_tokens"]["AWS_TOKEN"]["aud"] == "sts.amazonaws.com"
    jobs = {name: job for name, job in document.items() if isinstance(job, dict) and "script" in job}
    assert {job["stage"] for job in jobs.values()} == set(document["stages"])
    assert all(job["timeout"] for job in jobs.values())


@each_file
def test_every_command_is_one_that_the_command_line_takes(path: Path) -> None:
    found = commands(path)
    assert {words[0] for words in found} == VERBS[path.name]
    assert {" ".join(words): fault_of(words) for words in found if fault_of(words)} == {}


@each_file
def test_every_shell_piece_is_shell(path: Path) -> None:
    document = document_of(path)
    pieces = [step["run"] for _, _, step in steps(path) if "run" in step] if "jobs" in document else []
    for job in document.values() if not pieces else ():
        pieces += [*job.get("script", []), *job.get("before_script", [])] if isinstance(job, dict) else []
    assert pieces
    for piece in pieces:
        checked = subprocess.run(["sh", "-n"], input=piece, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, f"{checked.stderr}\n{piece}"


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="no actionlint on PATH; the tests above check the structure")
@each_workflow
def test_actionlint_finds_nothing(path: Path) -> None:
    checked = subprocess.run(["actionlint", str(path)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
