"""Lambda functions: called by those who were named, on a runtime that is mended."""

from __future__ import annotations

from catalog.types import lambda_
from catalog.versions import LAMBDA_DEPRECATED
from policies.checks import is_set
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict
from tools.plan.reader import Block
from tools.plan.view import ResourceView


@rule(
    lambda_.FUNCTION_URL,
    lambda_.PERMISSION,
    severity="mandatory",
    frameworks=("FSBP Lambda.1", "CIS 2.21"),
    anchors=("CKV_AWS_258", "CKV_AWS_301"),
    why="A function that everybody may call runs with its role for everybody, on our bill.",
    fix='set authorizationType to "AWS_IAM"; in a permission name the principal (or principalOrgId)',
)
def function_not_public(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if resource.type == lambda_.FUNCTION_URL.token:
        value = block.text("authorizationType")
        return PASS if value == "AWS_IAM" else Fail(f"authorizationType is {value or 'not set'}")
    if block.text("principal") != "*" or block.given("principalOrgId"):
        return PASS
    return Fail("everybody may call the function")


@rule(
    lambda_.PERMISSION,
    severity="mandatory",
    anchors=("CKV_AWS_364",),
    why="A service that calls for anybody calls for another account too (the confused deputy).",
    fix="set sourceArn (or sourceAccount) to what of ours may call",
)
def permission_names_its_source(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if not block.text("principal").endswith(".amazonaws.com"):
        return PASS
    return PASS if block.given("sourceArn") or block.given("sourceAccount") else Fail("any account's service may call")


@rule(
    lambda_.FUNCTION,
    severity="advisory",
    frameworks=("FSBP Lambda.2",),
    anchors=("CKV_AWS_363",),
    why="A deprecated runtime gets no fixes, and one day the function cannot be changed any more.",
    fix="take a runtime that is supported, such as python3.13",
)
def runtime_is_supported(resource: ResourceView) -> Verdict:
    value = Block.of(resource).text("runtime")
    return Fail(f"{value} is deprecated") if value in LAMBDA_DEPRECATED else PASS


@rule(
    lambda_.FUNCTION,
    severity="advisory",
    frameworks=("GDPR 32",),
    anchors=("CKV_AWS_173",),
    why="Under AWS's own key whoever may read the function's configuration reads its environment.",
    fix="set kmsKeyArn to a key of ours where environment.variables is set",
)
def environment_is_encrypted(resource: ResourceView) -> Verdict:
    if not Block.of(resource).has("environment.variables"):
        return PASS
    return is_set(resource, "kmsKeyArn", "the environment is under AWS's own key")
