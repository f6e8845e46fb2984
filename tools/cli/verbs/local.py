"""`slipway local`: the local cloud by hand."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import typer

from tools.cli.options import Json, Yes
from tools.cli.terminal import FAILED, answer, errors_said, leave, say

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The local cloud: AWS on this machine, on loopback only.\n\nExample: slipway local status",
)


@app.command()
def start(as_json: Json = False) -> None:
    """Start the local cloud, if it isn't running."""
    with errors_said(as_json=as_json):
        from localcloud import client
        from tools.engine.home import home_path

        cloud = client.ensure(home_path(), on_progress=say)
        _said(as_json, _summary(cloud), f"the local cloud is at {cloud.endpoint} (process {cloud.pid})")


@app.command()
def stop(as_json: Json = False) -> None:
    """Stop it. What was in it is gone; the next `up` notices and builds it again."""
    with errors_said(as_json=as_json):
        cloud = _find()
        if cloud is not None:
            cloud.stop()
        _said(as_json, {"stopped": cloud is not None}, "stopped" if cloud else "the local cloud was not running")


@app.command()
def status(as_json: Json = False) -> None:
    """Say where it listens and what it holds. Exit code 1 when it isn't running."""
    with errors_said(as_json=as_json):
        cloud = _find()
        if cloud is None:
            _said(as_json, {"running": False}, "the local cloud is not running; `slipway up` or `slipway local start` starts it")
            leave(FAILED)
        document = {"running": True, **_summary(cloud), **cloud.status()}
        _said(as_json, document, "\n".join(status_lines(document)))


def status_lines(document: Mapping[str, Any]) -> Iterator[str]:
    """The status for people: where it is, what it holds, what runs."""
    yield f"endpoint   {document['endpoint']}  (provider on port {document['provider_port']})"
    yield f"process    {document['pid']}, up {document['uptime_seconds']:.0f} s, at most {document['peak_memory_mib']} MiB so far"
    if document.get("port_was_taken"):
        yield f"port       {document['port_was_taken']} was taken; SLIPWAY_PORT prefers another"
    stacks = [f"{stack} ({count})" for stack, count in document["resources"].items()]
    yield f"resources  {', '.join(stacks) or 'none'}"
    runtime = document["sagemaker"]
    for job in runtime["jobs"]:
        yield f"job        {job['name']}: {job['status']}, {job['hosts']} hosts of {job['hosts_asked']} asked"
    for endpoint in runtime["endpoints"]:
        variants = [f"{name} {each['ready']} of {each['servers_asked']} ready" for name, each in endpoint["variants"].items()]
        yield f"endpoint   {endpoint['name']}: {endpoint['status']}, {', '.join(variants) or 'no servers'}"


@app.command()
def reset(yes: Yes = False, as_json: Json = False) -> None:
    """Empty it: every bucket, job and endpoint goes. The next `up` builds the stacks again."""
    with errors_said(as_json=as_json):
        import sys

        if not yes and sys.stdin.isatty():
            typer.confirm("Empty the local cloud?", abort=True, err=True)
        cloud = _find()
        if cloud is not None:
            cloud.reset()
        _said(as_json, {"reset": cloud is not None}, "emptied" if cloud else "the local cloud was not running")


@app.command()
def coverage(as_json: Json = False) -> None:
    """List the resource types it has: emulated (they behave) and recorded (they are remembered)."""
    with errors_said(as_json=as_json):
        from localcloud import client
        from tools.engine.home import home_path

        document = client.ensure(home_path(), on_progress=say).coverage()
        lines = [
            f"{kind}: {len(types)}\n  " + "\n  ".join(types)
            for kind, types in document.items()
            if isinstance(types, list) and types
        ]
        _said(as_json, document, "\n".join(lines))


@app.command()
def env(as_json: Json = False) -> None:
    """Print the exports that let boto3, the aws CLI and a plain pulumi reach it: eval "$(./slipway local env)"."""
    with errors_said(as_json=as_json):
        from localcloud import client
        from tools.engine import locate, sessions, workspace
        from tools.engine.home import home_path

        cloud = client.ensure(home_path(), on_progress=say)
        place = sessions.place_of("local", local=True)
        place.prepare()
        workspace.write_work_directory(place)
        variables = workspace.environment(
            place,
            locate.ensure(progress=say),
            cloud=cloud.environment(),
            provider_port=cloud.provider_port,
            # A plain run tells the local cloud nothing before it begins, so it keeps its checkpoints.
            checkpoints=True,
            region=workspace.region(place),
        )
        if as_json:
            answer(variables)
            return
        typer.echo("\n".join(exports(variables)))


def exports(variables: dict[str, str]) -> list[str]:
    """Lines for a POSIX shell. What would win over them is unset first."""
    from tools.engine.command import FOREIGN

    return [f"unset {' '.join(FOREIGN)}", *(f"export {name}={shlex.quote(value)}" for name, value in sorted(variables.items()))]


def _find() -> Any:
    from localcloud import client
    from tools.engine.home import home_path

    return client.find(home_path())


def _summary(cloud: Any) -> dict[str, Any]:
    return {"endpoint": cloud.endpoint, "provider_port": cloud.provider_port, "pid": cloud.pid, "epoch": cloud.epoch}


def _said(as_json: bool, document: dict[str, Any], text: str) -> None:
    if as_json:
        answer(document)
    else:
        typer.echo(text)
