"""`slipway cost`: the price of a preview, a state or a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tools.cli.options import Json, Local, Stack, region_checked
from tools.cli.terminal import CEILING, answer, errors_said, leave


def run(
    stack: Stack = "local",
    resources: Annotated[Path | None, typer.Option(help="A JSON list of {type, name, props}, or an export.")] = None,
    state: Annotated[bool, typer.Option("--state", help="Price what is deployed instead of what a preview plans.")] = False,
    region: Annotated[str, typer.Option(help="The AWS region whose prices count (default: the stack's).")] = "",
    local: Local = False,
    as_json: Json = False,
) -> None:
    """Price a preview (the default), a state or a file, line by line. Exit code 4 when it is over the stack's ceiling.

    Example: slipway cost prod --local --json
    """
    with errors_said(as_json=as_json, stack=stack):
        from tools.cli import show_cost
        from tools.cli.guards import priced, settings_of
        from tools.cli.plans import plan_of

        if stack == "refresh":  # what `cost refresh` with an option between comes to
            raise ValueError("cost: refresh is no stack here; to renew the price table, write `slipway cost refresh [SOURCE]`")
        region_checked(region)
        settings = settings_of(stack)
        plan = plan_of(stack, local=local, resources=resources, state=state)
        report = priced(plan, settings, region=region)
        if as_json:
            answer(report.to_json())
        else:
            show_cost.bill(report)
        leave(CEILING if report.over_ceiling else 0)
