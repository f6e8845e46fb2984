"""`slipway preflight`: whether a plan will fit the account."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tools.cli.options import Json, Local, Stack, stack_named
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave
from tools.flows.ending import Ending


def run(
    stack: Stack = "local",
    resources: Annotated[Path | None, typer.Option(help="A JSON list of {type, name, props}, or an export.")] = None,
    principal: Annotated[
        str, typer.Option(metavar="ARN", help="The role or user whose rights count (default: who asks; `none`: nobody's).")
    ] = "",
    local: Local = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="List what fits as well.")] = False,
    as_json: Json = False,
) -> None:
    """Ask the account for what a preview plans: quotas, instance types in its zones, reservations, addresses, names, rights.

    Exit code 5 when something is known to be short. What nobody could tell is said and counted, and stops nothing.

    Example: slipway preflight prod
    """
    with errors_said(as_json=as_json, stack=stack):
        named = stack_named(stack, local=local)
        from tools.cli.show import preflight as show
        from tools.cli.terminal.run_progress import RunProgress
        from tools.flows.account import preflight
        from tools.flows.plans import PlanSource

        found = preflight(PlanSource(stack=named, resources=resources), progress=RunProgress(), principal=principal)
        if as_json:
            answer(found.to_json())
        else:
            show.preflight(found, verbose=verbose)
        leave(Ending.DONE if found.ok else Ending.PREFLIGHT)
