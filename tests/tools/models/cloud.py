"""A cloud with a model registry, in the test's own process on a real port, with models that nobody had to train."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import tarfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from localcloud.services.gathered import emulated_aws
from localcloud.services.sagemaker.runs import SageMakerRuntime
from tests.localcloud.services.sagemaker.cloud import SHORT
from tools.engine.stack_ref import StackRef
from tools.flows.deployed import Deployed
from tools.jobs.clients import Clients, connect
from tools.jobs.definition import from_outputs
from tools.jobs.runners.sagemaker.describe import view_of
from tools.jobs.view import JobView
from tools.models import ModelVersion, register

ACCOUNT = "123456789012"
# A region that has prices, and in which no other test has models, because all tests of a process share moto.
REGION = "us-west-2"
BUCKET = "model-registry-tests"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
TAGS = {"Project": "slipway", "Environment": "local", "Owner": "us", "CostCenter": "x", "ManagedBy": "pulumi"}
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
TRAINING_IMAGE = f"{REGISTRY}/slipway-local-training:src-0123456789ab"
SERVING_IMAGE = f"{REGISTRY}/slipway-local-serving:src-0123456789ab"
TEST_DATA = f"s3://{BUCKET}/digits-aaaa/test/"
# The program in the image's place: reports the metrics that the model's archive contains, or fails with the message there.
ENTRYPOINT = """
import io, json, os, pathlib, sys, tarfile
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
with tarfile.open(base / "input/data/model/model.tar.gz") as tar:
    told = json.load(tar.extractfile("says.json"))
if "fails" in told:
    (base / "output/failure").write_text(told["fails"])
    sys.exit(2)
print(" ".join(f"{name}={value};" for name, value in told.items()))
report = {"version": 0.0, "slipway": {"metrics": told}}
(base / "model" / "evaluation.json").write_text(json.dumps(report))
"""
_numbers = itertools.count(1)


@dataclass
class Cloud:
    """moto with our additions, whose jobs really run."""

    home: Path
    repository: Path
    url: str = ""
    _stop: list[Any] = field(default_factory=list)
    _clients: dict[str, Any] = field(default_factory=dict)

    def start(self) -> Cloud:
        runtime = SageMakerRuntime(self.home, lambda: self.url, repository=self.repository, limits=SHORT)
        app = runtime.wrap(emulated_aws())
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        self.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        runtime.start()
        self._stop = [runtime.stop, server.shutdown]
        # Two clouds of one process share moto.
        if BUCKET not in [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]]:
            self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.put("digits-aaaa/test/test.json", b"{}")
        return self

    def stop(self) -> None:
        for each in self._stop:
            each()

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                region_name=REGION,
                endpoint_url=self.url,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}, proxies={}),
            )
        return self._clients[service]

    @cached_property
    def connected(self) -> Clients:
        """The clients that a verb would have, made once: reading botocore's model of SageMaker takes a second."""
        return connect(REGION, {"AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"})

    @property
    def sagemaker(self) -> Any:
        return self.client("sagemaker")

    @property
    def s3(self) -> Any:
        return self.client("s3")

    @property
    def ecr(self) -> Any:
        return self.client("ecr")

    @property
    def sts(self) -> Any:
        return self.client("sts")

    def put(self, key: str, body: bytes) -> str:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def get(self, uri: str) -> Any:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return json.loads(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    # Models

    def job(self, says: Mapping[str, Any] | None = None, **changes: Any) -> JobView:
        """A run that left a model. `says` are the metrics of its evaluation, `changes` are in DescribeTrainingJob's answer."""
        name = changes.pop("TrainingJobName", f"trained-{next(_numbers)}")
        artifact = self.put(f"digits/{name}/output/model.tar.gz", archive("says.json", says or {"test_accuracy": 0.98}, name))
        answer = {
            "HyperParameters": {"workload": "digits", "epochs": "15"},
            "InputDataConfig": [channel("train", f"s3://{BUCKET}/digits-aaaa/train/"), channel("test", TEST_DATA)],
            "FinalMetricDataList": [{"MetricName": "test_accuracy", "Value": 0.9875, "Timestamp": 2}],
            **changes,
        }
        return completed(name, artifact, **answer)

    def version(self, group: str, says: Mapping[str, Any] | None = None, **changes: Any) -> ModelVersion:
        """A registered model version, of a job of its own."""
        return register(self, group=group, run=self.job(says, **changes), serving_image=SERVING_IMAGE)

    def evaluation(self, metrics: Mapping[str, float], **more: Any) -> JobView:
        """A run of an evaluation that measured these metrics."""
        name = f"evaluated-{next(_numbers)}"
        report = {"version": 0.0, "slipway": {"metrics": dict(metrics), **more}}
        packed = self.put(f"digits/evaluation/{name}/output/model.tar.gz", archive("evaluation.json", report))
        return completed(name, packed, InputDataConfig=[channel("test", TEST_DATA)])

    def deployed(
        self,
        group: str,
        *,
        approval: Mapping[str, Any] | None = None,
        evaluated: bool = True,
        instance_type: str = "ml.m5.large",
        in_vpc: bool = True,
    ) -> Deployed:
        """A stack whose job `digits` has its models in `group`, and whose job `corpus` leaves no model."""
        request = {
            "AlgorithmSpecification": {"TrainingImage": TRAINING_IMAGE, "TrainingInputMode": "File"},
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/training",
            "HyperParameters": {"workload": "evaluate", "processes_per_host": "1"},
            "InputDataConfig": [channel("test", TEST_DATA)],
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/digits/evaluation", "KmsKeyId": KEY},
            "ResourceConfig": {"InstanceCount": 1, "InstanceType": instance_type, "VolumeSizeInGB": 10, "VolumeKmsKeyId": KEY},
            **({"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}} if in_vpc else {}),
            "EnableNetworkIsolation": True,
            "Tags": [{"Key": key, "Value": value} for key, value in TAGS.items()],
            "EnableInterContainerTrafficEncryption": True,
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        }
        told = {
            "run": "up",
            "workload": "digits",
            "region": REGION,
            "namePrefix": f"{group}-digits",
            "definition": "0123456789",
            "request": request,
            "group": group,
            "approval": approval or {},
            "evaluation": request if evaluated else None,
        }
        corpus = {**told, "group": None, "evaluation": None, "namePrefix": "slipway-local-corpus"}
        jobs = {"digits": told, "corpus": corpus}
        outputs = {"region": REGION, "servingImageUri": SERVING_IMAGE, "trainingJobs": jobs}
        return Deployed(
            stack=StackRef(),
            outputs=outputs,
            jobs=from_outputs(outputs),
            clients=self.connected,
            ceiling_usd=1000.0,
        )


class _Quiet(MotoRequestHandler):
    def log(self, *_: object) -> None:
        pass


def make_repository(folder: Path) -> Path:
    """A repository whose `workloads.entrypoint` stands in for the image."""
    (folder / "workloads").mkdir(parents=True)
    (folder / "workloads" / "__init__.py").touch()
    (folder / "workloads" / "entrypoint.py").write_text(ENTRYPOINT)
    return folder


def completed(name: str, artifact: str, **more: Any) -> JobView:
    """A run that has completed, with these fields of DescribeTrainingJob's answer."""
    return view_of(
        {
            "TrainingJobName": name,
            "TrainingJobArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name}",
            "TrainingJobStatus": "Completed",
            "ModelArtifacts": {"S3ModelArtifacts": artifact},
            "AlgorithmSpecification": {"TrainingImage": TRAINING_IMAGE, "TrainingInputMode": "File"},
            "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10},
            **more,
        }
    )


def channel(name: str, uri: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def unique(kind: str = "group") -> str:
    return f"{kind}-{next(_numbers)}"


def archive(name: str, document: Mapping[str, Any], salt: str = "") -> bytes:
    """A tar.gz with one JSON file; `salt` makes it another archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for member, body in ((name, json.dumps(document).encode()), ("salt", salt.encode())):
            info = tarfile.TarInfo(member)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return buffer.getvalue()


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
