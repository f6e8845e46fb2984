"""The schedule that looks for drift: what makes, updates and closes its one issue, run against a stand-in of each forge."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.test_ci import GITLAB, ROOT, document_of

GITHUB = ROOT / ".github" / "workflows" / "drift.yml"
MARKER = "<!-- slipway-drift:prod -->"
MINE = {"number": 7, "user": {"login": "github-actions[bot]"}, "body": f"{MARKER}\nold"}
OTHERS = [
    {"number": 3, "user": {"login": "somebody"}, "body": f"{MARKER}\nquoted by somebody"},
    {"number": 4, "user": {"login": "github-actions[bot]"}, "body": None},
    {"number": 5, "user": {"login": "github-actions[bot]"}, "body": "<!-- slipway-drift:staging -->"},
]
# `gh api`, as far as the step uses it: answers the list through the real jq, and notes every other call.
GH = f"""#!{sys.executable}
import json, os, subprocess, sys
words = sys.argv[1:]
if "--jq" in words:
    if os.environ.get("DOWN"):
        sys.exit("HTTP 502")
    filter = words[words.index("--jq") + 1]
    sys.exit(subprocess.run(["jq", "-r", filter], input=os.environ["ISSUES"], text=True, check=False).returncode)
with open("calls", "a") as calls:
    calls.write(json.dumps(words) + "\\n")
"""


def test_the_look_runs_by_itself_and_only_where_a_role_is_given() -> None:
    document = document_of(GITHUB)
    # YAML reads the bare key `on` as true.
    assert re.fullmatch(r"\d+ \d+ \* \* \*", document[True]["schedule"][0]["cron"])  # type: ignore[index]
    assert document["jobs"]["look"]["if"] == "vars.AWS_PREVIEW_ROLE_ARN != ''"
    assert document["jobs"]["issue"]["needs"] == "look"
    assert document["defaults"]["run"]["shell"] == "bash"
    gitlab = document_of(GITLAB)
    for job in ("look", "issue"):
        (rule,) = gitlab[job]["rules"]
        assert '$CI_PIPELINE_SOURCE == "schedule"' in rule["if"]
        assert "$AWS_PREVIEW_ROLE_ARN" in rule["if"]


def step(job: str, name: str) -> str:
    found = next(one["run"] for one in document_of(GITHUB)["jobs"][job]["steps"] if one.get("name", "").startswith(name))
    assert isinstance(found, str)
    return found


def bash(script: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs a step as GitHub does where `bash` is named."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": f"{folder}:{os.environ['PATH']}", "STACK": "prod", **env},
        capture_output=True,
        text=True,
        check=False,
    )


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="no jq on PATH; GitHub's runners have it")
POST = ["api", "--silent", "--method", "POST"]
EDIT = ["api", "--silent", "--method", "PATCH", "repos/o/r/issues/7"]


@needs_jq
@pytest.mark.parametrize(
    ("found", "issues", "calls"),
    [
        ("2", OTHERS, [[*POST, "repos/o/r/issues", "--raw-field", "title=Drift in prod", "--field", "body=@drift.md"]]),
        ("2", [*OTHERS, MINE], [[*EDIT, "--field", "body=@drift.md"]]),
        (
            "0",
            [*OTHERS, MINE],
            [
                [*POST, "repos/o/r/issues/7/comments", "--raw-field", "body=Nothing differs any more."],
                [*EDIT, "--raw-field", "state=closed"],
            ],
        ),
        ("0", OTHERS, []),
    ],
    ids=["made", "updated", "closed", "nothing to do"],
)
def test_github_has_one_issue_while_something_differs(
    tmp_path: Path, found: str, issues: list[dict[str, Any]], calls: list[list[str]]
) -> None:
    program(tmp_path / "gh", GH)
    done = bash(step("issue", "Make the issue"), tmp_path, FOUND=found, REPOSITORY="o/r", ISSUES=json.dumps(issues))
    assert done.returncode == 0, done.stderr
    noted = tmp_path / "calls"
    assert [json.loads(line) for line in noted.read_text().splitlines()] if noted.exists() else calls == []


@needs_jq
def test_an_answer_that_did_not_come_makes_no_second_issue(tmp_path: Path) -> None:
    program(tmp_path / "gh", GH)
    done = bash(step("issue", "Make the issue"), tmp_path, FOUND="2", REPOSITORY="o/r", ISSUES="[]", DOWN="1")
    assert done.returncode != 0
    assert not (tmp_path / "calls").exists()


@needs_jq
@pytest.mark.parametrize(
    ("document", "code", "found"),
    [
        ({"drift": [{"name": "raw"}]}, 1, "found=1"),
        ({"drift": []}, 0, "found=0"),
        ({"drift": [], "error": {"code": 1}}, 1, None),
        (None, 1, None),
    ],
    ids=["drift", "none", "a look that failed", "no answer"],
)
def test_a_look_that_failed_is_the_jobs_failure_and_drift_is_not(
    tmp_path: Path, document: dict[str, Any] | None, code: int, found: str | None
) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps(document) if document is not None else "")
    program(
        tmp_path / "slipway",
        f'#!/bin/sh\nif [ "$1" = refresh ]; then cat answer.json; exit {code}; fi\necho told > drift.md\n',
    )
    outputs = tmp_path / "outputs"
    env = {
        "GITHUB_OUTPUT": str(outputs),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GITHUB_SHA": "abc",
        "RUN": "https://x",
    }
    done = bash(step("look", "Look"), tmp_path, **env)
    assert (done.returncode == 0) == (found is not None), done.stderr
    assert (outputs.read_text().strip() if outputs.exists() else None) == found


Call = tuple[str, str, dict[str, str]]
Entries = list[dict[str, Any]]


@pytest.fixture
def gitlab(tmp_path: Path) -> Iterator[Callable[[Entries, Entries], list[Call]]]:
    """Runs the job `issue` over a stand-in of GitLab's API: given what it has and the drift, the calls that write."""
    calls: list[Call] = []
    there: Entries = []

    class Api(BaseHTTPRequestHandler):
        def answer(self) -> None:
            assert self.headers["PRIVATE-TOKEN"] == "token"
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            if self.command != "GET":
                calls.append((self.command, urlsplit(self.path).path, {key: value[0] for key, value in parse_qs(sent).items()}))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(there if self.command == "GET" else {}).encode())

        do_GET = do_POST = do_PUT = answer

        def log_message(self, format: str, *args: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def run(issues: Entries, drift: Entries) -> list[Call]:
        there[:] = issues
        (tmp_path / "drift.json").write_text(json.dumps({"drift": drift}))
        (tmp_path / "drift.md").write_text("what differs & more\n")
        (script,) = document_of(GITLAB)["issue"]["script"]
        env = {"CI_API_V4_URL": f"http://127.0.0.1:{server.server_port}", "CI_PROJECT_ID": "9", "GITLAB_NOTE_TOKEN": "token"}
        done = bash(script, tmp_path, **env)
        assert done.returncode == 0, done.stderr
        return calls

    yield run
    server.shutdown()
    server.server_close()


OPEN = [{"iid": 2, "title": "Drift in prod and elsewhere"}, {"iid": 5, "title": "Drift in prod"}]


def test_gitlab_has_one_issue_while_something_differs(gitlab: Any) -> None:
    calls = gitlab(OPEN[:1], [{"name": "raw"}])
    assert calls.pop() == ("POST", "/projects/9/issues", {"title": "Drift in prod", "description": "what differs & more\n"})
    assert gitlab(OPEN, [{"name": "raw"}]).pop() == ("PUT", "/projects/9/issues/5", {"description": "what differs & more\n"})
    assert gitlab(OPEN, []).pop() == (
        "PUT",
        "/projects/9/issues/5",
        {"description": "what differs & more\n", "state_event": "close"},
    )
    assert gitlab(OPEN[:1], []) == []
