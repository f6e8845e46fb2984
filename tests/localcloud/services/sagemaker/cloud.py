"""A local cloud in the test's own process: moto behind the runtime, on a real port, and short words for common requests."""

from __future__ import annotations

import io
import itertools
import shutil
import tarfile
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from localcloud.services.sagemaker.limits import Limits
from localcloud.services.sagemaker.runs import SageMakerRuntime

REGION = "eu-west-1"
ACCOUNT = "123456789012"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
TRAINING_IMAGE = f"{REGISTRY}/slipway-local-training:src-0123456789ab"
SERVING_IMAGE = f"{REGISTRY}/slipway-local-serving:src-0123456789ab"
BUCKET = "slipway-test-models"
SHORT = Limits(
    cores=2,
    stop_grace_s=1,
    peer_grace_s=0.5,
    settle_s=0.3,
    server_grace_s=0.5,
    shutdown_grace_s=0.5,
    startup_s=20,
    invoke_s=1.5,
    payload_bytes=1024 * 1024,
    restart_first_s=0.05,
    checkpoint_period_s=0.1,
    log_period_s=0.05,
    metric_period_s=0.1,
    capture_period_s=0.05,
    scaling_period_s=0.1,
)
_numbers = itertools.count(1)


def make_repository(folder: Path) -> Path:
    """A repository whose `workloads.entrypoint` is the fake one."""
    (folder / "workloads").mkdir(parents=True)
    (folder / "workloads" / "__init__.py").touch()
    shutil.copy(Path(__file__).with_name("fake_entrypoint.py"), folder / "workloads" / "entrypoint.py")
    return folder


class Cloud:
    """A running local cloud. `stop` it."""

    def __init__(self, home: Path, repository: Path, limits: Limits = SHORT) -> None:
        self.home = home
        self.runtime = SageMakerRuntime(home, lambda: self.url, repository=repository, limits=limits)
        self.app = self.runtime.wrap(DomainDispatcherApplication(create_backend_app))
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True, request_handler=_Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.runtime.start()

    def stop(self) -> None:
        self.runtime.stop()
        self._server.shutdown()

    @cache  # noqa: B019  one client a service and cloud
    def client(self, service: str, region: str = REGION) -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}, read_timeout=20),
        )

    @property
    def sagemaker(self) -> Any:
        return self.client("sagemaker")

    @property
    def s3(self) -> Any:
        return self.client("s3")

    def put(self, key: str, body: bytes | str) -> str:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def get(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return bytes(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def keys(self, prefix: str) -> list[str]:
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]

    # Training jobs

    def start_job(self, program: str, **changes: Any) -> str:
        """A job that runs `program`; its name."""
        name = changes.pop("TrainingJobName", unique("job"))
        request = {
            "TrainingJobName": name,
            "HyperParameters": {"program": program},
            "AlgorithmSpecification": {"TrainingImage": TRAINING_IMAGE, "TrainingInputMode": "File"},
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/training",
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
            "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            **changes,
        }
        self.sagemaker.create_training_job(**request)
        return str(name)

    def job(self, name: str) -> dict[str, Any]:
        return dict(self.sagemaker.describe_training_job(TrainingJobName=name))

    def finished(self, name: str) -> dict[str, Any]:
        """The job's description once it has ended."""
        found: dict[str, Any] = wait_for(
            lambda: (job := self.job(name))["TrainingJobStatus"] not in {"InProgress", "Stopping"} and job, f"job {name}"
        )
        return found

    def run(self, program: str, **changes: Any) -> dict[str, Any]:
        return self.finished(self.start_job(program, **changes))

    def log(self, group: str, prefix: str) -> list[str]:
        """All messages of the streams whose names begin with the prefix."""
        logs = self.client("logs")
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)["logStreams"]
        return [
            event["message"]
            for stream in streams
            for event in logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)[
                "events"
            ]
        ]

    # Endpoints

    def model(self, says: str = "", **environment: str) -> str:
        """A model whose archive holds name.txt; its name."""
        name = unique("model")
        container: dict[str, Any] = {"Image": SERVING_IMAGE, "Environment": environment}
        if says:
            container["ModelDataUrl"] = self.put(f"models/{name}/model.tar.gz", archive({"name.txt": says}))
        self.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/r")
        return name

    def config(self, *variants: dict[str, Any], **more: Any) -> str:
        """An endpoint configuration; a variant needs only what it wants other than the defaults."""
        name = unique("config")
        rows = [
            {
                "VariantName": "AllTraffic",
                "InitialInstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "InitialVariantWeight": 1.0,
                **row,
            }
            for row in variants
        ]
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=rows, **more)
        return name

    def endpoint(self, config: str, *, wait: bool = True) -> str:
        name = unique("endpoint")
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        if wait:
            self.settled(name, "InService")
        return name

    def describe(self, name: str) -> dict[str, Any]:
        return dict(self.sagemaker.describe_endpoint(EndpointName=name))

    def settled(self, name: str, status: str) -> dict[str, Any]:
        """The endpoint's description once it is neither Creating nor Updating; it must then be `status`."""
        description: dict[str, Any] = wait_for(
            lambda: (found := self.describe(name))["EndpointStatus"] not in {"Creating", "Updating"} and found, f"endpoint {name}"
        )
        assert description["EndpointStatus"] == status, description.get("FailureReason")
        return description

    def invoke(self, name: str, body: bytes = b"{}", **more: Any) -> dict[str, Any]:
        more.setdefault("ContentType", "application/json")
        answer = self.client("sagemaker-runtime").invoke_endpoint(EndpointName=name, Body=body, **more)
        answer["Body"] = answer["Body"].read()
        return dict(answer)

    def pids(self, name: str) -> list[int]:
        found = next(item for item in self.runtime.status()["endpoints"] if item["name"] == name)
        return [pid for variant in found["variants"].values() for pid in variant["pids"]]


class _Quiet(MotoRequestHandler):
    def log(self, *_: object) -> None:
        pass


def unique(kind: str) -> str:
    return f"{kind}-{next(_numbers)}"


def wait_for(probe: Callable[[], Any], what: str, seconds: float = 20) -> Any:
    """What `probe` gives as soon as it is true. Fails naming what it waited for."""
    deadline = time.monotonic() + seconds
    while not (found := probe()):
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.04)  # each probe is a request, which takes CPU from what is waited for
    return found


def archive(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def unpacked(data: bytes) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {member.name: tar.extractfile(member).read().decode() for member in tar if member.isfile()}  # type: ignore[union-attr]
