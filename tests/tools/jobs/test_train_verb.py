"""`slipway train` over a SageMaker that runs in this process; only what finds the stack is stood in for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from tests.localcloud.services.sagemaker.cloud import BUCKET, REGISTRY, wait_for
from tests.tools.jobs.make import outputs
from tools.cli import deployed as deployed_module
from tools.cli import job_line
from tools.cli.app import app
from tools.cli.deployed import Deployed
from tools.cli.training import job_plan
from tools.engine.home import REPOSITORY
from tools.jobs import submit
from tools.jobs.clients import Clients
from tools.jobs.definition import from_outputs
from tools.jobs.view import describe

TRAINS = """
print("steps=2;")
for step in (1, 2):
    print(f"step={step}; train_loss={4 / step}; tokens_per_second=1000;")
print("test_accuracy=0.75;")
(BASE / "model" / "model.pt").write_text("weights")
"""
SLEEPS = "import time; time.sleep(30)"
Run = Callable[..., Result]


@pytest.fixture
def stack(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """A function that gives `slipway train` in a stack with these jobs."""

    def made(*, ceiling: float = 100.0, **jobs: dict[str, Any]) -> Run:
        told = {**outputs(**jobs), "servingImageUri": f"{REGISTRY}/slipway-local-serving:src-0123456789ab"}
        there = Deployed(stack="local", local=True, outputs=told, jobs=from_outputs(told), clients=clients, ceiling_usd=ceiling)
        monkeypatch.setattr(deployed_module, "deployed", lambda stack, local=False: there)

        def run(*arguments: str, code: int = 0) -> Result:
            result = CliRunner().invoke(app, ["train", *arguments])
            assert result.exit_code == code, f"{result.stderr}{result.output[-2000:]}{result.exception!r}"
            return result

        return run

    return made


def test_a_followed_job_ends_with_one_document_and_its_registered_model(stack: Callable[..., Run], clients: Clients) -> None:
    result = stack(verb1={"program": TRAINS, "group": "verb-models"})("verb1", "--follow", "--json")
    document = json.loads(result.stdout)
    assert list(document)[:7] == ["job", "status", "seconds", "metrics", "artifact", "cost_usd", "failure"]
    assert (document["status"], document["failure"], document["metrics"]) == ("Completed", None, {"test_accuracy": 0.75})
    assert document["series"] == [[1, 4.0], [2, 2.0]]
    version = document["version"]
    assert (version["group"], version["version"], version["status"]) == ("verb-models", 1, "PendingManualApproval")
    assert version["lineage"]["training_job"] == document["job"]
    (listed,) = clients.sagemaker.list_model_packages(ModelPackageGroupName="verb-models")["ModelPackageSummaryList"]
    assert listed["ModelApprovalStatus"] == "PendingManualApproval"
    assert "verb1: at most 0." in result.stderr, "the price comes before the start"
    assert "verb1: Completed, step 2 of 2, loss 2.0000, 1,000 tokens/s" in result.stderr


def test_people_get_a_summary_and_the_way_on(stack: Callable[..., Run]) -> None:
    run = stack(verb2={"program": TRAINS, "group": "verb-models"}, bare={"program": ""})
    told = run("verb2", "--follow").stdout
    assert "completed in 0:0" in told
    assert "test_accuracy          0.75" in told
    assert "registered             verb-models version" in told
    assert "next: ./slipway models list" in told
    assert "registered" not in run("verb2", "--follow", "--no-register").stdout
    assert "next: ./slipway outputs local" in run("bare", "-f").stdout


def test_without_follow_it_is_started_and_the_way_to_follow_is_said(stack: Callable[..., Run], clients: Clients) -> None:
    run = stack(verb3={"program": SLEEPS})
    result = run("verb3")
    name = result.stdout.strip()
    assert describe(clients, name).status == "InProgress"
    assert f"to follow it: ./slipway train verb3 --follow --job {name}" in result.stderr
    assert f"to stop it: ./slipway train --stop {name}" in result.stderr
    assert json.loads(run("--stop", name, "--json").stdout)["status"] in ("Stopping", "Stopped")
    document = json.loads(run("--attach", name, "--json", code=1).stdout)
    assert document["status"] == "Stopped"
    assert "stopped" in document["failure"]
    assert f"{name} has ended already (Stopped)" in run("--stop", name).stderr


def test_a_failed_job_is_told_with_its_cause_and_its_last_lines(stack: Callable[..., Run]) -> None:
    program = (
        "print('the last words'); (BASE / 'output/failure').write_text('DataError: 3 rows\\n\\nlong tail'); raise SystemExit(2)"
    )
    run = stack(verb4={"program": program, "group": "verb-models"})
    result = run("verb4", "--follow", "--json", code=1)
    document = json.loads(result.stdout)
    assert document["failure"].startswith("AlgorithmError: DataError: 3 rows")
    assert (document["status"], document["artifact"], document["version"]) == ("Failed", None, None)
    assert "the last words" in result.stderr
    assert result.stderr.rstrip().endswith("failed: AlgorithmError: DataError: 3 rows"), "the cause, and the tail only once"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verb",), "did you mean verb5?"),
        ((), "name a job: verb5"),
        (("verb5", "--set", "epochs"), "write KEY=VALUE"),
        (("verb5", "--set", "epochs=1", "--set", "epochs=2"), "keep one"),
        (("verb5", "--set", "workload=language"), "hyperparameter workload is set by the stack"),
        (("verb5", "--set", "a=1", "--job", "x"), "leave it out"),
    ],
)
def test_wrong_use_is_told_with_the_way_out(stack: Callable[..., Run], arguments: tuple[str, ...], said: str) -> None:
    result = stack(verb5={})(*arguments, "--json", code=2)
    assert said in result.stderr
    assert said in json.loads(result.stdout)["error"]["lines"][0]


def test_an_unknown_running_job_is_told(stack: Callable[..., Run]) -> None:
    run = stack(verb5={})
    for option in ("--job", "--stop"):
        assert "there is no training job 'nothing-like-it'" in run(option, "nothing-like-it", code=2).stderr


def test_a_hyperparameter_may_be_set_for_one_run(stack: Callable[..., Run], clients: Clients) -> None:
    run = stack(verb6={"program": ""})
    document = json.loads(run("verb6", "--follow", "--json", "--set", "epochs=3", "--set", "name=a=b").stdout)
    told = describe(clients, document["job"]).hyperparameters
    assert (told["epochs"], told["name"]) == ("3", "a=b")


def test_a_request_that_breaks_a_rule_starts_nothing(stack: Callable[..., Run], clients: Clients) -> None:
    run = stack(verb7={"request": {"VpcConfig": {}}})
    result = run("verb7", "--json", code=3)
    assert "training-job-in-our-network: the job runs outside the VPC" in result.stderr
    assert json.loads(result.stdout)["error"]["code"] == 3
    assert _jobs(clients, "verb7") == []


@pytest.fixture
def policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], None]:
    """A function that gives the stack's file this `slipway:policies`."""

    def given(section: dict[str, Any]) -> None:
        document = yaml.safe_load((REPOSITORY / "Pulumi.local.yaml").read_text(encoding="utf-8"))
        document["config"]["slipway:policies"] = section
        (tmp_path / "Pulumi.local.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")

    monkeypatch.setenv("SLIPWAY_STACKS", str(tmp_path))
    return given


def excepted(rule: str, resource: str, until: str) -> dict[str, str]:
    return {"rule": rule, "resource": resource, "who": "Ada", "why": "the key comes in March", "until": until}


# A request that SageMaker takes and a rule does not.
UNENCRYPTED = {"OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/unencrypted"}}
ENCRYPTED = "training-job-output-is-encrypted"


def test_a_job_is_judged_by_the_severities_of_its_stack(
    stack: Callable[..., Run], clients: Clients, policies: Callable[[dict[str, Any]], None]
) -> None:
    run = stack(verb71={"request": UNENCRYPTED, "program": ""})
    policies({"severity": {ENCRYPTED: "advisory"}})
    run("verb71", "--follow")
    policies({"severity": {ENCRYPTED: "off"}})
    run("verb71", "--follow")
    policies({"severity": {"sagemaker-endpoint-has-alarms": "mandatory"}})
    run("verb71", code=3)
    assert len(_jobs(clients, "verb71")) == 2


def test_an_exception_lets_a_job_run_up_to_its_day_and_is_told(
    stack: Callable[..., Run], policies: Callable[[dict[str, Any]], None]
) -> None:
    run = stack(verb72={"request": UNENCRYPTED, "program": ""})
    policies({"exceptions": [excepted(ENCRYPTED, "test-verb72*", "2999-01-31")]})
    told = run("verb72", "--follow").stderr
    assert f"{ENCRYPTED}: excepted until 2999-01-31 by Ada: the key comes in March" in told
    assert "at most 0." in told
    policies({"exceptions": [excepted(ENCRYPTED, "test-verb72*", "2020-01-31")]})
    told = run("verb72", code=3).stderr
    assert f"{ENCRYPTED}: the model artifact" in told
    assert "ended on 2020-01-31" in told


def test_an_exception_of_something_else_that_has_ended_is_not_the_jobs_business(
    stack: Callable[..., Run], policies: Callable[[dict[str, Any]], None]
) -> None:
    policies({"exceptions": [excepted("eks-control-plane-logs", "*:Cluster::*", "2020-01-31")]})
    assert "excepted" not in stack(verb73={"program": ""})("verb73", "--follow").stderr


def test_a_rule_that_is_not_there_is_bad_configuration(
    stack: Callable[..., Run], policies: Callable[[dict[str, Any]], None]
) -> None:
    policies({"severity": {"training-job-output-is-encrypte": "off"}})
    assert f"did you mean {ENCRYPTED}" in stack(verb74={})("verb74", code=2).stderr


def test_an_exception_of_the_stacks_job_holds_for_every_run_of_it() -> None:
    tags = [{"Key": "Name", "Value": "slipway-dev-digits"}]
    (view,) = job_plan([{"TrainingJobName": "slipway-dev-digits-20260102", "Tags": tags}])
    assert (view.name, view.urn.rpartition("::")[2]) == ("slipway-dev-digits", "slipway-dev-digits-20260102")


def test_a_request_over_the_ceiling_starts_nothing(stack: Callable[..., Run], clients: Clients) -> None:
    result = stack(verb8={}, ceiling=0.01)("verb8", code=4)
    assert "at most 0.1" in result.stderr
    assert "over the ceiling of 0 USD" in result.stderr
    assert _jobs(clients, "verb8") == []


def test_what_a_job_needs_is_run_before_it_and_only_once(stack: Callable[..., Run], clients: Clients) -> None:
    run = stack(
        first={"program": TRAINS},
        second={"program": TRAINS, "needs": ["first"]},
        third={"program": "(BASE / 'model/x').write_text(str(sorted(p.name for p in (BASE / 'input/data/model').iterdir())))",
               "needs": ["second"], "models": {"model": {"job": "second"}}},
    )  # fmt: skip
    result = run("third", "--follow", "--json")
    said = [line for line in result.stderr.splitlines() if "which it needs" in line]
    assert [line.split(",")[0] for line in said] == ["first first", "first second"]
    document = json.loads(result.stdout)
    assert document["status"] == "Completed"
    channels = describe(clients, document["job"]).channels
    assert channels["model"].endswith("/second/test-second-0123456789/output/model.tar.gz")
    assert "which it needs" not in run("third", "--follow", "--json").stderr
    assert _jobs(clients, "first") == ["test-first-0123456789"]


def test_a_need_that_fails_stops_the_rest(stack: Callable[..., Run], clients: Clients) -> None:
    run = stack(broken={"program": "raise ValueError('no text')"}, after={"needs": ["broken"]})
    result = run("after", "--follow", "--json", code=1)
    assert "after was not started, for test-broken-0123456789 did not complete" in result.stderr
    assert json.loads(result.stdout)["job"] == "test-broken-0123456789"
    assert _jobs(clients, "after") == []


def test_a_need_that_up_runs_is_not_run_here(stack: Callable[..., Run]) -> None:
    result = stack(base={"run": "up", "jobName": "test-base-gone"}, tuned={"needs": ["base"]})("tuned", code=2)
    assert "job tuned needs base, whose model is not there; run `./slipway up local`" in result.stderr


def test_ctrl_c_leaves_the_job_running_and_says_how_to_stop_it(
    stack: Callable[..., Run], clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Any, progress: Any) -> None:
        raise KeyboardInterrupt

    run = stack(verb9={"program": SLEEPS})
    monkeypatch.setattr(job_line.JobLine, "__call__", interrupted)
    result = run("verb9", "--follow", "--json", code=1)
    document = json.loads(result.stdout)
    assert document["status"] == "InProgress"
    assert f"{document['job']} runs on; to follow it again: ./slipway train --follow --job {document['job']}" in result.stderr
    assert not describe(clients, document["job"]).ended
    submit.stop(clients, document["job"])
    wait_for(lambda: describe(clients, document["job"]).ended, "the end of the job")


def _jobs(clients: Clients, name: str) -> list[str]:
    found = clients.sagemaker.list_training_jobs(NameContains=f"test-{name}-")["TrainingJobSummaries"]
    return [job["TrainingJobName"] for job in found]
