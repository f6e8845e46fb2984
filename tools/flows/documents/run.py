"""What `preview`, `up`, `refresh` and `destroy` print with `--json`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypedDict, cast

from tools.flows.documents.cost import CostDocument
from tools.flows.documents.differences import PropertyDocument, properties
from tools.flows.documents.policy import PolicyDocument
from tools.flows.documents.preflight import PreflightDocument
from tools.flows.documents.values import plain_value
from tools.plan.view import decode

if TYPE_CHECKING:
    from tools.engine.drift import Drift
    from tools.engine.events import Fault, Step
    from tools.engine.runs import RunResult
    from tools.flows.destroying import Destroyed
    from tools.flows.judgement import Verdict
    from tools.flows.refreshing import Refreshed
    from tools.flows.stack_run import StackRun
    from tools.preflight import Preflight


class ChangesDocument(TypedDict):
    """How many resources of each operation, components included."""

    create: Annotated[int, "Made."]
    update: Annotated[int, "Changed in place."]
    replace: Annotated[int, "Made anew in place of the old one."]
    delete: Annotated[int, "Deleted."]
    same: Annotated[int, "Left as they are."]


class ResourceDocument(TypedDict):
    """One resource of a run."""

    urn: Annotated[str, "The resource's urn."]
    type: Annotated[str, "Its type, as `aws:s3/bucket:Bucket`."]
    name: Annotated[str, "Its name in the program."]
    op: Annotated[Literal["create", "update", "replace", "delete", "same"], "What happens to it, or happened."]
    custom: Annotated[bool, "False of a component, which stands for no thing in a cloud."]
    properties: NotRequired[Annotated[list[PropertyDocument], "Of an update or a replace: what differs."]]
    because: NotRequired[Annotated[list[str], "Of a replace: the properties that cannot be changed in place."]]


class FaultDocument(TypedDict):
    """One cause of a failed run."""

    urn: Annotated[str, "The resource; empty where it is no resource's."]
    message: Annotated[str, "What went wrong."]


class RunErrorDocument(TypedDict):
    """Why a run of the engine failed."""

    code: Annotated[int, "The exit code: 1."]
    interrupted: Annotated[bool, "Whether a person stopped it."]
    faults: Annotated[list[FaultDocument], "The causes, without what only follows from them."]
    log: Annotated[str, "The file with everything that the engine wrote."]


class SweptDocument(TypedDict):
    """A thing that an interrupted run had left in the local cloud and that no state knew."""

    urn: Annotated[str, "What it was made for."]
    id: Annotated[str, "Its id in the cloud."]


class LeftDocument(TypedDict):
    """A thing that an interrupted run had left in the local cloud and that could not be removed."""

    urn: Annotated[str, "What it was made for."]
    id: Annotated[str, "Its id in the cloud."]
    reason: Annotated[str, "What refused, in AWS's words."]


class RunDocument(TypedDict):
    """A run of a stack."""

    stack: Annotated[str, "The stack."]
    seconds: Annotated[float, "How long the verb took."]
    changes: Annotated[ChangesDocument, "How many resources of each operation."]
    resources: Annotated[list[ResourceDocument], "Every resource, in the order of the plan."]
    policy: Annotated[PolicyDocument | None, "The policies' verdict; null where there is no plan to judge."]
    cost: Annotated[CostDocument | None, "The price; null where there is no plan to price."]
    outputs: Annotated[dict[str, Any], "The stack's outputs; `[secret]` and `[unknown]` in place of what is not to be shown."]
    preflight: NotRequired[Annotated[PreflightDocument, "The account's answer, where it was asked."]]
    error: NotRequired[Annotated[RunErrorDocument, "Only of a run that failed."]]
    swept: NotRequired[Annotated[list[SweptDocument], "Of `up`: what an interrupted run had left and this one removed."]]
    left: NotRequired[Annotated[list[LeftDocument], "Of `up`: what an interrupted run had left and could not be removed."]]


class DriftPropertyDocument(TypedDict):
    """A property that differs between the state and the cloud."""

    path: Annotated[str, "The property, as `tags.Owner`."]
    was: Annotated[Any, "What the state had; null where it was not set."]
    now: Annotated[Any, "What the cloud has; null where it is not set."]


class DriftDocument(TypedDict):
    """A resource that was changed outside the program."""

    urn: Annotated[str, "The resource's urn."]
    type: Annotated[str, "Its type."]
    name: Annotated[str, "Its name in the program."]
    op: Annotated[str, "`update`, or `delete` of one that is gone."]
    properties: Annotated[list[DriftPropertyDocument], "What differs; secrets are hidden."]


class RefreshDocument(RunDocument):
    """A run that reads the cloud; `policy` and `cost` are null."""

    drift: Annotated[list[DriftDocument], "What had changed outside."]


class DestroyErrorDocument(TypedDict):
    """Why a deletion failed."""

    code: Annotated[int, "The exit code: 1."]
    faults: Annotated[list[FaultDocument], "The causes."]


class OrphanDocument(TypedDict):
    """A thing that the cloud still has of the stack."""

    service: Annotated[str, "The AWS service."]
    id: Annotated[str, "Its id there."]


class DestroyDocument(TypedDict):
    """A stack taken away."""

    stack: Annotated[str, "The stack."]
    seconds: Annotated[float, "How long the verb took."]
    deleted: Annotated[int, "How many resources were deleted."]
    orphans: Annotated[list[OrphanDocument], "What the local cloud, asked itself, still has; always empty on AWS."]
    left: NotRequired[Annotated[list[LeftDocument], "What an interrupted run had left and could not be removed."]]
    error: NotRequired[Annotated[DestroyErrorDocument, "Only of a run that failed."]]


def stack_run_document(run: StackRun, seconds: float) -> RunDocument:
    """The document of a preview or an `up`."""
    document = run_document(run.stack.name, seconds, run.result, run.verdict, run.preflight)
    if run.swept:
        document["swept"] = cast("list[SweptDocument]", list(run.swept))
    if run.left:
        document["left"] = cast("list[LeftDocument]", list(run.left))
    return document


def refresh_document(done: Refreshed, seconds: float) -> RefreshDocument:
    """The document of a refresh."""
    return {**run_document(done.stack.name, seconds, done.result, None), "drift": drift_document(done.drift)}


def destroy_document(done: Destroyed, seconds: float) -> DestroyDocument:
    """The document of a destroy."""
    document: DestroyDocument = {
        "stack": done.stack.name,
        "seconds": round(seconds, 2),
        "deleted": done.result.deleted,
        "orphans": cast("list[OrphanDocument]", list(done.orphans)),
    }
    if done.left:
        document["left"] = cast("list[LeftDocument]", list(done.left))
    if not done.result.ok:
        document["error"] = {"code": 1, "faults": _faults(done.result.faults)}
    return document


def run_document(
    stack: str, seconds: float, result: RunResult, verdict: Verdict | None, preflight: Preflight | None = None
) -> RunDocument:
    """The document of a run, with `preflight` where the account was asked."""
    document: RunDocument = {
        "stack": stack,
        "seconds": round(seconds, 2),
        "changes": cast(ChangesDocument, dict(result.changes)),
        "resources": [resource_entry(step) for step in result.steps],
        "policy": cast(PolicyDocument, verdict.policy.to_json()) if verdict else None,
        "cost": cast(CostDocument, verdict.cost.to_json()) if verdict else None,
        "outputs": plain_value(decode(result.outputs)),
    }
    if preflight:
        document["preflight"] = cast(PreflightDocument, preflight.to_json())
    if not result.ok:
        document["error"] = {
            "code": 1,
            "interrupted": result.interrupted,
            "faults": _faults(result.faults),
            "log": str(result.log),
        }
    return document


def resource_entry(step: Step) -> ResourceDocument:
    """One resource of a run; of an update and a replace with old and new of what differs where neither is secret."""
    entry = cast(ResourceDocument, {"urn": step.urn, "type": step.type, "name": step.name, "op": step.op, "custom": step.custom})
    if step.op in ("update", "replace"):
        entry["properties"] = properties(step.diffs, step.before, step.inputs)
    if step.op == "replace":
        entry["because"] = list(step.replaces)
    return entry


def drift_document(found: Iterable[Drift]) -> list[DriftDocument]:
    """What changed outside, secrets hidden."""
    return [
        {
            "urn": item.urn,
            "type": item.type,
            "name": item.urn.rpartition("::")[2],
            "op": item.op,
            "properties": [
                {"path": one.path, "was": plain_value(decode(one.was)), "now": plain_value(decode(one.now))}
                for one in item.properties
            ],
        }
        for item in found
    ]


def _faults(faults: Iterable[Fault]) -> list[FaultDocument]:
    return [{"urn": fault.urn, "message": fault.message} for fault in faults]
