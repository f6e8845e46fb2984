"""The page about training jobs: its plot, its safety as one HTML file, and the verb that makes it from a real job."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from localcloud.kernel import backend
from tests.localcloud.services.sagemaker.cloud import BUCKET, REGION, SHORT, Cloud, make_repository
from tools.cli.app import app
from tools.flows import job_report
from tools.jobs.clients import connect
from tools.jobs.definition import JobDefinition
from tools.jobs.lines import values_of
from tools.jobs.runners.sagemaker import SageMaker
from tools.jobs.spec import JobSpec, Machines
from tools.report.curves import MOST_POINTS, Curves, curves_of
from tools.report.job_page import JobFacts, page
from tools.report.loss_plot import loss_plot
from tools.report.redact import HIDDEN, shown
from tools.report.svg import PALETTE

LOG = """
steps=30;
step=10; epoch=1; train_loss=2.5; learning_rate=0.001; samples_per_second=100;
test_loss=2.6; test_accuracy=0.5;
step=20; epoch=2; train_loss=2.0; learning_rate=0.0005; samples_per_second=110;
step=20; epoch=2; train_loss=1.9; learning_rate=0.0005; samples_per_second=110;
nothing of note
step=30; epoch=3; train_loss=nan; learning_rate=0.0;
test_loss=1.8;
"""


def curves(name: str = "job-a", log: str = LOG) -> Curves:
    return curves_of(name, map(values_of, log.splitlines()))


def test_curves_have_the_logs_numbers_and_a_step_reported_twice_counts_once() -> None:
    assert curves() == Curves(
        name="job-a",
        train=((10, 2.5), (20, 1.9)),
        test=((10, 2.6), (30, 1.8)),
        learning_rate=((10, 0.001), (20, 0.0005), (30, 0.0)),
        rate=((10, 100.0), (20, 110.0)),
        rate_unit="samples",
    )
    assert curves(log="no numbers").empty


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    points = curves(log="\n".join(f"step={step}; train_loss={step}.5;" for step in range(5000))).train
    assert len(points) <= MOST_POINTS + 1
    assert (points[0], points[-1]) == ((0, 0.5), (4999, 4999.5))


def test_the_plot_is_the_same_every_time_and_has_a_curve_for_every_job() -> None:
    one, two = loss_plot([curves()]), loss_plot([curves(), curves("job-b<&>")])
    assert one == loss_plot([curves()])
    root = ElementTree.fromstring(two)
    said = [text for text in root.itertext() if text.strip()]
    for wanted in ("job-a train", "job-a test", "job-b<&> train", "loss", "learning rate", "samples/s", "step"):
        assert wanted in said
    assert "Date" not in two
    lines = [path for path in root.iter("{http://www.w3.org/2000/svg}path") if PALETTE["amber"][0] in (path.get("style") or "")]
    assert len(lines) >= 4, "train, test, learning rate and speed of the second job"


def test_every_colour_of_the_plot_has_a_dark_counterpart() -> None:
    svg = loss_plot([curves(name) for name in "abcdefg"])
    used = set(re.findall(r'style="[^"]*(?:stroke|fill): (#[0-9a-f]{6})', svg))
    assert used
    for colour in used:
        assert f'[style*="stroke: {colour}"]' in svg, f"{colour} stays as it is on a dark page"


def test_a_job_without_a_loss_has_no_plot() -> None:
    with pytest.raises(ValueError, match="no job has said a loss yet"):
        loss_plot([Curves(name="x")])


class Reader(HTMLParser):
    """Collects elements, attributes that fetch, and text."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.text = ""
        self.feed(document)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [str(value) for name, value in attributes if name in ("src", "href", "xlink:href", "action", "srcset")]
        assert not any(name.startswith("on") for name, _ in attributes)

    def handle_data(self, data: str) -> None:
        self.text += data


HOSTILE = '<script>alert("x")</script>&amp;'


def test_the_page_runs_nothing_fetches_nothing_and_escapes_everything() -> None:
    facts = JobFacts(
        name=HOSTILE,
        status=HOSTILE,
        summary=HOSTILE,
        failure=HOSTILE,
        sections={HOSTILE: [(HOSTILE, HOSTILE)], "Empty": []},
        log_tail=[HOSTILE],
    )
    read = Reader(page([facts], loss_plot([curves(HOSTILE)]), note=HOSTILE))
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(read.tags)
    assert all(address.startswith("#") for address in read.fetched), "only places of the picture itself"
    assert read.text.count(HOSTILE) >= 9
    assert "Empty" not in read.text


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("api_key", "abc", HIDDEN),
        ("hf_token", "abc", HIDDEN),
        ("db-password", "abc", HIDDEN),
        ("tokenizer", "bpe", "bpe"),
        ("tokens_per_second", "12", "12"),
        ("command", "login --token=abc --now", f"login --{HIDDEN} --now"),
        ("note", "AKIAIOSFODNN7EXAMPLE!", f"{HIDDEN}!"),
        ("data", "https://me:pass@host/x?X-Amz-Signature=ab12&y=1", f"https://{HIDDEN}@host/x?{HIDDEN}&y=1"),
        ("data", "s3://bucket/key", "s3://bucket/key"),
    ],
)
def test_what_looks_secret_is_hidden_and_nothing_else(name: str, value: str, says: str) -> None:
    assert shown(name, value) == says


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    backend.reset()
    folder = tmp_path_factory.mktemp("report")
    cloud = Cloud(folder / "home", make_repository(folder / "repository"), SHORT)
    cloud.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    yield cloud
    cloud.stop()


@pytest.fixture
def slipway(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """`slipway report` in a stack whose cloud is `cloud` and that has the job `digits`."""
    clients = connect(REGION, {"AWS_ENDPOINT_URL": cloud.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"})
    job = JobDefinition(
        name="digits",
        run="demand",
        workload="digits",
        region=REGION,
        name_prefix="mine-digits",
        definition="0",
        spec=JobSpec(image="i", hyperparameters={}, machines=Machines(instance_type="ml.m5.large")),
    )
    there = job_report.Reach(runner=SageMaker(clients), jobs={"digits": job})
    monkeypatch.setattr(job_report, "reach", lambda stack: there)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["report", *arguments])


def test_the_page_of_a_real_job_shows_what_ran_and_its_result(cloud: Cloud, slipway: Any, tmp_path: Path) -> None:
    program = f"print({LOG!r}); (BASE / 'model' / 'm').write_text('x')"
    metrics = [{"Name": "test_loss", "Regex": "test_loss=([0-9.]+);"}]
    done = cloud.run(
        program,
        TrainingJobName="mine-digits-20260101-000001",
        HyperParameters={"program": program, "workload": "digits", "epochs": "3", "secret_key": "hunter2"},
        AlgorithmSpecification={
            "TrainingImage": "x/slipway-training:t",
            "TrainingInputMode": "File",
            "MetricDefinitions": metrics,
        },
        Environment={"PRIVATE": "hunter3"},
    )
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    result = slipway("digits", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {
        "file": "mine-digits-20260101-000001.html",
        "jobs": ["mine-digits-20260101-000001"],
        "plotted": ["mine-digits-20260101-000001"],
    }
    text = Reader((tmp_path / "mine-digits-20260101-000001.html").read_text()).text
    for wanted in (
        "mine-digits-20260101-000001",
        "Completed",
        "test_loss",
        "1.8",
        "epochs",
        "ml.m5.large",
        "model.tar.gz",
        "USD",
        "PRIVATE",
    ):
        assert wanted in text
    assert "hunter" not in text


def test_the_page_of_two_jobs_shows_why_one_failed_and_an_unknown_job_is_refused(
    cloud: Cloud, slipway: Any, tmp_path: Path
) -> None:
    cloud.run("(BASE / 'output' / 'failure').write_text('ValueError: <no data>'); raise SystemExit(1)", TrainingJobName="bad-1")
    cloud.run("print('step=1; train_loss=1.5;')", TrainingJobName="good-1")
    result = slipway("bad-1", "good-1", "bad-1", "--out", str(tmp_path / "both.html"))
    assert result.exit_code == 0, result.output
    text = Reader((tmp_path / "both.html").read_text()).text
    assert "2 training jobs" in text
    assert "ValueError: <no data>" in text
    unknown = slipway("no-such-job")
    assert unknown.exit_code == 2
    assert "there is no training job 'no-such-job'" in unknown.output
