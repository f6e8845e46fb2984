"""A stack that is up, for the flows that use it: its outputs, its training jobs, and what reaches its cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tools.engine.stack_ref import StackRef
from tools.jobs.clients import Clients, connect
from tools.jobs.definition import JobDefinition, from_outputs, named
from tools.jobs.runner import Runner
from tools.jobs.runners.sagemaker import SageMaker


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """`jobs` are by their name in the stack file."""

    stack: StackRef
    outputs: Mapping[str, Any]
    jobs: Mapping[str, JobDefinition]
    clients: Clients
    ceiling_usd: float

    @cached_property
    def runner(self) -> Runner:
        """What runs the stack's jobs."""
        return SageMaker(self.clients)

    @property
    def serving_image(self) -> str:
        """URI of the image that serves the stack's models."""
        return str(self.outputs["servingImageUri"])

    def job(self, name: str) -> JobDefinition:
        """The job of this name. Raises ValueError with the nearest ones, or all."""
        return named(self.jobs, name)


def deployed(stack: StackRef) -> Deployed:
    """Raises FileNotFoundError (no such stack), EngineError or ValueError with the command, where the stack is not up."""
    from tools.engine.sessions import reader

    outputs = reader(stack).outputs()
    if not outputs:
        raise ValueError(f"stack {stack.name} is not up; run `./slipway up {stack.words}` first")
    return Deployed(
        stack=stack,
        outputs=outputs,
        jobs=from_outputs(outputs),
        clients=connect(str(outputs["region"]), _reach(stack) if stack.local else None),
        ceiling_usd=float(outputs["ceilingMonthlyUsd"]),
    )


def _reach(stack: StackRef) -> dict[str, str]:
    """The environment that reaches the local cloud. Raises ValueError where the stack is not on it any more."""
    from localcloud import client
    from tools.engine.home import home_path
    from tools.engine.sessions import place_of

    up = f"./slipway up {stack.words}"
    cloud = client.find(home_path())
    if cloud is None:
        raise ValueError(f"the local cloud does not run, and what it had is gone; run `{up}` to build it again")
    made_in = place_of(stack).epoch_file
    if made_in.exists() and made_in.read_text().strip() != cloud.epoch:
        raise ValueError(f"the local cloud was restarted and is empty; run `{up}` to build stack {stack.name} again")
    return cloud.environment()
