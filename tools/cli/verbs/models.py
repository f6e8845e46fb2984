"""`slipway models`: what was trained, how good it is, and who approved it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tools.cli.options import Json, Local, Yes, stack_named
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave, say

if TYPE_CHECKING:
    from tools.flows.deployed import Deployed
    from tools.models import ModelVersion

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The model registry: list, register, show, evaluate, approve, reject, promote, diff, delete.\n\n"
    "Example: slipway models list",
)

Model = Annotated[str, typer.Argument(metavar="MODEL", help="A job or group (its newest version), group/version, or an arn.")]
StackName = Annotated[str, typer.Option("--stack", "-s", help="The stack whose jobs made it: local, dev, prod, ...")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept with the version, with your name.")]


@app.command("list")
def list_(
    group: Annotated[str | None, typer.Argument(help="A job or group; left out: all of the stack.")] = None,
    stack: StackName = "local",
    local: Local = False,
    limit: Annotated[int, typer.Option(min=0, help="At most so many versions a group, the newest; 0: all.")] = 20,
    as_json: Json = False,
) -> None:
    """List the versions: status, metrics, size, and the job that made them. The newest first.

    Example: slipway models list digits
    """
    with errors_said(as_json=as_json, stack=stack):
        from tools.cli.show import models as page
        from tools.flows import models
        from tools.flows.documents.models import model_document

        versions = models.listed(_deployed(stack, local), group, limit)
        if as_json:
            answer({"models": [model_document(version) for version in versions]})
        elif versions:
            page.table(versions)
        else:
            say("no model is registered yet; `./slipway train JOB --follow` or `./slipway models register JOB` does it")


@app.command()
def register(
    job: Annotated[str, typer.Argument(help="The training job, as the stack file names it.")],
    stack: StackName = "local",
    local: Local = False,
    as_json: Json = False,
) -> None:
    """Register the model of a job's newest completed run, such as the one of `up`; one that is registered stays as it is.

    Example: slipway models register digits
    """
    with errors_said(as_json=as_json, stack=stack):
        from tools.flows import models
        from tools.flows.documents.models import model_document

        there = _deployed(stack, local)
        version = models.registered(there, job)
        if as_json:
            answer(model_document(version))
        else:
            typer.echo(f"{version.name} is the model of {version.lineage.training_job}")
            if not version.evaluation:
                say(f"next: ./slipway models evaluate {version.name}{there.stack.option}")


@app.command()
def show(model: Model, stack: StackName = "local", local: Local = False, as_json: Json = False) -> None:
    """Show all of a version: metrics, lineage, artifact, approval, and what stands in the way of it.

    Example: slipway models show digits/3
    """
    with errors_said(as_json=as_json, stack=stack):
        from tools.cli.show import models as page
        from tools.flows import models
        from tools.flows.documents.models import shown_document

        there = _deployed(stack, local)
        version = models.find(there, model)
        waits = [] if version.status == "Approved" else models.in_the_way(there, version)
        if as_json:
            answer(shown_document(version, waits))
        else:
            page.version(version, waits)


@app.command()
def evaluate(model: Model, stack: StackName = "local", local: Local = False, as_json: Json = False) -> None:
    """Measure a version on the stack's held-out data, as a training job of SageMaker, and keep what it found.

    Exit code 3 when the job violates a policy, 4 when it may pass the ceiling.

    Example: slipway models evaluate digits
    """
    with errors_said(as_json=as_json, stack=stack):
        from tools.cli.show import models as page
        from tools.flows import models
        from tools.flows.documents.models import evaluated_document
        from tools.flows.job_verdict import Refused

        there = _deployed(stack, local)
        try:
            found = models.evaluate(there, models.find(there, model), say=say)
        except KeyboardInterrupt:
            say("an evaluation that was started goes on; run the same command again to take it up")
            raise
        if isinstance(found, Refused):
            say("\n".join(["error: the evaluation was not started", *found.lines]))
            if as_json:
                answer({"stack": stack, "error": {"code": found.ending, "lines": list(found.lines)}})
            leave(found.ending)
        version = found.version
        waits = models.in_the_way(there, version)
        if as_json:
            answer(evaluated_document(found, waits))
        else:
            page.evaluated(version, waits, approve=f"./slipway models approve {version.name} --reason TEXT{there.stack.option}")


@app.command()
def approve(model: Model, reason: Reason, stack: StackName = "local", local: Local = False, as_json: Json = False) -> None:
    """Approve a version for use. Exit code 1 unless its evaluation meets what the stack file asks of its job.

    Example: slipway models approve digits/3 --reason "better on blurred digits"
    """
    with errors_said(as_json=as_json, stack=stack):
        from tools.flows import models
        from tools.models import approval

        there = _deployed(stack, local)
        version = models.find(there, model)
        decided = approval.approve(there.clients, version, models.gate(there, version), reason=reason)
        _said(decided, "approved", as_json=as_json)


@app.command()
def reject(model: Model, reason: Reason, stack: StackName = "local", local: Local = False, as_json: Json = False) -> None:
    """Reject a version; an approved one is withdrawn by it.

    Example: slipway models reject digits/3 --reason "fails on zeros"
    """
    with errors_said(as_json=as_json, stack=stack):
        from tools.flows import models
        from tools.models import approval

        there = _deployed(stack, local)
        decided = approval.reject(there.clients, models.find(there, model), reason=reason)
        _said(decided, "rejected", as_json=as_json)


@app.command()
def promote(
    model: Model,
    from_: Annotated[str, typer.Option("--from", help="The environment where it is approved.")],
    to: Annotated[str, typer.Option("--to", help="The environment that gets it.")],
    local: Local = False,
    from_profile: Annotated[str, typer.Option(help="The AWS profile that reads the one (default: the shell's).")] = "",
    to_profile: Annotated[str, typer.Option(help="The AWS profile that writes the other (default: the shell's).")] = "",
    as_json: Json = False,
) -> None:
    """Carry an approved version to another environment: the same artifact, by its digest. There it waits for its own approval.

    Example: slipway models promote digits/3 --from dev --to staging
    """
    with errors_said(as_json=as_json, stack=to):
        from tools.flows.documents.models import promoted_document
        from tools.flows.promotion import promote as carry
        from tools.flows.promotion import side

        if from_ == to:
            raise ValueError(f"--from and --to are both {to}; name two environments")
        source, target = side(from_, local=local, profile=from_profile), side(to, local=local, profile=to_profile)
        done = carry(model, source, target)
        made = done.target
        if as_json:
            answer(promoted_document(done))
            return
        is_now = "is now" if done.new else "was already"
        typer.echo(f"{made.name} {is_now} {done.source.name}, artifact sha256 {made.artifact.sha256}")
        if made.status == "PendingManualApproval":
            step = "approve" if made.evaluation else "evaluate"
            say(f"next: ./slipway models {step} {made.name}{' --reason TEXT' if made.evaluation else ''}{target.stack.option}")


@app.command()
def diff(
    first: Annotated[str, typer.Argument(metavar="MODEL", help="The version to compare with.")],
    second: Annotated[str, typer.Argument(metavar="MODEL", help="The version that is compared.")],
    stack: StackName = "local",
    local: Local = False,
    all_: Annotated[bool, typer.Option("--all", help="What is the same, too.")] = False,
    as_json: Json = False,
) -> None:
    """Compare two versions: metrics (better or worse), data, code, images, hyperparameters, size.

    Example: slipway models diff digits/2 digits/3
    """
    with errors_said(as_json=as_json, stack=stack):
        from tools.cli.show import models as page
        from tools.flows import models
        from tools.flows.documents.models import diff_document

        there = _deployed(stack, local)
        one, other = (models.find(there, model) for model in (first, second))
        found = models.compared(there, one, other)
        if as_json:
            answer(diff_document(one, other, found))
        else:
            page.difference(one, other, found if all_ else [row for row in found if row.verdict != "same"])


@app.command()
def delete(model: Model, stack: StackName = "local", local: Local = False, yes: Yes = False, as_json: Json = False) -> None:
    """Delete a version from the registry; its artifact stays in S3. An approved one must be rejected before.

    Example: slipway models delete digits/2 --yes
    """
    with errors_said(as_json=as_json, stack=stack):
        import sys

        from tools.flows import models
        from tools.models.registry import delete as gone

        there = _deployed(stack, local)
        version = models.find(there, model)
        if not yes and sys.stdin.isatty():
            typer.confirm(f"Delete {version.name} from the registry?", abort=True, err=True)
        gone(there.clients, version)
        if as_json:
            answer({"deleted": version.arn})
        else:
            typer.echo(f"{version.name} is deleted; its artifact is still {version.artifact.uri}")


def _deployed(stack: str, local: bool) -> Deployed:
    from tools.flows.deployed import deployed

    return deployed(stack_named(stack, local=local))


def _said(decided: tuple[ModelVersion, bool], word: str, *, as_json: bool) -> None:
    from tools.flows.documents.models import model_document

    version, new = decided
    if as_json:
        answer({"model": model_document(version), "changed": new})
        return
    by = f" by {version.approval.by}" if version.approval.by else ""
    typer.echo(f"{version.name} {'is now' if new else 'was already'} {word}{by}: {version.approval.reason}")
