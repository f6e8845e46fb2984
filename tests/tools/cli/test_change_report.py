"""`slipway report` of a change: from a saved document, without an engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tools.cli.app import app

PLAN = {"stack": "prod", "seconds": 1, "changes": {"create": 1}, "resources": [], "policy": None, "cost": None}


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    return lambda *arguments: CliRunner().invoke(app, ["report", *arguments])


def test_a_saved_plan_is_printed_as_markdown(report: Any) -> None:
    done = report("--from", "plan.json", "--note", "commit abc")
    assert done.exit_code == 0
    assert done.stdout.startswith("<!-- slipway:prod -->\n")
    assert "commit abc" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        (["--out", "a.html"], "<!doctype html>"),
        (["--out", "a.md"], "<!-- slipway:prod -->"),
        (["--out", "a.html", "--format", "markdown"], "<!-- slipway:prod -->"),
        (["--out", "a.txt", "--format", "html"], "<!doctype html>"),
    ],
)
def test_the_format_is_the_option_or_follows_the_name_of_the_file(report: Any, arguments: list[str], begins: str) -> None:
    done = report("--from", "plan.json", *arguments, "--json")
    assert done.exit_code == 0
    assert Path(json.loads(done.stdout)["file"]).read_text().startswith(begins)


def test_a_failed_preflight_is_in_the_report_and_blocks_the_change(report: Any) -> None:
    Path("preflight.json").write_text(json.dumps({"ok": False, "rows": [{"kind": "quota", "code": "L-1", "need": 2, "have": 1}]}))
    done = report("--from", "plan.json", "--preflight", "preflight.json", "--json")
    answer = json.loads(done.stdout)
    assert answer["blocks"] == ["the account lacks quota or capacity"]
    assert "L-1" in answer["text"]


def test_a_saved_refresh_becomes_an_issue_about_drift(report: Any) -> None:
    Path("drift.json").write_text(json.dumps(PLAN | {"drift": []}))
    assert report("--from", "drift.json", "--note", "run 7").stdout.startswith("<!-- slipway-drift:prod -->\n")
    done = report("--from", "drift.json", "--out", "drift.md", "--json")
    assert json.loads(done.stdout) == {"stack": "prod", "format": "markdown", "drifted": 0, "file": "drift.md"}
    assert "none" in Path("drift.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "drift.json", "--out", "drift.html"], "drift is told in Markdown only"),
        (["--from", "odd.json"], "odd.json: `drift`: expected a list"),
        (["--from", "nowhere.json"], "nowhere.json"),
        (["--from", "bad.json"], "bad.json: not JSON"),
        (["--from", "list.json"], "list.json: this is no preview"),
        (["--from", "plan.json", "digits"], "leave them out"),
        (["--format", "html", "digits"], "leave them out"),
        (["--from", "plan.json", "--format", "pdf"], "'pdf' is not one of"),
    ],
)
def test_wrong_use_is_refused_with_the_way_out(report: Any, arguments: list[str], said: str) -> None:
    Path("bad.json").write_text("{")
    Path("list.json").write_text("[]")
    Path("drift.json").write_text(json.dumps(PLAN | {"drift": []}))
    Path("odd.json").write_text(json.dumps(PLAN | {"drift": [1]}))
    done = report(*arguments)
    assert done.exit_code == 2
    assert said in done.output
