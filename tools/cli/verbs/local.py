"""`slipway local`: the local cloud by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from tools.cli.options import Json, Yes
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave, say
from tools.flows.ending import Ending

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
        from tools.flows import local_cloud

        cloud = local_cloud.started(say=say)
        _said(as_json, local_cloud.place(cloud), f"the local cloud is at {cloud.endpoint} (process {cloud.pid})")


@app.command()
def stop(as_json: Json = False) -> None:
    """Stop it. What was in it is gone; the next `up` notices and builds it again."""
    with errors_said(as_json=as_json):
        from tools.flows import local_cloud

        stopped = local_cloud.stop()
        _said(as_json, {"stopped": stopped}, "stopped" if stopped else "the local cloud was not running")


@app.command()
def status(as_json: Json = False) -> None:
    """Say where it listens and what it holds. Exit code 1 when it isn't running."""
    with errors_said(as_json=as_json):
        from tools.cli.show.local_cloud import status_lines
        from tools.flows import local_cloud

        found = local_cloud.status()
        if not found["running"]:
            _said(as_json, found, "the local cloud is not running; `slipway up` or `slipway local start` starts it")
            leave(Ending.FAILED)
        _said(as_json, found, "\n".join(status_lines(found)))


@app.command()
def reset(yes: Yes = False, as_json: Json = False) -> None:
    """Empty it: every bucket, job and endpoint goes. The next `up` builds the stacks again."""
    with errors_said(as_json=as_json):
        import sys

        from tools.flows import local_cloud

        if not yes and sys.stdin.isatty():
            typer.confirm("Empty the local cloud?", abort=True, err=True)
        emptied = local_cloud.reset()
        _said(as_json, {"reset": emptied}, "emptied" if emptied else "the local cloud was not running")


@app.command()
def coverage(as_json: Json = False) -> None:
    """List the resource types it has: emulated (they behave) and recorded (they are remembered)."""
    with errors_said(as_json=as_json):
        from tools.cli.show.local_cloud import coverage_lines
        from tools.flows import local_cloud

        found = local_cloud.coverage(say=say)
        _said(as_json, found, "\n".join(coverage_lines(found)))


@app.command()
def env(
    pulumi: Annotated[bool, typer.Option("--pulumi", help="Also what a plain Pulumi needs: engine, state, providers.")] = False,
    shell: Annotated[str, typer.Option("--shell", help="Whose lines: sh, bash, zsh, fish, powershell, pwsh.")] = "sh",
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", help="The stack that gives the region, and with --pulumi the state.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the exports that let boto3, the aws CLI and any SDK reach it; PATH and PYTHONPATH stay as they are.

    Example: eval "$(./slipway local env)"
    """
    with errors_said(as_json=as_json):
        import os

        from tools.cli.show.shell_exports import exports
        from tools.flows import local_cloud

        exports({}, (), shell)  # a shell that is not known is said before a cloud is started
        variables = local_cloud.environment(say=say, stack=stack or "", pulumi=pulumi)
        _said(as_json, variables, "\n".join(exports(variables, local_cloud.foreign(os.environ), shell)))


def _said(as_json: bool, document: object, text: str) -> None:
    if as_json:
        answer(document)
    else:
        typer.echo(text)
