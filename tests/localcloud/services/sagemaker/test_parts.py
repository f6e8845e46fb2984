"""The pure parts: limits, layout, transfer, logs, metrics, capture, routing."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.services.sagemaker import archives, layout, logs, transfer
from localcloud.services.sagemaker.capture import Capture, Exchange, encoding_of, event, folder_of
from localcloud.services.sagemaker.crew import Crew
from localcloud.services.sagemaker.job_run import hosts_asked
from localcloud.services.sagemaker.limits import Limits, allocate
from localcloud.services.sagemaker.metrics import MetricWatch, compile_metric
from localcloud.services.sagemaker.processes import Child
from localcloud.services.sagemaker.servers import ModelServer
from localcloud.services.sagemaker.transfer import TransferError
from localcloud.services.sagemaker.variants import Deployment, ModelSpec, Variant
from tests.localcloud.services.sagemaker.cloud import archive, unpacked


@pytest.mark.parametrize(
    ("asked", "available", "granted"),
    [
        ({"a": 1}, 2, {"a": 1}),
        ({"a": 8}, 2, {"a": 2}),
        ({"a": 3, "b": 1}, 2, {"a": 1, "b": 1}),
        ({"a": 9, "b": 9}, 5, {"a": 3, "b": 2}),
        ({"a": 2, "b": 9}, 8, {"a": 1, "b": 7}),
        ({"a": 2, "b": 2}, -3, {"a": 1, "b": 1}),
    ],
)
def test_servers_are_shared_out_with_one_for_each_variant(asked: dict[str, int], available: int, granted: dict[str, int]) -> None:
    assert allocate(asked, available) == granted


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 50), min_size=1, max_size=5), st.integers(-5, 60))
def test_no_variant_gets_more_than_it_asked_for_nor_all_more_than_there_is(asked: dict[str, int], available: int) -> None:
    granted = allocate(asked, available)
    assert all(1 <= granted[name] <= asked[name] for name in asked)
    assert sum(granted.values()) <= max(available, len(asked))


@pytest.mark.parametrize(
    ("image", "repository"),
    [
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/slipway-dev-training:src-1", "slipway-dev-training"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/slipway-training@sha256:abc", "team/slipway-training"),
        ("localhost:5000/x-training", "x-training"),
        ("slipway-training:latest", "slipway-training"),
        ("team/slipway-training", "team/slipway-training"),
        ("", ""),
    ],
)
def test_the_repository_is_what_stands_between_host_and_tag(image: str, repository: str) -> None:
    assert layout.repository_of(image) == repository


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a_b", "-a", "a-", "a" * 64, "a\n"])
def test_names_that_sagemaker_refuses_are_refused(name: str) -> None:
    assert not layout.valid_name(name)


def test_paths_of_the_contract_stay_below_the_base(tmp_path: Path) -> None:
    assert layout.local_path(tmp_path, "/opt/ml/checkpoints/x") == tmp_path / "checkpoints" / "x"
    assert [layout.local_path(tmp_path, path) for path in ("/opt/ml", "/tmp/x", "/opt/ml/../etc", "checkpoints")] == [None] * 4


GROUPS = {
    "InstanceGroups": [
        {"InstanceGroupName": "gpu", "InstanceType": "ml.p5.48xlarge", "InstanceCount": 2},
        {"InstanceGroupName": "cpu", "InstanceType": "ml.m5.large", "InstanceCount": 1},
    ]
}


def test_instance_groups_are_counted_together() -> None:
    assert (hosts_asked(GROUPS), hosts_asked({"InstanceCount": 4})) == (3, 4)


@pytest.mark.parametrize(
    ("available", "hosts"),
    [(9, {"gpu": ("algo-1", "algo-2"), "cpu": ("algo-3",)}), (1, {"gpu": ("algo-1",), "cpu": ("algo-2",)})],
)
def test_every_instance_group_has_its_hosts(available: int, hosts: dict[str, tuple[str, ...]]) -> None:
    groups = layout.host_groups(GROUPS, available)
    assert {group.name: group.hosts for group in groups} == hosts
    told = layout.resourceconfig(hosts["cpu"][0], groups)
    assert (told["current_group_name"], told["current_instance_type"]) == ("cpu", "ml.m5.large")
    assert [group["instance_group_name"] for group in told["instance_groups"]] == ["gpu", "cpu"]


def test_the_hosts_list_is_sorted_by_text_as_in_the_cloud() -> None:
    groups = layout.host_groups({"InstanceType": "ml.m5.large", "InstanceCount": 11}, 11)
    told = layout.resourceconfig("algo-2", groups)
    assert told["hosts"][:3] == ["algo-1", "algo-10", "algo-11"]
    assert told["current_group_name"] == "homogeneousCluster"


def test_a_port_is_given_once() -> None:
    ports = [layout.free_port() for _ in range(50)]
    assert len(set(ports)) == 50


@pytest.mark.parametrize(
    ("key", "prefix", "name"),
    [
        ("data/train/a.parquet", "data/train/", "a.parquet"),
        ("data/train/x/a.parquet", "data/train", "x/a.parquet"),
        ("data/train/a.parquet", "data/train/a.parquet", "a.parquet"),
        ("data/train-2/a.parquet", "data/tra", "train-2/a.parquet"),
        ("a.parquet", "", "a.parquet"),
    ],
)
def test_an_objects_place_in_its_channel(key: str, prefix: str, name: str) -> None:
    assert transfer.relative_name(key, prefix) == name


@pytest.mark.parametrize("key", ["data/../../etc/passwd", "data/"])
def test_a_key_that_leaves_its_channel_is_refused(key: str) -> None:
    with pytest.raises(TransferError, match="rename the object"):
        transfer.relative_name(key, "data/")


@pytest.mark.parametrize("uri", ["http://x/y", "s3://", "bucket/key", ""])
def test_what_is_no_s3_uri_is_refused(uri: str) -> None:
    with pytest.raises(TransferError, match="no S3 URI"):
        transfer.split_uri(uri)


def test_the_same_files_give_the_same_archive_whenever_they_were_written(tmp_path: Path) -> None:
    packed = []
    for run, names in enumerate((["b.txt", "a/c.txt"], ["a/c.txt", "b.txt"])):
        folder = tmp_path / f"run-{run}"
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(name)
            os.utime(folder / name, (run * 1000, run * 1000))
        target = tmp_path / f"{run}.tar.gz"
        assert archives.pack([folder], target, warn=print) == 2
        packed.append(target.read_bytes())
    assert packed[0] == packed[1]
    assert unpacked(packed[0]) == {"a/c.txt": "a/c.txt", "b.txt": "b.txt"}


def test_where_two_hosts_wrote_one_name_the_first_wins_and_it_is_said(tmp_path: Path) -> None:
    for host in ("algo-1", "algo-2"):
        (tmp_path / host / "model").mkdir(parents=True)
        (tmp_path / host / "model" / "same.txt").write_text("same")
        (tmp_path / host / "model" / "rank.txt").write_text(host)
    said: list[str] = []
    archives.pack([tmp_path / host / "model" for host in ("algo-1", "algo-2")], tmp_path / "m.tar.gz", warn=said.append)
    assert unpacked((tmp_path / "m.tar.gz").read_bytes()) == {"same.txt": "same", "rank.txt": "algo-1"}
    assert said == ["two hosts wrote different 'rank.txt'; left out the one of algo-2"]


@pytest.mark.parametrize("content", [archive({"../x": "y"}), archive({"x": "y"})[:-20], b"no archive"], ids=["up", "cut", "none"])
def test_an_archive_that_is_none_or_would_write_elsewhere_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.tar.gz").write_bytes(content)
    with pytest.raises(TransferError, match="cannot be unpacked"):
        archives.unpack(tmp_path / "m.tar.gz", tmp_path / "inside")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inside", "m.tar.gz"]


def test_log_batches_keep_within_what_cloudwatch_takes() -> None:
    many = [{"timestamp": 0, "message": "x"}] * 25_000
    assert [len(batch) for batch in logs.batches(many)] == [10_000, 10_000, 5_000]
    large = [{"timestamp": 0, "message": "x" * 250_000}] * 9
    assert [len(batch) for batch in logs.batches(large)] == [4, 4, 1]
    assert logs.batches([]) == []


def test_a_log_is_shipped_in_order_and_its_flood_stays_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_SHIPPED_BYTES", 100)
    shipped: list[dict[str, Any]] = []
    shipper = logs.LogShipper(lambda region, group, stream, events: shipped.extend(events), period_s=60)
    log = shipper.open(region="r", group="g", stream="s", path=tmp_path / "logs" / "a.log")
    for number in range(30):
        log.write(f"line {number:03d}!")
    log.note("the platform's own")
    shipper.close(log)
    log.write("after the end")
    messages = [row["message"] for row in shipped]
    assert messages[:11] == [f"line {number:03d}!" for number in range(11)]
    assert "the rest is only in" in messages[11]
    assert len(messages) == 12
    assert (tmp_path / "logs" / "a.log").read_text().splitlines()[-2:] == ["line 029!", "[local cloud] the platform's own"]
    assert log.tail(1000).endswith("the platform's own")
    assert [row["timestamp"] for row in shipped] == sorted(row["timestamp"] for row in shipped)


def test_a_long_job_leaves_ever_fewer_points_of_a_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import datetime, timedelta

    from localcloud.services.sagemaker import metrics

    now = datetime(2026, 1, 1)
    monkeypatch.setattr(metrics, "utcnow", lambda: now)
    watch = MetricWatch([{"Name": "loss", "Regex": r"loss=(\S+?);"}])
    for _ in range(4 * 3600):
        watch.feed("loss=1;")
        watch.feed("loss=2;")
        now += timedelta(seconds=1)
    points = watch.take_series()
    assert 2000 < len(points) < 3000, "four hours at a point a second would be 14,400"
    assert watch.take_series() == []
    assert watch.final()[0]["Value"] == 2.0


def test_metrics_take_the_first_group_of_the_last_match() -> None:
    watch = MetricWatch([{"Name": "loss", "Regex": r"loss[=:](\S+?);"}, {"Name": "either", "Regex": r"a=(\d+)|b=(\d+)"}])
    for line in ("loss=0.9; loss:0.5;", "loss=nan;", "loss=oops;", "b=3"):
        watch.feed(line)
    assert {row["MetricName"]: row["Value"] for row in watch.final()} == {"loss": 0.5, "either": 3.0}
    assert [name for name, _, _ in watch.take_series()].count("loss") == 1, "a point a second is enough for CloudWatch"


@pytest.mark.parametrize(("regex", "said"), [("(", "not a regular expression"), ("loss=1", "put parentheses")])
def test_a_metric_without_a_number_to_take_is_refused(regex: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        compile_metric("loss", regex)


CONFIG = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://b/captured/",
    "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
    "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"], "CsvContentTypes": ["text/csv"]},
}
ENDPOINT = SimpleNamespace(name="digits", region="eu-west-1")


def offer(capture: Capture, config: dict[str, Any], status: int = 200, body: bytes = b"1,2") -> None:
    capture.offer(
        ENDPOINT, "v1", config, {"content-type": "text/csv"}, body, status, {"content-type": "application/json"}, b"[3]"
    )


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("application/json", "JSON"),
        ("Application/JSON; charset=utf-8", "JSON"),
        ("text/csv", "CSV"),
        ("image/png", "BASE64"),
        ("", "BASE64"),
    ],
)
def test_only_listed_types_are_captured_as_text(content_type: str, encoding: str) -> None:
    assert encoding_of(content_type, CONFIG["CaptureContentTypeHeader"]) == encoding  # type: ignore[arg-type]
    assert encoding_of(content_type, {}) == "BASE64"


def test_captured_invocations_are_written_together_by_variant_and_hour() -> None:
    written: list[tuple[str, str, bytes]] = []
    capture = Capture(lambda *object_: written.append(object_), period_s=60)
    offer(capture, CONFIG)
    offer(capture, CONFIG)
    offer(capture, CONFIG, status=500)
    offer(capture, {**CONFIG, "EnableCapture": False})
    offer(capture, {**CONFIG, "InitialSamplingPercentage": 0})
    capture.stop()
    ((region, uri, body),) = written
    assert region == "eu-west-1"
    assert uri.startswith("s3://b/captured/digits/v1/20")
    lines = [json.loads(line) for line in body.splitlines()]
    assert [line["captureData"]["endpointInput"]["data"] for line in lines] == ["1,2", "1,2"]
    assert len({line["eventMetadata"]["eventId"] for line in lines}) == 2


def test_about_the_asked_share_is_sampled() -> None:
    capture = Capture(lambda *_: None, period_s=60)
    capture._random.seed(7)
    for _ in range(2_000):
        offer(capture, {**CONFIG, "InitialSamplingPercentage": 25})
    assert 400 < len(capture._waiting) < 600


def test_capture_keeps_only_what_its_options_ask_for() -> None:
    capture = Capture(lambda *_: None, period_s=60)
    offer(capture, {**CONFIG, "CaptureOptions": [{"CaptureMode": "Output"}]})
    assert list(event(capture._waiting[0])["captureData"]) == ["endpointOutput"]


def test_a_flood_drops_captured_records_and_counts_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localcloud.services.sagemaker.capture.MAX_WAITING_BYTES", 1_000)
    capture = Capture(lambda *_: None, period_s=60)
    for _ in range(10):
        offer(capture, CONFIG, body=b"x" * 300)
    assert (len(capture._waiting), capture.dropped) == (3, 7)


def test_a_bucket_that_is_gone_costs_records_and_no_exception() -> None:
    def put(*_: object) -> None:
        raise TransferError("no such bucket")

    said: list[str] = []
    capture = Capture(put, period_s=60, note=said.append)
    offer(capture, CONFIG)
    capture.flush()
    assert capture.dropped == 1
    assert "no such bucket" in said[0]


def test_the_capture_folder_is_in_utc() -> None:
    exchange = Exchange(
        endpoint="e", region="r", variant="v", config=CONFIG, at=datetime(2026, 3, 4, 5, tzinfo=UTC), request=None, response=None,
        inference_id=None, custom_attributes=None,
    )  # fmt: skip
    assert folder_of(exchange) == "s3://b/captured/e/v/2026/03/04/05"


def deployment(**weights: float) -> Deployment:
    spec = ModelSpec(image="", command=(), environment={}, model_uri="", packed=True)
    variants = {
        name: Variant(name=name, spec=spec, weight=weight, desired=1, startup_s=1, servers=[cast(ModelServer, Stand(0))])
        for name, weight in weights.items()
    }
    return Deployment(config_name="c", variants=variants, capture=None)


def picks(deployment: Deployment, count: int) -> Counter[str]:
    return Counter(variant.name for variant in (deployment.pick_variant() for _ in range(count)) if variant)


def test_any_ten_requests_of_a_nine_to_one_split_are_nine_and_one() -> None:
    assert picks(deployment(a=9, b=1), 10) == {"a": 9, "b": 1}


def test_a_variant_without_a_server_leaves_its_share_to_the_others() -> None:
    split = deployment(a=9, b=1)
    split.variants["a"].servers[0].ready = False  # type: ignore[misc]
    assert picks(split, 5) == {"b": 5}
    split.variants["b"].servers[0].ready = False  # type: ignore[misc]
    assert split.pick_variant() is None


def test_weights_that_are_all_zero_mean_equal_shares() -> None:
    assert picks(deployment(a=0, b=0), 6) == {"a": 3, "b": 3}


class Stand:
    """A server as the router sees it."""

    ready = True

    def __init__(self, in_flight: int) -> None:
        self.in_flight = in_flight


def test_the_least_busy_server_is_asked_and_equals_take_turns() -> None:
    split = deployment(a=1)
    busy, idle, other = (cast(ModelServer, Stand(load)) for load in (2, 0, 0))
    split.variants["a"].servers[:] = [busy, idle, other]
    picked = [split.pick_server(split.variants["a"], set()) for _ in range(6)]
    assert busy not in picked
    assert {id(idle), id(other)} == {id(server) for server in picked}
    assert split.pick_server(split.variants["a"], {busy, idle, other}) is None


def test_the_culprit_is_the_host_that_failed_by_itself() -> None:
    crew = Crew([], None, Limits())  # type: ignore[arg-type]
    peer, cause, ended = (
        cast(Child, SimpleNamespace(name=name, exit_code=code)) for name, code in (("peer", 1), ("cause", 1), ("ended", 143))
    )
    said = {"peer": "RuntimeError: Connection reset by peer", "cause": "ValueError: bad label", "ended": ""}
    crew.failed = [ended, peer, cause]
    assert crew.culprit(lambda child: said[child.name]) is cause
    crew.failed = [ended, peer]
    assert crew.culprit(lambda child: said[child.name]) is peer
    crew.failed = [ended]
    assert crew.culprit(lambda child: said[child.name]) is ended


def test_sync_sends_what_changed_and_nothing_twice(tmp_path: Path) -> None:
    sent: list[str] = []
    storage: Any = SimpleNamespace(upload=lambda region, path, uri: sent.append(uri))
    sync = transfer.SyncUp(storage, "r", "s3://b/checkpoints/")
    (tmp_path / "old.pt").write_text("from S3")
    sync.remember(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "new.pt").write_text("1")
    assert sync.send(tmp_path) == 1
    assert sync.send(tmp_path) == 0
    (tmp_path / "sub" / "new.pt").write_text("12")
    os.utime(tmp_path / "sub" / "new.pt", ns=(0, time.time_ns()))
    sync.send(tmp_path)
    assert sent == ["s3://b/checkpoints/sub/new.pt"] * 2
