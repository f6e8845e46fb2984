"""`local`: the local cloud by hand."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from localcloud import client
from localcloud.client import CloudClient
from tools.engine.home import home_path
from tools.flows.documents.machine import (
    CloudDocument,
    CoverageDocument,
    LocalStatusDocument,
    coverage_document,
    local_status_document,
)
from tools.flows.progress import Say

# An endpoint that a shell sets for a single service, which wins over the one of all.
_OF_ONE_SERVICE: Final = re.compile(r"AWS_ENDPOINT_URL_[A-Z0-9_]+")


def started(*, say: Say) -> CloudClient:
    """The local cloud, started if it is not running. Raises LocalCloudError."""
    return client.ensure(home_path(), on_progress=say)


def stop() -> bool:
    """Stops it, and what was in it is gone; whether it was running."""
    cloud = client.find(home_path())
    if cloud is not None:
        cloud.stop()
    return cloud is not None


def reset() -> bool:
    """Empties it; whether it was running."""
    cloud = client.find(home_path())
    if cloud is not None:
        cloud.reset()
    return cloud is not None


def place(cloud: CloudClient) -> CloudDocument:
    """Where a cloud is."""
    providers = dict(cloud.providers)
    return {
        "endpoint": cloud.endpoint,
        "provider_port": providers["aws"],
        "providers": providers,
        "pid": cloud.pid,
        "epoch": cloud.epoch,
    }


def status() -> LocalStatusDocument:
    """Where it listens and what it holds."""
    cloud = client.find(home_path())
    return {"running": False} if cloud is None else local_status_document({**place(cloud), **cloud.status()})


def coverage(*, say: Say) -> CoverageDocument:
    """The resource types it has."""
    return coverage_document(started(say=say).coverage())


def environment(*, say: Say, stack: str = "", pulumi: bool = False) -> dict[str, str]:
    """The variables with which boto3, the aws CLI and any SDK reach it; with `pulumi` also those of a plain Pulumi.

    `stack` gives the region. Where none is named the stack `local` does, if there is one that can be read. Raises
    FileNotFoundError or ValueError for a stack that is named and is not there, LocalCloudError.
    """
    from tools.engine.stack_ref import LOCAL, stack_source
    from tools.engine.workspace import loopback_without_proxy

    if stack:
        stack_source(stack)
    cloud = started(say=say)
    name = stack or LOCAL
    document = _readable(name, named=bool(stack), say=say)
    told = (document or {}).get("config") or {}
    region = told.get("aws:region")
    region = region if isinstance(region, str) else ""
    if pulumi:
        return _with_pulumi(cloud, name, region, has_file=document is not None, say=say)
    regions = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region} if region else {}
    return {**cloud.environment(), **regions, **loopback_without_proxy(os.environ)}


def foreign(env: Mapping[str, str]) -> list[str]:
    """Variables of a user's shell that would win over those of `environment`: keys, profiles, endpoints of single services."""
    from tools.engine.command import FOREIGN

    return [*FOREIGN, *sorted(name for name in env if _OF_ONE_SERVICE.fullmatch(name))]


def _readable(stack: str, *, named: bool, say: Say) -> dict[str, Any] | None:
    """A stack file as it is; None where nobody named the stack and its file is not there or is none."""
    import yaml

    from tools.engine.stack_ref import stack_source

    try:
        document = yaml.safe_load(stack_source(stack).read_text(encoding="utf-8")) or {}
        if not isinstance(document, dict) or not isinstance(document.get("config") or {}, dict):
            raise ValueError("it is no mapping with a mapping `config` in it")
    except (OSError, ValueError, yaml.YAMLError) as error:
        if named:
            raise ValueError(f"Pulumi.{stack}.yaml cannot be read: {error}; mend it, or leave --stack out") from error
        if not isinstance(error, FileNotFoundError):
            say(f"Pulumi.{stack}.yaml cannot be read, so nothing of it is taken: {' '.join(str(error).split())}")
        return None
    return document


def _with_pulumi(cloud: CloudClient, stack: str, region: str, *, has_file: bool, say: Say) -> dict[str, str]:
    """What a plain Pulumi needs as well. Without a stack file there is no work directory, and everything else is there."""
    # Not above: of all that `local` does only this needs the engine.
    from tools.engine import locate, sessions, workspace
    from tools.engine.stack_ref import StackRef

    here = sessions.place_of(StackRef(name=stack, local=True))
    here.prepare()
    if has_file:
        workspace.write_work_directory(here)
    else:
        say(f"there is no Pulumi.{stack}.yaml to run, so no work directory is written; use a Pulumi project of your own")
    engine = locate.ensure(progress=say)
    variables = workspace.environment(
        here,
        engine,
        cloud=cloud.environment(),
        providers=cloud.providers,
        # A plain run tells the local cloud nothing before it begins, so it keeps its checkpoints.
        checkpoints=True,
        region=region,
    )
    # The user's own Python comes before this project's, which PULUMI_PYTHON_CMD names.
    own = os.environ.get("PATH", os.defpath)
    first = variables["PATH"].removesuffix(own).split(os.pathsep)
    ours = str(Path(sys.executable).parent)
    return {**variables, "PATH": os.pathsep.join([*(each for each in first if each and each != ours), own, ours])}
