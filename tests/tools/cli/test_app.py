"""The command line with a fake runner in the engine's place: its documents, its exit codes, and its two output streams."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.base.section import Fault as SettingsFault
from infra.base.section import SettingsError
from tests.tools.cli.fake import BUCKET, COUNTS, VIOLATION, World, call, outcome
from tools.cli.app import VERBS
from tools.engine.errors import EngineMissing, StackBusy
from tools.engine.events import Fault
from tools.engine.home import REPOSITORY


def test_preview_prints_one_object_of_the_agreed_shape_on_stdout(world: World) -> None:
    done = call("preview", "--json")
    document = json.loads(done.stdout)
    assert done.exit_code == 0
    assert list(document) == ["stack", "seconds", "changes", "resources", "policy", "cost", "outputs"]
    assert document["stack"] == "local"
    assert document["changes"] == COUNTS
    assert document["resources"] == [{"urn": BUCKET.urn, "type": BUCKET.type, "name": "raw", "op": "create", "custom": True}]
    assert document["outputs"] == {"vpcId": "vpc-1"}
    assert world.runner.called == ["preview"], "a preview touches nothing"


def test_up_previews_first_and_is_judged_again_on_what_came_out(world: World) -> None:
    done = call("up", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["changes"] == COUNTS
    assert world.runner.called == ["preview", "up"]
    assert world.judged == 2


@pytest.mark.parametrize("verb", ["up", "preview"])
def test_a_mandatory_violation_exits_3_before_anything_is_touched(world: World, verb: str) -> None:
    world.mandatory = (VIOLATION,)
    done = call(verb, "--json")
    assert done.exit_code == 3
    assert json.loads(done.stdout)["policy"]["violations"][0]["rule"] == "s3-encrypted"
    assert world.runner.called == ["preview"]


@pytest.mark.parametrize("verb", ["up", "preview"])
def test_over_the_ceiling_exits_4_before_anything_is_touched(world: World, verb: str) -> None:
    world.over = True
    done = call(verb, "--json")
    assert done.exit_code == 4
    assert world.runner.called == ["preview"]


def test_a_violation_outweighs_the_ceiling(world: World) -> None:
    world.mandatory, world.over = (VIOLATION,), True
    assert call("up").exit_code == 3


def test_when_nothing_is_to_be_done_the_engine_is_not_run_again(world: World) -> None:
    world.quiet = True
    assert call("up", "--json").exit_code == 0
    assert world.runner.called == ["preview"]


def test_a_failed_preview_names_its_causes_and_touches_nothing(world: World) -> None:
    world.runner.results["preview"] = outcome(
        "preview", ok=False, faults=(Fault(urn=BUCKET.urn, message="no row for this type"),)
    )
    done = call("up", "--json")
    assert done.exit_code == 1
    document = json.loads(done.stdout)
    assert document["error"]["faults"] == [{"urn": BUCKET.urn, "message": "no row for this type"}]
    assert "raw: no row for this type" in done.stderr
    assert "/logs/x.log" in done.stderr
    assert world.runner.called == ["preview"]


def test_a_failed_up_exits_1_and_shows_the_causes(world: World) -> None:
    world.runner.results["up"] = outcome("up", ok=False, faults=(Fault(urn=BUCKET.urn, message="the job failed\nlog line"),))
    done = call("up")
    assert done.exit_code == 1
    assert "the job failed\nlog line" in done.stderr


TRAINED = {
    "trainingMetrics": {"digits": {"test_accuracy": 0.98, "samples_per_second": 9000}},
    "endpointNames": {"digits": "slipway-local-digits"},
}


def test_up_ends_for_people_with_what_is_there_and_what_to_try_next(world: World) -> None:
    world.runner.results["up"] = outcome("up", outputs={"endpointName": "slipway-local-digits", **TRAINED})
    done = call("up")
    assert done.exit_code == 0
    for part in (
        "local is up",
        "10.00 USD a month",
        "trained  digits: test_accuracy 0.98\n",
        "answers  endpoint slipway-local-digits",
        "outputs  3 of them: ./slipway outputs\n",
        "Try next",
        "tools.cli.ask slipway-local-digits",
        "./slipway destroy ",
    ):
        assert part in done.stdout


def test_a_real_account_is_not_changed_when_nobody_can_confirm(world: World) -> None:
    world.mode = "aws"
    done = call("up", "dev")
    assert done.exit_code == 1
    assert "--yes" in done.stderr
    assert world.runner.called == ["preview"]
    assert call("up", "dev", "--yes").exit_code == 0
    assert world.runner.called == ["preview", "preview", "up"]


def test_any_environment_goes_to_the_local_cloud_with_local(world: World) -> None:
    world.mode = "aws"
    assert call("up", "prod", "--local").exit_code == 0


def test_destroy_prints_what_it_deleted_and_what_the_cloud_still_has(world: World) -> None:
    world.runner.results["destroy"] = outcome("destroy", deleted=7)
    done = call("destroy", "--yes", "--json")
    document = json.loads(done.stdout)
    assert done.exit_code == 0
    assert list(document) == ["stack", "seconds", "deleted", "orphans"]
    assert (document["deleted"], document["orphans"]) == (7, [])


def test_an_orphan_makes_destroy_fail_by_name(world: World) -> None:
    world.orphans = [{"service": "s3", "id": "left-behind"}]
    assert json.loads(call("destroy", "--yes", "--json").stdout)["orphans"] == world.orphans
    done = call("destroy", "--yes")
    assert done.exit_code == 1
    assert "left-behind" in done.stdout


def test_a_real_account_is_not_destroyed_when_nobody_can_confirm(world: World) -> None:
    world.mode = "aws"
    done = call("destroy", "dev")
    assert done.exit_code == 1
    assert world.runner.called == []


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (StackBusy("stack local is in use: process 7"), 1, "process 7"),
        (EngineMissing("no Pulumi engine could be found or made"), 1, "no Pulumi engine"),
        (OSError(28, "No space left on device", "/x/state"), 1, "the disk is full (/x/state)"),
    ],
)
def test_a_fault_that_a_user_can_mend_is_printed_without_a_traceback(
    world: World, error: Exception, code: int, words: str
) -> None:
    world.raises = error
    done = call("up", "--json")
    assert done.exit_code == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout)["error"]["code"] == code


def test_a_fault_of_slipway_itself_is_named_as_such(world: World) -> None:
    world.raises = RuntimeError("unforeseen")
    done = call("up")
    assert done.exit_code == 1
    assert "a fault of slipway itself: RuntimeError('unforeseen')" in done.stderr


def test_every_fault_of_a_stack_file_is_a_line_and_the_exit_code_is_2(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = (
        SettingsFault("slipway:network.cidr", "10.0.0.0/30", "too small"),
        SettingsFault("slipway:zones", 9, "the region has 6"),
    )

    def bad(stack: str) -> Any:
        raise SettingsError("Pulumi.local.yaml", faults)

    monkeypatch.setattr("tools.flows.bringing_up.settings_of", bad)
    done = call("up", "--json")
    assert done.exit_code == 2
    lines = done.stderr.splitlines()
    assert lines == [
        "error: Pulumi.local.yaml: slipway:network.cidr = '10.0.0.0/30': too small",
        "error: Pulumi.local.yaml: slipway:zones = 9: the region has 6",
    ]
    assert json.loads(done.stdout)["error"]["lines"] == [line.removeprefix("error: ") for line in lines]
    assert world.runner.called == []


def test_a_stack_that_is_not_there_exits_2_and_names_those_that_are() -> None:
    done = call("preview", "nowhere")
    assert done.exit_code == 2
    assert "local" in done.stderr


@pytest.mark.parametrize("arguments", [("nonsense",), ("up", "--nonsense"), ("check", "--resources")])
def test_wrong_use_exits_2(arguments: tuple[str, ...]) -> None:
    assert call(*arguments).exit_code == 2


def test_outputs_hide_secrets_unless_asked_for(world: World) -> None:
    assert json.loads(call("outputs", "--json").stdout) == {"token": "[secret]"}
    assert json.loads(call("outputs", "--json", "--show-secrets").stdout) == {"token": "s3cret"}


def test_a_stack_without_outputs_says_so_beside_the_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.runner, "outputs", lambda show_secrets=False: {})
    done = call("outputs")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "it is not up" in done.stderr
    assert json.loads(call("outputs", "--json").stdout) == {}


def test_export_prints_what_the_engine_exports(world: World) -> None:
    assert json.loads(call("export").stdout) == world.runner.export()


OPEN_BUCKET = [
    {
        "type": "aws:iam/policy:Policy",
        "name": "all",
        "props": {"policy": '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'},
    }
]


def test_check_of_a_file_prints_the_policy_object_and_exits_3(tmp_path: Path) -> None:
    path = tmp_path / "resources.json"
    path.write_text(json.dumps(OPEN_BUCKET))
    done = call("check", "--resources", str(path), "--json")
    document = json.loads(done.stdout)
    assert done.exit_code == 3
    assert set(document) == {"rules", "evaluated", "violations", "unknown", "exceptions", "off"}
    assert any(found["level"] == "mandatory" for found in document["violations"])


def test_cost_of_a_file_prints_the_cost_object(tmp_path: Path) -> None:
    path = tmp_path / "resources.json"
    path.write_text(json.dumps([{"type": "aws:kms/key:Key", "name": "k", "props": {}}]))
    document = json.loads(call("cost", "--resources", str(path), "--json").stdout)
    assert {"monthly_usd", "before_usd", "ceiling_usd", "lines", "unpriced"} <= set(document)
    assert document["monthly_usd"] > 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("7", "expected a list"),
        ('{"a": 1}', "no state"),
        ("[7]", "resource 0"),
        ('[{"type": "aws:s3/bucket:Bucket", "props": {"a": NaN}}]', "NaN"),
        ("[" * 100_000, "nested too deeply"),
        ('{"deployment": 7}', "must be a list, got 7"),
        ('{"checkpoint": 7}', "must be a list, got 7"),
        ('{"deployment": {"resources": 7}}', "must be a list, got 7"),
        ('{"deployment": {"resources": [7]}}', "resource 0 of the state"),
        ('{"deployment": {"resources": [{"type": "aws:s3/bucket:Bucket"}]}}', "`type` and `urn`"),
        ('{"deployment": {"resources": [{"type": "t", "urn": "u", "inputs": 7}]}}', "must be objects"),
    ],
)
@pytest.mark.parametrize("verb", ["check", "cost"])
def test_a_file_of_a_wrong_kind_exits_2_and_says_what_is_wrong(tmp_path: Path, verb: str, content: str, words: str) -> None:
    path = tmp_path / "resources.json"
    path.write_text(content)
    done = call(verb, "--resources", str(path))
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stderr.startswith(f"error: {path}: "), "the file is named"


def test_a_region_that_has_no_regions_name_is_wrong_use(tmp_path: Path) -> None:
    path = tmp_path / "resources.json"
    path.write_text("[]")
    done = call("cost", "--resources", str(path), "--region", "--json")
    assert done.exit_code == 2
    assert "eu-west-1" in done.stderr


def test_the_rules_can_be_listed_with_why_and_fix() -> None:
    rules = json.loads(call("check", "--list", "--json").stdout)
    assert len(rules) >= 25
    assert all(rule["why"] and rule["fix"] for rule in rules)


@pytest.mark.parametrize("verb", [verb.name for verb in VERBS])
def test_every_verb_has_help_with_an_example(verb: str) -> None:
    done = call(*verb.split(), "--help")
    assert done.exit_code == 0
    assert f"Usage: slipway {verb} " in done.stdout
    assert "Example: slipway " in done.stdout
    assert "--json" in done.stdout or verb in {group.name for group in VERBS if group.group}, "a group's commands have it"


def test_help_loads_neither_the_engine_nor_the_cloud() -> None:
    script = "import sys, atexit\nfrom tools.cli.app import main\natexit.register(lambda: print(*sys.modules))\nmain(['--help'])"
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    assert not {"pulumi", "boto3", "moto", "pydantic", "infra", "tools.engine", "rich"} & set(loaded.split())
