"""Records a whole program without an engine: the resources that it would register, as a `tools.plan.view.Plan`.

    plan = record(program, stack="dev", config={"aws:region": "us-east-1", ...})

Ids and computed outputs are made up, deterministically; inputs are what the program declared, with `Secret` in place. All
asynchronous registrations have drained when `record` returns, so absence can be asserted too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pulumi
from google.protobuf import json_format
from pulumi.runtime import mocks as pulumi_mocks
from pulumi.runtime import resource as pulumi_resource
from pulumi.runtime import settings as pulumi_settings
from pulumi.runtime.proto.source_pb2 import StackTrace
from pulumi.runtime.stack import run_in_stack
from pulumi.runtime.sync_await import _sync_await

from tools.plan.view import Plan, ResourceView, decode

ACCOUNT = "123456789012"
REGION = "us-east-1"


class Recorder(pulumi_mocks.MockMonitor):
    """A mock monitor that records every registration, with its parent and its options."""

    def __init__(self, mocks: pulumi_mocks.Mocks) -> None:
        super().__init__(mocks)
        self.views: list[ResourceView] = []
        self.options: dict[str, dict[str, Any]] = {}
        self.outputs: dict[str, Any] = {}
        self.invokes: list[str] = []

    def RegisterResource(self, request: Any) -> Any:
        response = super().RegisterResource(request)
        if request.type == "pulumi:pulumi:Stack":
            return response
        self.views.append(
            ResourceView(
                type=request.type,
                name=request.name,
                props=decode(_whole(json_format.MessageToDict(request.object))),
                urn=response.urn,
                parent=request.parent,
                id=getattr(response, "id", ""),
                custom=request.custom,
            )
        )
        self.options[response.urn] = {
            "protect": request.protect,
            "dependencies": list(request.dependencies),
            "deleteBeforeReplace": request.deleteBeforeReplace,
            "ignoreChanges": list(request.ignoreChanges),
            "aliases": [alias.urn or alias.spec.name or alias.spec.type for alias in request.aliases],
            "property_dependencies": {key: list(value.urns) for key, value in request.propertyDependencies.items()},
        }
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:
        if request.urn.split("::")[2] == "pulumi:pulumi:Stack":
            self.outputs = decode(_whole(json_format.MessageToDict(request.outputs)))
        return super().RegisterResourceOutputs(request)

    def Invoke(self, request: Any) -> Any:
        self.invokes.append(request.tok)
        return super().Invoke(request)


class MadeUp(pulumi_mocks.Mocks):
    """Answers every registration with its inputs and the computed outputs that programs read."""

    def new_resource(self, args: pulumi_mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        digest = hashlib.sha256(f"{args.typ}/{args.name}".encode()).hexdigest()[:17]
        # As SageMaker and IAM do, the id is the name; elsewhere it is a made-up one.
        id_ = f"{args.name}-{digest[:8]}"
        if not args.custom:
            return "", dict(args.inputs)
        service = args.typ.split(":")[1].split("/")[0]
        made: dict[str, Any] = {
            "arn": f"arn:aws:{service}:{REGION}:{ACCOUNT}:{args.name}",
            "name": args.inputs.get("name") or id_,
        }
        kind = args.typ.rpartition(":")[2]
        made |= _COMPUTED.get(kind, lambda name, inputs: {})(args.name, args.inputs)
        return id_, {**made, **args.inputs, **{key: made[key] for key in made if args.inputs.get(key) is None}}

    def call(self, args: pulumi_mocks.MockCallArgs) -> tuple[dict[str, Any], None]:
        raise AssertionError(f"the program looks up {args.token}: a preview must need no network")


_COMPUTED: dict[str, Callable[[str, Mapping[str, Any]], dict[str, Any]]] = {
    "Key": lambda name, inputs: {"keyId": f"key-{name}", "arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{name}"},
    "Repository": lambda name, inputs: {"repositoryUrl": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}"},
    "Queue": lambda name, inputs: {"url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"},
    "LaunchTemplate": lambda name, inputs: {"latestVersion": 1, "defaultVersion": 1},
    "Cluster": lambda name, inputs: {
        "endpoint": f"https://{name}.eks.{REGION}.amazonaws.com",
        "certificateAuthority": {"data": "Q0E="},
        "identities": [{"oidcs": [{"issuer": f"https://oidc.eks.{REGION}.amazonaws.com/id/{name}"}]}],
        "vpcConfig": {**inputs.get("vpcConfig", {}), "clusterSecurityGroupId": "sg-cluster"},
        "status": "ACTIVE",
    },
    "Bucket": lambda name, inputs: {"arn": f"arn:aws:s3:::{inputs.get('bucket', name)}"},
    "Role": lambda name, inputs: {"arn": f"arn:aws:iam::{ACCOUNT}:role/{inputs.get('name', name)}", "uniqueId": f"AROA{name}"},
    "TrainingJob": lambda name, inputs: {
        "jobName": name,
        "jobArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name}",
        "modelArtifact": f"s3://models/{name}/output/model.tar.gz",
        "metrics": {"test_accuracy": 0.98},
        "status": "Completed",
        "trainingSeconds": 42,
    },
}


class Recording(Plan):
    """A recorded stack: its plan, its exported outputs, and each resource's options by urn."""

    __slots__ = ("invokes", "options", "outputs")

    def __init__(self, recorder: Recorder, stack: str) -> None:
        super().__init__(recorder.views, stack)
        self.options = recorder.options
        self.outputs = recorder.outputs
        self.invokes = recorder.invokes


def record(
    program: Callable[[], Any], *, stack: str = "dev", project: str = "slipway", config: Mapping[str, Any] | None = None
) -> Recording:
    """Runs `program` against mocks. `config` is a stack file's mapping; what the program raises comes out unchanged."""
    recorder = Recorder(MadeUp())
    previous = pulumi.runtime.config.CONFIG.get()
    _spare_what_is_not_recorded()
    pulumi_mocks.set_mocks(recorder.mocks, project=project, stack=stack, preview=False, monitor=recorder)
    pulumi.runtime.set_all_config({key: _as_engine(value) for key, value in (config or {}).items()})
    try:
        # A stack of its own for every recording: the mocks' shared one would keep the first recording's name and exports.
        pulumi_settings.set_root_resource(None)  # type: ignore[arg-type]
        pulumi_settings.SETTINGS.rpc_manager.clear()
        pulumi_settings.SETTINGS.outputs.clear()
        # Runs the program, then waits for every registration that it set off.
        _sync_await(run_in_stack(program))
    finally:
        pulumi.runtime.set_all_config(previous)
        pulumi_settings.reset_options()
    return Recording(recorder, stack)


@cache
def _spare_what_is_not_recorded() -> None:
    """Turns off stack traces and debug messages, which Pulumi's SDK makes for every resource and which no recording contains.

    They would take a fifth of a recording's time.
    """
    pulumi_resource._get_stack_trace = StackTrace
    pulumi.log.debug = lambda *_, **__: None


def _as_engine(value: Any) -> str:
    """A configuration value as the engine hands it over: objects as JSON, the rest as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value)


def _whole(value: Any) -> Any:
    """Protobuf has one kind of number; whole ones are integers again."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return value
