"""A stack that is up, for the verbs that use it: its outputs, its training jobs, and boto3 clients on its cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.jobs.clients import Clients, connect
from tools.jobs.definition import JobDefinition, from_outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """`jobs` are by their name in the stack file."""

    stack: str
    local: bool
    outputs: Mapping[str, Any]
    jobs: Mapping[str, JobDefinition]
    clients: Clients
    ceiling_usd: float

    @property
    def options(self) -> str:
        """The options that name this stack in a command: "" for the local one."""
        if self.stack == "local":
            return ""
        return f" --stack {self.stack}" + (" --local" if self.local else "")


def deployed(stack: str, *, local: bool = False) -> Deployed:
    """Raises FileNotFoundError (no such stack), EngineError or ValueError with the command, where the stack is not up."""
    from tools.engine.sessions import reader
    from tools.engine.stack_ref import StackRef

    outputs = reader(StackRef(name=stack, local=local)).outputs()
    up = f"./slipway up {stack}{' --local' if local and stack != 'local' else ''}"
    if not outputs:
        raise ValueError(f"stack {stack} is not up; run `{up}` first")
    here = local or stack == "local"
    return Deployed(
        stack=stack,
        local=here,
        outputs=outputs,
        jobs=from_outputs(outputs),
        clients=connect(str(outputs["region"]), _reach(stack, up) if here else None),
        ceiling_usd=float(outputs["ceilingMonthlyUsd"]),
    )


def _reach(stack: str, up: str) -> dict[str, str]:
    """The environment that reaches the local cloud. Raises ValueError where the stack is not on it any more."""
    from localcloud import client
    from tools.engine.home import home_path
    from tools.engine.sessions import place_of
    from tools.engine.stack_ref import StackRef

    cloud = client.find(home_path())
    if cloud is None:
        raise ValueError(f"the local cloud does not run, and what it had is gone; run `{up}` to build it again")
    made_in = place_of(StackRef(name=stack, local=True)).epoch_file
    if made_in.exists() and made_in.read_text().strip() != cloud.epoch:
        raise ValueError(f"the local cloud was restarted and is empty; run `{up}` to build stack {stack} again")
    return cloud.environment()
