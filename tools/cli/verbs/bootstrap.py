"""`slipway bootstrap`: what must exist before the first `up` of an environment on AWS."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tools.cli.options import Json, Local, Yes
from tools.cli.terminal import FAILED, answer, errors_said, leave, say

if TYPE_CHECKING:
    from tools.bootstrap.step import Outcome
    from tools.cli.bootstrapping import Bootstrap

Environment = Annotated[str, typer.Argument(metavar="ENV", help="The environment: dev, staging, prod, any Pulumi.<stack>.yaml.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be made or mended, and touch nothing.")]
Repository = Annotated[
    str, typer.Option(help="The GitHub repository whose workflows take the roles (default: slipway:identity.ci.repository).")
]
Bucket = Annotated[str, typer.Option(help="The state bucket's name (default: slipway-state-ACCOUNT-REGION).")]


def run(
    stack: Environment,
    local: Local = False,
    dry_run: DryRun = False,
    repository: Repository = "",
    bucket: Bucket = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Make what must exist before the first `up`: the state's bucket, the key of its secrets, the roles of CI.

    What is there is found, what is there and not as it must be is mended; cut in the middle, run it again. With credentials of
    another account than the file's nothing is touched (exit 2).

    Example: slipway bootstrap dev
    """
    with errors_said(as_json=as_json, stack=stack):
        from tools.bootstrap.step import FOUND
        from tools.cli.bootstrapping import document, prepare

        began = prepare(stack, local=local, repository=repository, bucket=bucket, say=say)
        outcomes = began.plan()
        if not dry_run and any(one.op != FOUND for one in outcomes):
            if not (local or yes or as_json) and not _agreed(began, outcomes):
                leave(FAILED)
            outcomes = _carried_out(began)
        if as_json:
            answer(document(began, outcomes, dry_run=dry_run))
        else:
            _show(began, outcomes, dry_run=dry_run)


def _carried_out(began: Bootstrap) -> list[Outcome]:
    """The outcomes, each thing told as it begins: a run that is cut has said how far it came."""
    outcomes: list[Outcome] = []
    for one in began.carry_out():
        if not outcomes or outcomes[-1].thing != one.thing:
            say(f"{one.thing} ...")
        outcomes.append(one)
    return outcomes


def _agreed(began: Bootstrap, outcomes: list[Outcome]) -> bool:
    """Shows what would be done and asks; where nobody can answer, says how to go on without being asked."""
    if not sys.stdin.isatty():
        say("error: this changes a real account and nobody is there to ask; run again with --yes, or --dry-run to see it first")
        return False
    _show(began, outcomes, dry_run=True)
    return typer.confirm(f"Do it in account {began.target.account_id}?", err=True)


def _show(began: Bootstrap, outcomes: list[Outcome], *, dry_run: bool) -> None:
    from tools.cli import show_bootstrap as show

    show.table(began, outcomes)
    if dry_run:
        return
    show.notes(began.notes())
    show.next_steps(began)
