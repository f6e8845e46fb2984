"""`slipway setup`: the packages of this checkout, fetched ahead of the verb that needs them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tools.cli.options import Json
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, say
from tools.engine.home import REPOSITORY

_GROUPS = ("compression", "test")


def run(
    groups: Annotated[
        list[str] | None, typer.Argument(metavar="[compression|test|all]...", help="What to fetch besides.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Fetch the packages that a verb would fetch when first used, and say what is installed.

    What every verb needs is always there. `compression` is for jobs that compress, adapt or export a model, `test` for `test` and
    `lint`.

    Example: slipway setup all
    """
    with errors_said(as_json=as_json):
        unknown = sorted(set(groups or []) - {*_GROUPS, "all"})
        if unknown:
            raise ValueError(f"there is no group {unknown[0]}; name {', '.join(_GROUPS)} or all")
        # The script fetched the groups before this process began: only it can install into an environment that is not whole.
        installed = {group: stamp(group).exists() for group in _GROUPS}
        if as_json:
            from tools.flows.documents.machine import SetupDocument

            document: SetupDocument = {"environment": str(REPOSITORY / ".venv"), "groups": installed}
            answer(document)
        else:
            for group, there in installed.items():
                say(f"{group}: {'installed' if there else f'not installed; ./slipway setup {group} fetches it'}")


def stamp(group: str) -> Path:
    """The file that the script leaves when a group has been installed."""
    return REPOSITORY / ".venv" / f"slipway.{group}.stamp"
