"""SageMaker pipelines: the training steps inside the definition's JSON are guarded as a training job is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from catalog.types import sagemaker
from policies.machines import has_local_storage
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict, every
from tools.plan.reader import Block
from tools.plan.view import ResourceView

# Steps that hold others: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps.html (Condition)
_BRANCHES: Final = ("IfSteps", "ElseSteps")


def _training_steps(steps: Any) -> Iterator[tuple[str, Block]]:
    """(name, arguments) of each training step, also of those under conditions. A run fills in arguments that are references."""
    for step in steps if isinstance(steps, list) else ():
        if not isinstance(step, dict):
            continue
        arguments = step.get("Arguments")
        if not isinstance(arguments, dict):
            continue
        if step.get("Type") == "Training":
            yield str(step.get("Name", "?")), Block(arguments, "pipelineDefinition")
        for branch in _BRANCHES:
            yield from _training_steps(arguments.get(branch))


def _judge(resource: ResourceView, check: Callable[[Block], str]) -> Verdict:
    """The worst verdict over the training steps; `check` returns what is wrong with a step, "" where nothing is."""
    text = Block.of(resource).text("pipelineDefinition")
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return Fail("the definition is no JSON")

    def verdict(step: tuple[str, Block]) -> Verdict:
        wrong = check(step[1])
        return Fail(f"step {step[0]}: {wrong}") if wrong else PASS

    return every(_training_steps(found.get("Steps") if isinstance(found, dict) else None), verdict)


@rule(
    sagemaker.PIPELINE,
    severity="mandatory",
    frameworks=("GDPR 32",),
    why="Outside our VPC a step reads the data where no endpoint policy or flow log sees it.",
    fix="give the training step's Arguments a VpcConfig with private Subnets and SecurityGroupIds",
)
def training_in_our_network(resource: ResourceView) -> Verdict:
    return _judge(resource, lambda step: "" if step.has("VpcConfig") else "it runs outside the VPC")


@rule(
    sagemaker.PIPELINE,
    severity="mandatory",
    frameworks=("GDPR 32",),
    why="A step's volume holds a copy of the data, and the model remembers it.",
    fix="give the training step's Arguments OutputDataConfig.KmsKeyId and ResourceConfig.VolumeKmsKeyId",
)
def training_is_encrypted(resource: ResourceView) -> Verdict:
    def check(step: Block) -> str:
        if not step.has("OutputDataConfig.KmsKeyId"):
            return "its model is under no key of ours"
        covered = step.has("ResourceConfig.VolumeKmsKeyId") or has_local_storage(step.text("ResourceConfig.InstanceType"))
        return "" if covered else "its volume is under no key of ours"

    return _judge(resource, check)


@rule(
    sagemaker.PIPELINE,
    severity="mandatory",
    why="A step that hangs is billed until somebody looks.",
    fix="give the training step's Arguments StoppingCondition.MaxRuntimeInSeconds",
)
def training_has_a_time_limit(resource: ResourceView) -> Verdict:
    return _judge(resource, lambda step: "" if step.has("StoppingCondition.MaxRuntimeInSeconds") else "no longest time is set")


@rule(
    sagemaker.PIPELINE,
    severity="advisory",
    anchors=("prowler sagemaker_training_jobs_network_isolation_enabled",),
    why="Training code that may call out can send the data away.",
    fix="set EnableNetworkIsolation to true in the training step's Arguments",
)
def training_is_isolated(resource: ResourceView) -> Verdict:
    return _judge(resource, lambda step: "" if step.value("EnableNetworkIsolation") else "its code may reach the network")
