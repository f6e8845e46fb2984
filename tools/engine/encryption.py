"""A new data key for a stack file. The engine makes it by `pulumi stack init` of a throw-away stack in a temporary backend."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import yaml
from pulumi.automation.errors import CommandError

from infra.base.naming import PROJECT
from tools.engine.binary import Engine
from tools.engine.command import EngineCommand
from tools.engine.errors import EngineError
from tools.engine.events import causes
from tools.engine.runs import stderr_of

# The name of the throw-away stack; no file that stays contains it.
_STACK = "new"


def new_encryption(engine: Engine, provider: str, variables: Mapping[str, str]) -> dict[str, str]:
    """The stack file's keys `secretsprovider` and `encryptedkey`, the latter encrypted by `provider` (`awskms://alias/...`).

    `variables` are the environment that reaches the cloud, on top of the shell's. Raises EngineError with the engine's words.
    """
    with tempfile.TemporaryDirectory(prefix="slipway-key-") as folder:
        work = Path(folder)
        (work / "Pulumi.yaml").write_text(yaml.safe_dump({"name": PROJECT, "runtime": "python"}))
        (work / "state").mkdir()
        env = {
            **variables,
            "PULUMI_BACKEND_URL": f"file://{work / 'state'}",
            "PULUMI_HOME": str(work / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        try:
            EngineCommand(engine).run(["stack", "init", _STACK, "--secrets-provider", provider], folder, env)
        except CommandError as error:
            faults = "; ".join(fault.message for fault in causes([], stderr_of(error)))
            raise EngineError(f"the engine could not encrypt with {provider}: {faults}") from error
        written = yaml.safe_load((work / f"Pulumi.{_STACK}.yaml").read_text())
    return {key: str(written[key]) for key in ("secretsprovider", "encryptedkey")}
