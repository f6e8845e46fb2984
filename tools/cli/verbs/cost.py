"""`slipway cost`: the price of a preview, a state or a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tools.cli.options import Json, Local, Stack, region_checked, stack_named
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave
from tools.flows.ending import Ending


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
        if stack == "refresh":  # what `cost refresh` with an option between comes to
            raise ValueError("cost: refresh is no stack here; to renew the price table, write `slipway cost refresh [SOURCE]`")
        region_checked(region)
        named = stack_named(stack, local=local)
        from tools.cli.show import cost as show
        from tools.cli.terminal.run_progress import RunProgress
        from tools.flows.plans import PlanSource
        from tools.flows.pricing import price

        report = price(PlanSource(stack=named, resources=resources, state=state), progress=RunProgress(), region=region)
        if as_json:
            answer(report.to_json())
        else:
            show.bill(report)
        leave(Ending.CEILING if report.over_ceiling else Ending.DONE)
