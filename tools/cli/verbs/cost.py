"""`slipway cost`: the price of a preview, a state or a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final

import typer

from tools.cli.options import Json, Local, Stack
from tools.cli.terminal import CEILING, answer, errors_said, leave

# A region's name, in any of AWS's partitions. Whether there are prices for it is another question, which the bill answers.
_REGION: Final = re.compile(r"[a-z]{2,3}(-[a-z]+)+-[0-9]+")


def run(
    stack: Stack = "local",
    resources: Annotated[Path | None, typer.Option(help="A JSON list of {type, name, props}, or an export.")] = None,
    state: Annotated[bool, typer.Option("--state", help="Price what is deployed instead of what a preview plans.")] = False,
    region: Annotated[
        str, typer.Option(help="The AWS region whose prices count (default: the stack's; of --refresh aws, all).")
    ] = "",
    refresh: Annotated[
        str, typer.Option(metavar="SOURCE", help="Renew the price table from `aws`, or a folder of AWS Price List files.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --refresh: say what would change, write nothing.")] = False,
    local: Local = False,
    as_json: Json = False,
) -> None:
    """Price a preview (the default), a state or a file, line by line. Exit code 4 when it is over the stack's ceiling.

    Example: slipway cost prod --local --json
    """
    with errors_said(as_json=as_json, stack=stack):
        if region and not _REGION.fullmatch(region):
            raise ValueError(f"--region {region!r} is no region's name; write one like eu-west-1")
        if dry_run and not refresh:
            raise ValueError("--dry-run is of --refresh; a price by itself writes nothing")
        if refresh:
            from tools.cli.price_lists import renew

            renew(refresh, region, dry_run=dry_run, as_json=as_json)
            return
        from tools.cli import show_cost
        from tools.cli.guards import priced, settings_of
        from tools.cli.plans import plan_of

        settings = settings_of(stack)
        plan = plan_of(stack, local=local, resources=resources, state=state)
        report = priced(plan, settings, region=region)
        if as_json:
            answer(report.to_json())
        else:
            show_cost.bill(report)
        leave(CEILING if report.over_ceiling else 0)
