"""`slipway bootstrap`: what must exist before the first `up` of an environment on AWS."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tools.cli.options import Json, Local, Yes
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave, say
from tools.flows.ending import Ending

if TYPE_CHECKING:
    from tools.bootstrap.step import Outcome
    from tools.flows.bootstrapping import Bootstrap

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
        from tools.engine.stack_ref import StackRef
        from tools.flows.bootstrapping import bootstrap, prepare
        from tools.flows.documents.bootstrap import bootstrap_document

        environment = prepare(StackRef(name=stack, local=local), repository=repository, bucket=bucket, say=say)
        agree = None if yes or as_json else lambda outcomes: _agreed(environment, outcomes)
        outcomes = bootstrap(environment, dry_run=dry_run, agree=agree)
        if outcomes is None:
            leave(Ending.FAILED)
        if as_json:
            answer(bootstrap_document(environment, outcomes, dry_run=dry_run))
        else:
            _show(environment, outcomes, dry_run=dry_run)


def _agreed(environment: Bootstrap, outcomes: list[Outcome]) -> bool:
    """Shows what would be done and asks; where nobody can answer, says how to go on without being asked."""
    if not sys.stdin.isatty():
        say("error: this changes a real account and nobody is there to ask; run again with --yes, or --dry-run to see it first")
        return False
    _show(environment, outcomes, dry_run=True)
    return typer.confirm(f"Do it in account {environment.target.account_id}?", err=True)


def _show(environment: Bootstrap, outcomes: list[Outcome], *, dry_run: bool) -> None:
    from tools.cli.show import bootstrap as show

    show.table(environment, outcomes)
    if dry_run:
        return
    show.notes(environment.notes())
    show.next_steps(environment)
