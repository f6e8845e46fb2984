"""The text about a run: grouped changes, advice with the names of resources, and progress with the oldest step."""

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.types import sagemaker
from policies.evaluate import Report, Violation
from tools.cli import ask
from tools.cli.show import changes
from tools.cli.show import run as show
from tools.cli.show import verdict as show_verdict
from tools.cli.terminal.run_progress import RunProgress, doing
from tools.engine.events import Step, Tick, UnderWay
from tools.engine.runs import RunResult
from tools.flows import watch

STACK = "urn:pulumi:local::slipway::pulumi:pulumi:Stack::slipway-local"


def step(type_: str, name: str, op: str = "create", parent: str = STACK, **more: Any) -> Step:
    return Step(urn=f"urn:pulumi:local::slipway::{type_}::{name}", type=type_, op=op, parent=parent, **more)


def result(*steps: Step, verb: str = "preview") -> RunResult:
    return RunResult(verb=verb, ok=True, seconds=1, changes={}, steps=steps, outputs={})


NETWORK = step("slipway:network:Network", "network", custom=False)
SUBNETS = [step("aws:ec2/subnet:Subnet", f"s{number}", parent=NETWORK.urn) for number in range(20)]


def test_many_creates_are_summed_up_by_component_and_listed_with_verbose() -> None:
    vpc = step("aws:ec2/vpc:Vpc", "v", parent=NETWORK.urn)
    inner = step("slipway:network:Inner", "inner", parent=NETWORK.urn, custom=False)
    deep = step("aws:ec2/eip:Eip", "e", parent=inner.urn)
    lone = step("aws:sqs/queue:Queue", "q")
    run = result(NETWORK, vpc, inner, deep, *SUBNETS, lone)
    assert list(changes.lines(run)) == [
        ("create", "Network", " 22  Subnet x20, Vpc, Eip"),
        ("create", "Stack", "  1  Queue"),
    ]
    assert len(list(changes.lines(run, verbose=True))) == 23, "components stand for nothing of their own"


def test_a_few_changes_are_listed_one_by_one_replacements_first_with_their_reasons() -> None:
    run = result(
        step("aws:s3/bucket:Bucket", "new"),
        step("aws:ec2/vpc:Vpc", "v", "update", diffs=tuple("abcdefgh")),
        step("aws:eks/cluster:Cluster", "c", "replace", replaces=("name",)),
    )
    assert list(changes.lines(run)) == [
        ("replace", "c", "aws:eks/cluster:Cluster  because of name; loses all that runs in it or is kept in it"),
        ("update", "v", "aws:ec2/vpc:Vpc  a, b, c, d, e, f and 2 more"),
        ("create", "new", "aws:s3/bucket:Bucket"),
    ]


def test_of_many_deletes_those_that_lose_data_are_listed_first_with_what_they_lose() -> None:
    rules = [step("aws:ec2/route:Route", f"r{number}", "delete", parent=NETWORK.urn) for number in range(20)]
    data = [step("aws:s3/bucket:Bucket", "raw", "delete", parent=NETWORK.urn), step("aws:kms/key:Key", "k", "delete")]
    assert list(changes.lines(result(NETWORK, *rules, *data))) == [
        ("delete", "raw", "aws:s3/bucket:Bucket  loses its objects"),
        ("delete", "k", "aws:kms/key:Key  loses everything encrypted under it"),
        ("delete", "Network", " 20  Route x20"),
    ]


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("preview", "1 to create, 1 to update, 1 to delete, 1 unchanged"),
        ("up", "1 created, 1 updated, 1 deleted, 1 unchanged"),
        ("refresh", "1 found, 1 changed in the cloud, 1 gone from the cloud, 1 unchanged"),
    ],
)
def test_the_summary_has_the_tense_of_its_verb(verb: str, words: str) -> None:
    steps = [step("aws:s3/bucket:Bucket", op, op) for op in ("create", "update", "delete", "same")]
    assert changes.summary(result(NETWORK, *steps, verb=verb)) == words


def test_a_run_that_changes_nothing_says_so() -> None:
    assert changes.summary(result(step("aws:s3/bucket:Bucket", "b", "same"), verb="up")) == "no changes, 1 unchanged"


def test_names_with_brackets_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    show.changes(result(step("aws:s3/bucket:Bucket", "[bold]raw[/]")))
    assert "[bold]raw[/]" in capsys.readouterr().out


def test_nothing_is_cut_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    show.changes(result(step("aws:ec2/vpc:Vpc", "v" * 60, "update", diffs=("tags.Owner", "tags.Project"))))
    assert f"{'v' * 60}  aws:ec2/vpc:Vpc  tags.Owner, tags.Project\n" in capsys.readouterr().out


def test_advice_is_one_entry_a_rule_with_the_resources_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    found = [Violation(rule="iam-x", level="advisory", urn=f"a::b::role-{n}", message="no boundary") for n in range(5)]
    report = Report(violations=tuple(found), unknown=(), rules=9, evaluated=5)
    show_verdict.policy(report)
    said = capsys.readouterr().out
    assert "! iam-x  role-0, role-1, role-2 and 2 more\n      no boundary\n" in said
    assert said.count("no boundary") == 1


def test_a_mandatory_violation_names_every_resource(capsys: pytest.CaptureFixture[str]) -> None:
    found = [Violation(rule="s3-x", level="mandatory", urn=f"a::b::bucket-{n}", message="open") for n in range(5)]
    show_verdict.policy(Report(violations=tuple(found), unknown=(), rules=9, evaluated=5))
    said = capsys.readouterr().out
    assert all(f"bucket-{number}" in said for number in range(5))


def tick(*under_way: UnderWay) -> Tick:
    return Tick(done=1, known=9, doing="create last", under_way=under_way)


def test_progress_names_the_oldest_step_its_duration_and_the_number_of_others() -> None:
    slow = UnderWay(op="create", name="endpoint", type="t", since=100.0)
    assert doing(tick(slow), 103.0) == "create endpoint"
    assert doing(tick(slow, slow), 120.0) == "create endpoint 20 s (+1)"
    assert doing(tick(), 103.0) == "create last"


def test_while_a_job_trains_progress_shows_its_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    progress = RunProgress()
    progress.watch = lambda: "epoch=3; train_loss=0.28; (job)"
    progress.phase("up of local", expected=9)
    progress.tick(tick(UnderWay(op="create", name="digits", type=sagemaker.TRAINING_JOB.token, since=0.0)))
    progress._look(time.monotonic() + 60)
    progress._look(time.monotonic() + 61)
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "up of local: 1 of 9, epoch=3; train_loss=0.28; (job)"
    assert len(lines) == 2, "without a terminal a line now and then, not one a second"


def test_a_cloud_that_does_not_answer_costs_a_line_of_progress_and_not_the_run() -> None:
    def broken() -> str:
        raise OSError("gone")

    progress = RunProgress()
    progress.watch = broken
    assert (
        progress._words(tick(UnderWay(op="create", name="digits", type=sagemaker.TRAINING_JOB.token, since=0.0)), 1.0)
        == "create digits"
    )


def test_the_last_whole_line_of_the_job_that_runs_is_read(tmp_path: Path) -> None:
    log = tmp_path / "jobs" / "j1" / "logs" / "algo-1.log"
    log.parent.mkdir(parents=True)
    log.write_text("x" * 5000 + "\nepoch=1; loss=2;\nepoch=2; lo")
    jobs = [
        {"name": "j0", "status": "Completed"},
        {"name": "j1", "status": "InProgress", "secondary_status": "Training"},
        {"name": "j2", "status": "InProgress", "secondary_status": "Downloading"},
    ]
    assert watch.training_line(tmp_path, {"sagemaker": {"jobs": jobs}}) == "epoch=1; loss=2; (j1); Downloading (j2)"
    assert watch.training_line(tmp_path, {}) == ""


def test_a_digit_is_drawn_and_wrong_use_of_ask_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask.picture([16] * 8 + [0] * 56)[:2] == ["@" * 16, ""]
    assert [ask.main(arguments) for arguments in ([], ["e", "x"], ["e", "99999"])] == [2, 2, 2]
    assert "usage: python -m tools.cli.ask ENDPOINT [ROW]" in capsys.readouterr().err


def test_an_endpoint_is_asked_by_boto3_and_its_answer_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io

    import boto3

    asked: list[dict[str, Any]] = []

    def invoke(**call: Any) -> dict[str, Any]:
        asked.append(call)
        return {"Body": io.BytesIO(b'{"predictions": [7]}')}

    monkeypatch.setattr(boto3, "client", lambda service: SimpleNamespace(invoke_endpoint=invoke))
    assert ask.main(["my-endpoint"]) == 0
    assert asked[0]["EndpointName"] == "my-endpoint"
    assert len(json.loads(asked[0]["Body"])["instances"][0]) == 64
    assert "my-endpoint says 7; it is a " in capsys.readouterr().out
