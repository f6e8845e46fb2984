from __future__ import annotations

import errno
import json
import os
import signal
import socket
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.sagemaker.models import sagemaker_backends

from localcloud.process import alive
from tests.localcloud.services.sagemaker.cloud import ACCOUNT, BUCKET, REGION, Cloud, archive, unique, wait_for


def answer(response: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(response["Body"])
    return found


def test_an_endpoint_serves_its_model(cloud: Cloud) -> None:
    name = cloud.endpoint(cloud.config({"ModelName": cloud.model("digits", MY_SETTING="7", CODE="/opt/ml/model/code")}))
    response = cloud.invoke(name, Accept="application/json", CustomAttributes="trace=1")
    assert response["ContentType"] == "application/json"
    assert response["InvokedProductionVariant"] == "AllTraffic"
    said = answer(response)
    assert said["model"] == "digits"
    assert said["headers"]["x-amzn-sagemaker-custom-attributes"] == "trace=1"
    assert "authorization" not in said["headers"], "the caller's signature is not the container's business"
    base = str(cloud.home / "endpoints" / name / "AllTraffic")
    assert said["env"]["SAGEMAKER_BASE_DIR"].startswith(base)
    assert (said["env"]["MY_SETTING"], said["env"]["SLIPWAY_BIND_HOST"]) == ("7", "127.0.0.1")
    assert said["env"]["CODE"] == f"{said['env']['SAGEMAKER_BASE_DIR']}/model/code", "a path of the contract is where it is here"


def test_it_is_creating_until_a_server_answers(cloud: Cloud) -> None:
    name = cloud.endpoint(cloud.config({"ModelName": cloud.model()}), wait=False)
    first = cloud.describe(name)
    assert first["EndpointStatus"] == "Creating"
    assert first["ProductionVariants"][0]["CurrentInstanceCount"] == 0
    with pytest.raises(ClientError, match="not in service"):
        cloud.invoke(name)
    variant = cloud.settled(name, "InService")["ProductionVariants"][0]
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (1, 1)
    assert (variant["CurrentWeight"], variant["DesiredWeight"]) == (1.0, 1.0)
    assert "model loaded" in cloud.log(f"/aws/sagemaker/Endpoints/{name}", "AllTraffic/")


def test_a_model_that_does_not_load_fails_the_endpoint_with_the_end_of_its_log(cloud: Cloud) -> None:
    name = cloud.endpoint(cloud.config({"ModelName": cloud.model(FAIL_START="1")}), wait=False)
    description = cloud.settled(name, "Failed")
    assert "exit code 1" in description["FailureReason"]
    assert "this model does not load" in description["FailureReason"]
    assert cloud.pids(name) == []


def test_a_server_that_never_answers_fails_after_its_startup_time(cloud: Cloud) -> None:
    row = {"ModelName": cloud.model(NEVER_READY="1"), "ContainerStartupHealthCheckTimeoutInSeconds": 60}
    config = cloud.config(row)
    # The API takes no less than 60 s, which no test should wait.
    stored = sagemaker_backends[ACCOUNT][REGION].endpoint_configs[config]
    stored.production_variants[0]["ContainerStartupHealthCheckTimeoutInSeconds"] = 0.5
    name = cloud.endpoint(config, wait=False)
    assert "ping health check within 0.5 s" in cloud.settled(name, "Failed")["FailureReason"]


def test_models_that_cannot_run_are_named(cloud: Cloud) -> None:
    cases = {
        "could not be fetched": {"ModelDataUrl": f"s3://{BUCKET}/no/model.tar.gz"},
        "cannot be unpacked": {"ModelDataUrl": cloud.put("models/escape.tar.gz", archive({"../../escape.txt": "x"}))},
        "'-serving'": {"Image": "763104351884.dkr.ecr.eu-west-1.amazonaws.com/huggingface-inference:1"},
    }
    for expected, changes in cases.items():
        name = unique("model")
        container = {"Image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/slipway-local-serving:1", **changes}
        cloud.sagemaker.create_model(
            ModelName=name, PrimaryContainer=container, ExecutionRoleArn="arn:aws:iam::123456789012:role/r"
        )
        endpoint = cloud.endpoint(cloud.config({"ModelName": name}), wait=False)
        assert expected in cloud.settled(endpoint, "Failed")["FailureReason"]
    assert not list(cloud.home.rglob("escape.txt"))


def test_variants_share_traffic_by_weight_and_can_be_named(cloud: Cloud) -> None:
    name = cloud.endpoint(
        cloud.config(
            {"ModelName": cloud.model("old"), "VariantName": "stable", "InitialVariantWeight": 3.0},
            {"ModelName": cloud.model("new"), "VariantName": "canary", "InitialVariantWeight": 1.0},
        )
    )
    seen = Counter(
        (response["InvokedProductionVariant"], answer(response)["model"]) for response in (cloud.invoke(name) for _ in range(8))
    )
    assert seen == {("stable", "old"): 6, ("canary", "new"): 2}
    assert cloud.invoke(name, TargetVariant="canary")["InvokedProductionVariant"] == "canary"
    with pytest.raises(ClientError, match=r"ValidationError.*Variant nobody not found"):
        cloud.invoke(name, TargetVariant="nobody")

    cloud.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[
            {"VariantName": "stable", "DesiredWeight": 0.0},
            {"VariantName": "canary", "DesiredWeight": 1.0},
        ],
    )
    described = {row["VariantName"]: row for row in cloud.settled(name, "InService")["ProductionVariants"]}
    assert (described["stable"]["CurrentWeight"], described["canary"]["CurrentWeight"]) == (0.0, 1.0)
    assert described["stable"]["CurrentInstanceCount"] == 1, "a weight alone does not change the number"
    assert {cloud.invoke(name)["InvokedProductionVariant"] for _ in range(4)} == {"canary"}


def test_more_servers_than_the_machine_has_are_cut_and_described_as_they_are(cloud: Cloud) -> None:
    name = cloud.endpoint(cloud.config({"ModelName": cloud.model(), "InitialInstanceCount": 8}))
    variant = cloud.describe(name)["ProductionVariants"][0]
    assert variant["DesiredInstanceCount"] == 8
    assert 1 <= variant["CurrentInstanceCount"] <= 2
    assert len(cloud.pids(name)) == variant["CurrentInstanceCount"]
    log = cloud.log(f"/aws/sagemaker/Endpoints/{name}", "AllTraffic/")
    assert any("of the 8 servers asked for, since this machine has 2 cores" in line for line in log)


def test_an_update_switches_without_an_unanswered_request(cloud: Cloud) -> None:
    name = cloud.endpoint(cloud.config({"ModelName": cloud.model("blue")}))
    blue, old_config = cloud.pids(name), cloud.describe(name)["EndpointConfigName"]
    green_config = cloud.config({"ModelName": cloud.model("green")})
    cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=green_config)
    described = cloud.describe(name)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("Updating", old_config)
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=old_config)
    answers = []
    while cloud.describe(name)["EndpointStatus"] == "Updating":
        answers.append(answer(cloud.invoke(name))["model"])
    assert cloud.describe(name)["EndpointConfigName"] == green_config
    assert answer(cloud.invoke(name))["model"] == "green"
    assert answers == sorted(answers), "first blue, then green, never back"
    wait_for(lambda: not any(alive(pid) for pid in blue), "the old servers' end")


def test_requests_under_way_are_answered_whatever_is_switched(cloud: Cloud) -> None:
    for endpoint in cloud.runtime.status()["endpoints"]:
        cloud.sagemaker.delete_endpoint(EndpointName=endpoint["name"])
    configs = [cloud.config({"ModelName": cloud.model(color)}) for color in ("blue", "green")]
    name = cloud.endpoint(configs[0])
    going, slept = threading.Event(), []

    def ask() -> None:
        while not going.is_set():
            slept.append(answer(cloud.invoke(name, b"sleep 0.1"))["slept"])

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        for config in (configs[1], configs[0]):
            cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)
            cloud.settled(name, "InService")
        for count in (2, 1):
            change = [{"VariantName": "AllTraffic", "DesiredInstanceCount": count}]
            cloud.sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=change)
            cloud.settled(name, "InService")
        going.set()
        for task in asking:
            task.result()  # raises what a caller would have seen
    assert len(slept) > 8


def test_an_update_that_fails_keeps_the_old_in_service_and_says_so(cloud: Cloud) -> None:
    name = cloud.endpoint(cloud.config({"ModelName": cloud.model("good")}))
    config = cloud.describe(name)["EndpointConfigName"]
    cloud.sagemaker.update_endpoint(
        EndpointName=name, EndpointConfigName=cloud.config({"ModelName": cloud.model(FAIL_START="1")})
    )
    described = cloud.settled(name, "InService")
    assert described["EndpointConfigName"] == config
    assert "still serves" in described["FailureReason"]
    assert "this model does not load" in described["FailureReason"]
    assert answer(cloud.invoke(name))["model"] == "good"
    assert len(cloud.pids(name)) == 1


def test_a_crashed_server_comes_back(cloud: Cloud) -> None:
    name = cloud.endpoint(cloud.config({"ModelName": cloud.model("m")}))
    before = answer(cloud.invoke(name))["pid"]
    with pytest.raises(ClientError, match=r"ModelError.*\(0\)"):
        cloud.invoke(name, b"crash")

    def served() -> int | None:
        try:
            return int(answer(cloud.invoke(name))["pid"])
        except cloud.client("sagemaker-runtime").exceptions.ServiceUnavailable:
            return None

    assert wait_for(served, "the new server") != before
    assert any("ended with exit code 3" in line for line in cloud.log(f"/aws/sagemaker/Endpoints/{name}", "AllTraffic/"))
    assert cloud.describe(name)["EndpointStatus"] == "InService"


def test_a_deleted_endpoint_is_gone_with_its_processes_and_files(cloud: Cloud) -> None:
    config = cloud.config({"ModelName": cloud.model("m")})
    name = cloud.endpoint(config)
    pids = cloud.pids(name)
    assert all(alive(pid) for pid in pids)
    cloud.sagemaker.delete_endpoint(EndpointName=name)
    with pytest.raises(ClientError, match="Could not find endpoint"):
        cloud.describe(name)
    with pytest.raises(ClientError, match=f"ValidationError.*Endpoint {name} of account {ACCOUNT} not found"):
        cloud.invoke(name)
    cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)  # the name is free at once
    wait_for(lambda: not any(alive(pid) for pid in pids), "the servers' end")
    cloud.settled(name, "InService")
    assert answer(cloud.invoke(name))["model"] == "m"


def test_an_endpoint_deleted_while_it_starts_leaves_nothing(cloud: Cloud) -> None:
    name = cloud.endpoint(cloud.config({"ModelName": cloud.model(NEVER_READY="1")}), wait=False)
    wait_for(lambda: list((cloud.home / "endpoints" / name).glob("AllTraffic/*/model")), "the server's folder")
    cloud.sagemaker.delete_endpoint(EndpointName=name)
    wait_for(lambda: not list((cloud.home / "endpoints" / name).glob("*/*")), "the end of its files")


def test_wrong_requests_get_sagemakers_answers(cloud: Cloud) -> None:
    config = cloud.config({"ModelName": cloud.model()})
    name = cloud.endpoint(config)
    with pytest.raises(ClientError, match="Cannot create already existing endpoint"):
        cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    with pytest.raises(ClientError, match="failed to satisfy constraint"):
        cloud.sagemaker.create_endpoint(EndpointName="../../up", EndpointConfigName=config)
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName="never-made")
    with pytest.raises(ClientError, match="Could not find endpoint"):
        cloud.sagemaker.update_endpoint(EndpointName="never-made", EndpointConfigName=config)
    change = [{"VariantName": "nobody", "DesiredWeight": 1.0}]
    with pytest.raises(ClientError, match="not present within endpoint configuration"):
        cloud.sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=change)


def test_a_models_error_is_a_model_error_with_the_models_words(cloud: Cloud) -> None:
    name = cloud.endpoint(cloud.config({"ModelName": cloud.model()}))
    with pytest.raises(ClientError) as caught:
        cloud.invoke(name, b"error")
    response = caught.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == ("ModelError", 424)
    assert response["OriginalStatusCode"] == 400
    assert json.loads(response["OriginalMessage"]) == {"error": "no such digit"}
    assert "Received client error (400) from primary" in response["Error"]["Message"]

    with pytest.raises(ClientError, match="timed out while waiting for a response from container primary"):
        cloud.invoke(name, b"sleep 3")
    with pytest.raises(ClientError, match=r"\(413\).*Request Entity Too Large"):
        cloud.invoke(name, b"x" * (1024 * 1024 + 1))
    assert answer(cloud.invoke(name, b"x" * 1024 * 1024))["size"] == 1024 * 1024


def test_many_at_once_are_spread_over_the_servers(cloud: Cloud) -> None:
    for endpoint in cloud.runtime.status()["endpoints"]:
        cloud.sagemaker.delete_endpoint(EndpointName=endpoint["name"])
    name = cloud.endpoint(cloud.config({"ModelName": cloud.model(), "InitialInstanceCount": 2}))
    with ThreadPoolExecutor(8) as pool:
        pids = Counter(answer(response)["pid"] for response in pool.map(lambda _: cloud.invoke(name), range(40)))
    assert len(pids) == 2
    assert sum(pids.values()) == 40


def test_capacity_is_moved_by_starting_and_stopping_servers(cloud: Cloud) -> None:
    for endpoint in cloud.runtime.status()["endpoints"]:
        cloud.sagemaker.delete_endpoint(EndpointName=endpoint["name"])
    name = cloud.endpoint(cloud.config({"ModelName": cloud.model()}))
    for count in (2, 1):
        change = [{"VariantName": "AllTraffic", "DesiredInstanceCount": count}]
        cloud.sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=change)
        variant = cloud.settled(name, "InService")["ProductionVariants"][0]
        assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (count, count)
        assert len(cloud.pids(name)) == count
        assert variant["CurrentWeight"] == 1.0, "a number alone does not change the weight"


def test_captured_lines_lie_in_s3_in_sagemakers_form(cloud: Cloud) -> None:
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
    }
    name = cloud.endpoint(cloud.config({"ModelName": cloud.model("m")}, DataCaptureConfig=capture))
    assert cloud.describe(name)["DataCaptureConfig"]["CaptureStatus"] == "Started"
    cloud.invoke(name, b'{"instances": [1]}', InferenceId="i-1")
    cloud.invoke(name, b"\x00\xff", ContentType="application/x-npy")
    prefix = f"captured/{name}/AllTraffic/"
    lines = wait_for(
        lambda: (
            len(found := [line for key in cloud.keys(prefix) for line in cloud.get(f"s3://{BUCKET}/{key}").splitlines()]) == 2
            and found
        ),
        "the captured lines",
    )
    first, second = sorted((json.loads(line) for line in lines), key=lambda line: "inferenceId" not in line["eventMetadata"])
    assert first["captureData"]["endpointInput"] == {
        "observedContentType": "application/json",
        "mode": "INPUT",
        "data": '{"instances": [1]}',
        "encoding": "JSON",
    }
    assert json.loads(first["captureData"]["endpointOutput"]["data"])["model"] == "m"
    assert first["eventMetadata"]["inferenceId"] == "i-1"
    assert first["eventVersion"] == "0"
    assert second["captureData"]["endpointInput"] | {"mode": ""} == {
        "observedContentType": "application/x-npy", "mode": "", "data": "AP8=", "encoding": "BASE64",
    }  # fmt: skip
    year, month, day, hour, file = cloud.keys(prefix)[0].removeprefix(prefix).split("/")
    assert (len(year), len(month), len(day), len(hour)) == (4, 2, 2, 2)
    assert file.endswith(".jsonl")


def test_the_autoscaler_moves_real_servers(cloud: Cloud) -> None:
    for endpoint in cloud.runtime.status()["endpoints"]:
        cloud.sagemaker.delete_endpoint(EndpointName=endpoint["name"])
    name = cloud.endpoint(cloud.config({"ModelName": cloud.model()}))
    scaling, resource = cloud.client("application-autoscaling"), f"endpoint/{name}/variant/AllTraffic"
    common = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": resource,
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling.register_scalable_target(**common, MinCapacity=1, MaxCapacity=2)
    scaling.put_scaling_policy(
        **common,
        PolicyName="invocations",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 5.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
            "ScaleInCooldown": 0,
            "ScaleOutCooldown": 0,
        },
    )
    for _ in range(8):
        cloud.invoke(name)
    wait_for(lambda: len(cloud.pids(name)) == 2 and cloud.describe(name)["EndpointStatus"] == "InService", "a second server")
    scaling.register_scalable_target(**common, MinCapacity=1, MaxCapacity=1)
    wait_for(lambda: len(cloud.pids(name)) == 1 and cloud.describe(name)["EndpointStatus"] == "InService", "the maximum to hold")
    scaling.deregister_scalable_target(**common)


def test_nothing_listens_but_on_loopback(cloud: Cloud) -> None:
    name = cloud.endpoint(cloud.config({"ModelName": cloud.model()}))
    port = int(answer(cloud.invoke(name))["env"]["SAGEMAKER_BIND_TO_PORT"])
    with socket.socket() as other:
        other.settimeout(1)
        assert other.connect_ex(("127.0.0.2", port)) == errno.ECONNREFUSED


def test_a_killed_supervisor_takes_its_server_along(cloud: Cloud) -> None:
    name = cloud.endpoint(cloud.config({"ModelName": cloud.model()}))
    server, supervisor = answer(cloud.invoke(name))["pid"], cloud.pids(name)[0]
    os.kill(supervisor, signal.SIGKILL)
    wait_for(lambda: not alive(server), "the server's end")
