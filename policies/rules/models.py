"""Models of the registry: what is served was approved, where a plan can tell."""

from __future__ import annotations

from collections.abc import Iterable

from catalog.services import APPROVED
from catalog.types import sagemaker
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict, every
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block, Undecided
from tools.plan.view import ResourceView

# The approval status of a version that gives none: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html
_BY_DEFAULT = "PendingManualApproval"


def _packages(model: ResourceView) -> Iterable[Block]:
    """The model's containers that take a version of the registry. Reading a version that is not known yet raises Undecided."""
    block = Block.of(model)
    return [row for row in (*block.items("primaryContainer"), *block.items("containers")) if row.given("modelPackageName")]


def _declared(row: Block, plan: LinkedPlan) -> list[ResourceView]:
    """The version that a container takes, among those that the plan declares. All of these where the version is not known yet."""
    packages = plan.of(sagemaker.MODEL_PACKAGE)
    try:
        name = row.text("modelPackageName")
    except Undecided:
        if packages:
            return packages
        raise
    return [one for one in packages if name in (one.id, one.name, Block.of(one).text("modelPackageName", unknown=None))]


@rule(
    sagemaker.MODEL,
    severity="mandatory",
    frameworks=("GDPR 25",),
    why="An approval that nothing asks for is a form: what was never looked at, or was rejected, then serves customers.",
    fix="serve an approved version (`slipway models approve` says what is in the way of it)",
)
def package_is_approved(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    def approved(row: Block) -> Verdict:
        for package in _declared(row, plan):
            status = Block.of(package).text("modelApprovalStatus") or _BY_DEFAULT
            if status != APPROVED:
                return Fail(f"the model serves {row.text('modelPackageName')}, which is {status}")
        return PASS

    return every(_packages(resource), approved)


@rule(
    sagemaker.MODEL,
    severity="advisory",
    why="The status of a version that another stack, or `slipway train`, registered is in the registry, and in no plan.",
    fix="look it up (`slipway models list`) before `up`, or say in an exception who did",
)
def package_is_in_the_plan(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    def seen(row: Block) -> Verdict:
        if _declared(row, plan):
            return PASS
        return Fail(f"whether {row.text('modelPackageName')} is approved cannot be seen here")

    return every(_packages(resource), seen)
