"""`slipway train` over a SageMaker that runs in this process; only what finds the stack is stood in for."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from tests.localcloud.services.sagemaker.cloud import BUCKET, wait_for
from tests.tools.jobs.make import job
from tools.cli.app import app
from tools.cli.show import job_line
from tools.engine.home import REPOSITORY
from tools.flows import deployed as deployed_module
from tools.flows.deployed import Deployed
from tools.flows.ending import Ending
from tools.flows.job_needs import open_needs
from tools.flows.job_verdict import JobVerdict, NamedSpec, job_plan, judge
from tools.jobs import life
from tools.jobs.definition import run_spec
from tools.jobs.runners.sagemaker import SageMaker

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
def stack(stack_of: Callable[..., Deployed], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """A function that gives `slipway train` in a stack with these jobs."""

    def made(**jobs: Any) -> Run:
        there = stack_of(**jobs)
        monkeypatch.setattr(deployed_module, "deployed", lambda stack: there)
        return train

    return made


def train(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["train", *arguments])
    assert result.exit_code == code, f"{result.stderr}{result.output[-2000:]}{result.exception!r}"
    return result


@pytest.fixture(scope="module")
def trained(stack_of: Callable[..., Deployed]) -> Result:
    """What `train verb1 --follow --json` said, whose job the tests that only look share."""
    there = stack_of(verb1={"program": TRAINS, "group": "verb-models"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deployed_module, "deployed", lambda stack: there)
        return train("verb1", "--follow", "--json")


def test_a_followed_job_ends_with_one_document_and_its_registered_model(trained: Result, runner: SageMaker) -> None:
    document = json.loads(trained.stdout)
    assert list(document)[:7] == ["job", "status", "seconds", "metrics", "artifact", "cost_usd", "failure"]
    assert (document["status"], document["failure"], document["metrics"]) == ("Completed", None, {"test_accuracy": 0.75})
    assert document["series"] == [[1, 4.0], [2, 2.0]]
    version = document["version"]
    assert (version["group"], version["version"], version["status"]) == ("verb-models", 1, "PendingManualApproval")
    assert version["lineage"]["training_job"] == document["job"]
    packages = runner.clients.sagemaker.list_model_packages(ModelPackageGroupName="verb-models")["ModelPackageSummaryList"]
    assert [package["ModelApprovalStatus"] for package in packages] == ["PendingManualApproval"]
    assert "verb1: at most 0." in trained.stderr, "the price comes before the start"
    assert "verb1: Completed, step 2 of 2, loss 2.0000, 1,000 tokens/s" in trained.stderr


def test_people_get_a_summary_and_the_way_on(trained: Result, stack: Callable[..., Run]) -> None:
    name = json.loads(trained.stdout)["job"]
    told = stack(verb1={"group": "verb-models"})("--job", name).stdout
    assert "completed in 0:0" in told
    assert "test_accuracy          0.75" in told
    assert "registered             verb-models version 1," in told
    assert "next: ./slipway models list" in told
    assert "registered" not in train("--job", name, "--no-register").stdout
    assert "next: ./slipway outputs local" in stack(verb1={})("--job", name).stdout, "of a job without models"


def test_without_follow_a_job_is_started_and_the_way_to_follow_is_printed(stack: Callable[..., Run], runner: SageMaker) -> None:
    run = stack(verb3={"program": SLEEPS})
    result = run("verb3")
    name = result.stdout.strip()
    assert life.require(runner, name).status == "InProgress"
    assert f"to follow it: ./slipway train verb3 --follow --job {name}" in result.stderr
    assert f"to stop it: ./slipway train --stop {name}" in result.stderr
    assert json.loads(run("--stop", name, "--json").stdout)["status"] in ("Stopping", "Stopped")
    document = json.loads(run("--attach", name, "--json", code=1).stdout)
    assert document["status"] == "Stopped"
    assert "stopped" in document["failure"]
    assert f"{name} has ended already (Stopped)" in run("--stop", name).stderr


def test_a_failed_job_is_reported_with_its_cause_and_its_last_lines(stack: Callable[..., Run]) -> None:
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
def test_wrong_use_is_refused_with_the_way_out(stack: Callable[..., Run], arguments: tuple[str, ...], said: str) -> None:
    result = stack(verb5={})(*arguments, "--json", code=2)
    assert said in result.stderr
    assert said in json.loads(result.stdout)["error"]["lines"][0]


def test_an_unknown_job_to_follow_or_to_stop_is_refused(stack: Callable[..., Run]) -> None:
    run = stack(verb5={})
    for option in ("--job", "--stop"):
        assert "there is no training job 'nothing-like-it'" in run(option, "nothing-like-it", code=2).stderr


def test_a_hyperparameter_may_be_set_for_one_run(stack: Callable[..., Run], runner: SageMaker) -> None:
    run = stack(verb6={"program": ""})
    document = json.loads(run("verb6", "--json", "--set", "epochs=3", "--set", "name=a=b").stdout)
    told = life.require(runner, document["job"]).spec.hyperparameters
    assert (told["epochs"], told["name"]) == ("3", "a=b")


def test_a_request_that_breaks_a_rule_starts_nothing(stack: Callable[..., Run], runner: SageMaker) -> None:
    run = stack(verb7={"request": {"VpcConfig": {}}})
    result = run("verb7", "--json", code=3)
    assert "training-job-in-our-network: the job runs outside the VPC" in result.stderr
    assert json.loads(result.stdout)["error"]["code"] == 3
    assert _jobs(runner, "verb7") == []


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


@pytest.fixture
def verdict(stack_of: Callable[..., Deployed]) -> Callable[..., JobVerdict]:
    """A function that judges a run of a job that leaves its model unencrypted, and starts none."""

    def judged(name: str, **changes: Any) -> JobVerdict:
        there = stack_of(**{name: {"request": UNENCRYPTED, **changes}})
        return judge([NamedSpec(name=f"test-{name}-1", spec=run_spec(there.jobs[name]))], there)

    return judged


def test_a_job_is_judged_by_the_severities_of_its_stack(
    verdict: Callable[..., JobVerdict], policies: Callable[[dict[str, Any]], None]
) -> None:
    for severity in ("advisory", "off"):
        policies({"severity": {ENCRYPTED: severity}})
        assert verdict("verb71").ending is Ending.DONE
    policies({"severity": {"sagemaker-endpoint-has-alarms": "mandatory"}})
    assert verdict("verb71").ending is Ending.POLICY


def test_an_exception_lets_a_job_run_up_to_its_day_and_is_reported(
    verdict: Callable[..., JobVerdict], policies: Callable[[dict[str, Any]], None]
) -> None:
    policies({"exceptions": [excepted(ENCRYPTED, "test-verb72*", "2999-01-31")]})
    allowed = verdict("verb72")
    assert allowed.ending is Ending.DONE
    assert allowed.lines()[0] == f"{ENCRYPTED}: excepted until 2999-01-31 by Ada: the key comes in March"
    assert allowed.lines()[1].startswith("at most 0.")
    policies({"exceptions": [excepted(ENCRYPTED, "test-verb72*", "2020-01-31")]})
    refused = verdict("verb72")
    assert refused.ending is Ending.POLICY
    told = "\n".join(refused.lines())
    assert f"{ENCRYPTED}: the model artifact" in told
    assert "ended on 2020-01-31" in told


def test_an_exception_of_something_else_that_has_ended_is_not_the_jobs_business(
    verdict: Callable[..., JobVerdict], policies: Callable[[dict[str, Any]], None]
) -> None:
    policies({"exceptions": [excepted("eks-control-plane-logs", "*:Cluster::*", "2020-01-31")]})
    (price,) = verdict("verb73", request={}).lines()
    assert price.startswith("at most 0.")


def test_a_rule_that_is_not_there_is_bad_configuration(
    stack: Callable[..., Run], policies: Callable[[dict[str, Any]], None]
) -> None:
    policies({"severity": {"training-job-output-is-encrypte": "off"}})
    assert f"did you mean {ENCRYPTED}" in stack(verb74={})("verb74", code=2).stderr


def test_an_exception_of_the_stacks_job_holds_for_every_run_of_it(runner: SageMaker) -> None:
    tags = [{"Key": "Name", "Value": "slipway-dev-digits"}]
    (view,) = job_plan(runner, [NamedSpec(name="slipway-dev-digits-20260102", spec=job(request={"Tags": tags}).spec)])
    assert (view.name, view.urn.rpartition("::")[2]) == ("slipway-dev-digits", "slipway-dev-digits-20260102")
    assert view.props["tags"] == {"Name": "slipway-dev-digits"}


def test_a_request_over_the_ceiling_starts_nothing(stack: Callable[..., Run], runner: SageMaker) -> None:
    result = stack(verb8={}, ceiling=0.01)("verb8", code=4)
    assert "at most 0.1" in result.stderr
    assert "over the ceiling of 0 USD" in result.stderr
    assert _jobs(runner, "verb8") == []


def test_what_a_job_needs_is_run_before_it_and_only_once(
    stack: Callable[..., Run], stack_of: Callable[..., Deployed], runner: SageMaker
) -> None:
    jobs = {
        "first": {"program": TRAINS},
        "second": {"program": TRAINS, "needs": ["first"]},
        "third": {
            "program": "(BASE / 'model/x').write_text(str(sorted(p.name for p in (BASE / 'input/data/model').iterdir())))",
            "needs": ["second"],
            "models": {"model": {"job": "second"}},
        },
    }
    result = stack(**jobs)("third", "--follow", "--json")
    said = [line for line in result.stderr.splitlines() if "which it needs" in line]
    assert [line.split(",")[0] for line in said] == ["first first", "first second"]
    document = json.loads(result.stdout)
    assert document["status"] == "Completed"
    channels = life.require(runner, document["job"]).spec.channels
    assert channels["model"].endswith("/second/test-second-0123456789/output/model.tar.gz")
    there = stack_of(**jobs)
    assert open_needs(there, there.jobs["third"]) == [], "what has run is not run again"
    assert _jobs(runner, "first") == ["test-first-0123456789"]


def test_a_need_that_fails_stops_the_rest(stack: Callable[..., Run], runner: SageMaker) -> None:
    run = stack(broken={"program": "raise ValueError('no text')"}, after={"needs": ["broken"]})
    result = run("after", "--follow", "--json", code=1)
    assert "after was not started, for test-broken-0123456789 did not complete" in result.stderr
    assert json.loads(result.stdout)["job"] == "test-broken-0123456789"
    assert _jobs(runner, "after") == []


def test_a_need_that_up_runs_is_not_run_here(stack: Callable[..., Run]) -> None:
    result = stack(base={"run": "up", "jobName": "test-base-gone"}, tuned={"needs": ["base"]})("tuned", code=2)
    assert "job tuned needs base, whose model is not there; run `./slipway up local`" in result.stderr


def test_ctrl_c_leaves_the_job_running_and_says_how_to_stop_it(
    stack: Callable[..., Run], runner: SageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(progress: Any) -> None:
        raise KeyboardInterrupt

    @contextmanager
    def following(self: Any, label: str) -> Any:
        yield interrupted

    run = stack(verb9={"program": SLEEPS})
    monkeypatch.setattr(job_line.JobLines, "following", following)
    result = run("verb9", "--follow", "--json", code=1)
    document = json.loads(result.stdout)
    name = document["job"]
    assert document["status"] == "InProgress"
    assert f"{name} runs on; to follow it again: ./slipway train --follow --job {name}" in result.stderr
    assert not life.require(runner, name).ended
    life.stop(runner, name)
    wait_for(lambda: life.require(runner, name).ended, "the end of the job")


def _jobs(runner: SageMaker, name: str) -> list[str]:
    return list(runner.runs(f"test-{name}-"))
