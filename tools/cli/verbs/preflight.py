"""`slipway preflight`: whether a plan will fit the account."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tools.cli.options import Json, Local, Stack
from tools.cli.terminal import PREFLIGHT, answer, errors_said, leave, say


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
        from tools.cli import show_preflight
        from tools.cli.guards import settings_of
        from tools.cli.plans import plan_of
        from tools.cli.preflight import account_of, asked
        from tools.preflight.permission import NOBODY, PRINCIPAL

        if principal not in ("", NOBODY) and not PRINCIPAL.fullmatch(principal):
            raise ValueError(
                f"--principal {principal!r} is no role's or user's arn; write arn:aws:iam::ACCOUNT:role/NAME, or none"
            )
        settings = settings_of(stack)
        account = account_of(settings, local=local or stack == "local")
        plan = plan_of(stack, local=local, resources=resources, state=False)
        say(f"asking {'the local cloud' if account.local else 'account ' + account.caller['Account']}")
        found = asked(plan, settings, account, principal)
        if as_json:
            answer(found.to_json())
        else:
            show_preflight.preflight(found, verbose=verbose)
        leave(0 if found.ok else PREFLIGHT)
