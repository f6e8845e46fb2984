"""Secrets: under our key, rotated, closed to strangers, and not gone at once."""

from __future__ import annotations

from typing import Final

from catalog.types import secretsmanager
from policies.checks import has_companion
from policies.documents import closed_to_everybody
from policies.rule import rule
from policies.tagging import is_production
from policies.verdict import PASS, Fail, Verdict
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import ResourceView

LEAST_WINDOW_DAYS: Final = 7


@rule(
    secretsmanager.SECRET,
    severity="mandatory",
    frameworks=("GDPR 32",),
    anchors=("CKV_AWS_149",),
    why="Under AWS's own key every principal with GetSecretValue can read it; under ours it needs the key as well.",
    fix="set kmsKeyId",
)
def secret_is_encrypted(resource: ResourceView) -> Verdict:
    key = Block.of(resource).text("kmsKeyId")
    return PASS if key and "alias/aws/" not in key else Fail("the secret is under no key of ours")


@rule(
    secretsmanager.SECRET,
    secretsmanager.SECRET_POLICY,
    severity="mandatory",
    frameworks=("CIS 2.21",),
    anchors=("prowler secretsmanager_has_restrictive_resource_policy",),
    why="A secret that everybody may read is none.",
    fix='name the principals, or confine "*" with aws:PrincipalOrgID',
)
def secret_not_public(resource: ResourceView) -> Verdict:
    return closed_to_everybody(resource)


@rule(
    secretsmanager.SECRET,
    severity="advisory",
    frameworks=("FSBP SecretsManager.1", "FSBP SecretsManager.4"),
    anchors=("CKV2_AWS_57",),
    why="A token that never changes is known to everybody who ever had it.",
    fix="declare a SecretRotation",
)
def secret_rotates(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    return has_companion(resource, plan, secretsmanager.SECRET_ROTATION, "the secret does not rotate")


@rule(
    secretsmanager.SECRET,
    severity="mandatory",
    anchors=("prowler secretsmanager_secret_recovery_window",),
    why="Deleted with no window, a production secret is gone at once.",
    fix=f"leave recoveryWindowInDays unset (30) or at {LEAST_WINDOW_DAYS} or more in production",
)
def secret_can_be_restored(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if not is_production(resource, plan):
        return PASS
    days = Block.of(resource).number("recoveryWindowInDays")
    return PASS if days is None or days >= LEAST_WINDOW_DAYS else Fail(f"the recovery window is {days:g} days")
