"""What each verb answers about a stack that is up, and a plain Pulumi beside ours on the same cloud and state."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import shapes
from tests.e2e.slipway import Slipway
from tools.engine.home import REPOSITORY

# A user's own Automation API run: nothing of tools/, only the SDK, the program and the exported variables.
PLAIN = """
import json, sys
from pulumi import automation as auto
from infra.program import program

pack, work = sys.argv[1:]
options = auto.LocalWorkspaceOptions(work_dir=work)
stack = auto.create_or_select_stack("local", project_name="slipway", program=program, opts=options)
events = []
result = stack.preview(on_event=events.append, policy_packs=[pack] if pack else None, color="never")
found = [e.policy_event for e in events if e.policy_event]
print(json.dumps({
    "changes": {str(getattr(op, "value", op)): count for op, count in result.change_summary.items()},
    "policy": [[f.policy_name, f.enforcement_level] for f in found],
    "packs": sorted({f.policy_pack_name for f in found}),
    "said": [f.message for f in found],
}))
"""


@pytest.fixture(scope="module")
def here(looked_at: Slipway) -> Slipway:
    return looked_at


@pytest.fixture(scope="module")
def up(platform: tuple[Slipway, dict[str, Any]]) -> dict[str, Any]:
    return platform[1]


def test_outputs_are_those_of_up(here: Slipway, up: dict[str, Any]) -> None:
    assert here.ask("outputs") == up["outputs"]


def test_export_is_what_pulumi_stack_export_prints(here: Slipway, up: dict[str, Any]) -> None:
    document = here.ask("export")
    shapes.check(document, shapes.EXPORT)
    plain = subprocess.run(
        ["pulumi", "stack", "export", "--stack", "local"],
        env={**here.env, **here.ask("local", "env", "--pulumi")},
        cwd=here.place("local").work,
        capture_output=True,
        check=True,
    )
    assert document == json.loads(plain.stdout)


def test_coverage_lists_every_type_of_the_stack(here: Slipway, up: dict[str, Any]) -> None:
    document = here.ask("local", "coverage")
    shapes.check(document, shapes.COVERAGE)
    assert not set(document["emulated"]) & set(document["recorded"])
    used = {item["type"] for item in up["resources"] if item["type"].startswith("aws:")}
    assert used <= {*document["emulated"], *document["recorded"]}


def test_doctor_finds_this_machine_well(here: Slipway, up: dict[str, Any]) -> None:
    document = here.ask("doctor")
    shapes.check(document, shapes.DOCTOR)
    by_name = {finding["name"]: finding for finding in document["findings"]}
    assert document["healthy"] is True
    assert by_name["local cloud"]["ok"]
    assert by_name["engine"]["ok"]
    assert {"Pulumi.local.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml"} <= set(by_name)
    assert by_name["state of local"]["ok"]


def test_check_and_cost_of_what_is_deployed_are_those_of_up(here: Slipway, up: dict[str, Any]) -> None:
    policy = here.ask("check", "--state")
    shapes.check(policy, shapes.POLICY)
    assert {(f["rule"], f["urn"]) for f in policy["violations"]} == {(f["rule"], f["urn"]) for f in up["policy"]["violations"]}
    cost = here.ask("cost", "--state")
    shapes.check(cost, shapes.COST)
    assert cost["monthly_usd"] == up["cost"]["monthly_usd"]
    export = here.root / "export.json"
    export.write_text(here.run("export").out)
    assert here.ask("cost", "--resources", str(export))["monthly_usd"] == up["cost"]["monthly_usd"]


def test_status_says_where_the_cloud_is(here: Slipway, up: dict[str, Any]) -> None:
    document = here.ask("local", "status")
    shapes.check(document, shapes.STATUS)
    assert document["running"] is True
    assert document["endpoint"].startswith("http://127.0.0.1:")


def test_the_words_for_people_name_what_to_try_next(here: Slipway, up: dict[str, Any]) -> None:
    said = here.run("up")
    assert "no changes" in said.out
    assert "Try next" in said.out
    assert "USD a month" in said.out


def plain_run(here: Slipway, pack: str, checkout: Path) -> dict[str, Any]:
    """Runs PLAIN as a user would: eval "$(./slipway local env --pulumi)", then their own script."""
    script = checkout / "plain.py"
    script.write_text(PLAIN)
    exports = here.run("local", "env", "--pulumi").out
    done = subprocess.run(
        [
            "sh",
            "-c",
            'eval "$1"; shift; exec "$@"',
            "sh",
            exports,
            sys.executable,
            str(script),
            pack,
            str(here.place("local").work),
        ],
        env={**here.env, "AWS_PROFILE": "someone-else", "PYTHONPATH": str(REPOSITORY)},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    document: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return document


def test_a_plain_automation_api_run_reaches_the_same_cloud_and_state_and_finds_no_change(
    here: Slipway, up: dict[str, Any], tmp_path: Path
) -> None:
    document = plain_run(here, "", tmp_path)
    assert set(document["changes"]) == {"same"}
    assert document["changes"]["same"] >= len(up["resources"])


def test_the_policy_pack_runs_in_the_engine_and_says_what_our_own_check_says(
    here: Slipway, up: dict[str, Any], tmp_path: Path
) -> None:
    document = plain_run(here, str(REPOSITORY / "policies"), tmp_path)
    assert document["packs"] == ["slipway"]
    ours = here.ask("check")
    assert {rule for rule, _ in document["policy"]} == {found["rule"] for found in ours["violations"]}
    assert {level for _, level in document["policy"]} == {"advisory"}


def test_the_engine_hands_the_pack_the_stacks_severities_and_exceptions(
    here: Slipway, up: dict[str, Any], tmp_path: Path
) -> None:
    violations = here.ask("check")["violations"]
    advice = violations[0]
    other = next(found["rule"] for found in violations if found["rule"] != advice["rule"])

    def change(config: dict[str, Any]) -> None:
        terms = {"rule": advice["rule"], "resource": advice["urn"], "who": "Ada", "why": "tried out", "until": "2999-12-31"}
        config["slipway:policies"] = {"exceptions": [terms], "severity": {other: "off"}}

    with here.edited("local", change):
        ours = here.ask("preview")["policy"]
        document = plain_run(here, str(REPOSITORY / "policies"), tmp_path)
    said = {rule for rule, _ in document["policy"]}
    assert said == {found["rule"] for found in ours["violations"]} | {"policies-excepted"}
    assert other not in said
    assert any("excepted until 2999-12-31 by Ada: tried out" in message for message in document["said"])
    here.ask("preview")
