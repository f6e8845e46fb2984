"""`local`: the local cloud by hand."""

from __future__ import annotations

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


def environment(*, say: Say) -> dict[str, str]:
    """The variables with which boto3, the aws CLI and a plain pulumi reach it."""
    # Not above: of all that `local` does only this needs the engine.
    from tools.engine import locate, sessions, workspace
    from tools.engine.stack_ref import StackRef

    cloud = started(say=say)
    here = sessions.place_of(StackRef())
    here.prepare()
    workspace.write_work_directory(here)
    return workspace.environment(
        here,
        locate.ensure(progress=say),
        cloud=cloud.environment(),
        providers=cloud.providers,
        # A plain run tells the local cloud nothing before it begins, so it keeps its checkpoints.
        checkpoints=True,
        region=workspace.region(here),
    )
