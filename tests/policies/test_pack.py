"""The pack as the engine sees it: started as the engine starts it, from another folder, and asked over gRPC."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from catalog.types import cloudwatch, s3
from policies.rules import all_rules
from tests.policies.parts import TAGS
from tools.plan.view import ENGINE_UNKNOWN

PACK = Path(__file__).resolve().parents[2] / "policies"


@pytest.fixture(scope="module")
def analyzer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(PACK)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path_factory.mktemp("elsewhere"),
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port.isdigit(), "the pack did not start"
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
    finally:
        process.kill()
        process.wait()


def resource(kind: Any, type_: str, name: str, props: dict[str, Any]) -> Any:
    made = kind(type=type_, urn=f"urn:pulumi:dev::slipway::{type_}::{name}", name=name)
    json_format.ParseDict(props, made.properties)
    return made


def diagnostics(answer: Any) -> dict[str, Any]:
    """What the pack reports, by the name of the policy."""
    return {found.policyName: found for found in answer.diagnostics}


def test_the_engine_sees_every_rule_with_its_level(analyzer: Any) -> None:
    info = analyzer.GetAnalyzerInfo(empty_pb2.Empty())
    levels = {policy.name: policy.enforcementLevel for policy in info.policies}
    wanted = {rule.id: analyzer_pb2.MANDATORY if rule.severity == "mandatory" else analyzer_pb2.ADVISORY for rule in all_rules()}
    assert levels == wanted


def test_a_resource_that_breaks_a_rule_is_stopped_with_the_way_out(analyzer: Any) -> None:
    answer = diagnostics(
        analyzer.Analyze(
            resource(analyzer_pb2.AnalyzeRequest, cloudwatch.LOG_GROUP.token, "logs", {"kmsKeyId": "k", "tags": TAGS})
        )
    )
    assert set(answer) == {"logs-group-has-retention"}
    assert answer["logs-group-has-retention"].enforcementLevel == analyzer_pb2.MANDATORY
    assert "set retentionInDays" in answer["logs-group-has-retention"].message


def test_an_unknown_is_reported_as_advice_and_does_not_stop_the_resource(analyzer: Any) -> None:
    props = {"kmsKeyId": ENGINE_UNKNOWN, "retentionInDays": 30, "tags": TAGS}
    answer = diagnostics(analyzer.Analyze(resource(analyzer_pb2.AnalyzeRequest, cloudwatch.LOG_GROUP.token, "logs", props)))
    assert set(answer) == {"logs-group-is-encrypted"}
    assert answer["logs-group-is-encrypted"].enforcementLevel == analyzer_pb2.ADVISORY
    assert "kmsKeyId" in answer["logs-group-is-encrypted"].message


def test_a_rule_on_the_whole_stack_sees_its_neighbours(analyzer: Any) -> None:
    kind = analyzer_pb2.AnalyzerResource
    one, two = (resource(kind, s3.BUCKET.token, name, {"id": name, "bucket": name}) for name in ("one", "two"))
    block = resource(kind, s3.BUCKET_PUBLIC_ACCESS_BLOCK.token, "block", {"bucket": "two"})
    answer = analyzer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=[one, two, block]))
    open_ = [found.urn for found in answer.diagnostics if found.policyName == "s3-bucket-public-access-blocked"]
    assert open_ == [one.urn]


def test_production_is_known_by_the_stacks_name(analyzer: Any) -> None:
    open_ = []
    for stack in ("dev", "prod"):
        bucket = resource(analyzer_pb2.AnalyzerResource, s3.BUCKET.token, "b", {"id": "b", "forceDestroy": True})
        bucket.urn = bucket.urn.replace(":dev::", f":{stack}::")
        answer = analyzer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=[bucket]))
        open_ += [stack for found in answer.diagnostics if found.policyName == "s3-bucket-kept-in-production"]
    assert open_ == ["prod"]


def test_the_pack_names_its_runtime_as_the_engine_expects() -> None:
    project = yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text(encoding="utf-8"))
    assert project["runtime"] == {"name": "python", "options": {"virtualenv": "../.venv"}}
    assert project["version"]


def test_nothing_in_the_pack_folder_hides_a_module_of_the_standard_library() -> None:
    assert not {path.stem for path in PACK.iterdir()} & sys.stdlib_module_names
