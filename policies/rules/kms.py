"""Keys: they rotate, belong to us, and do not vanish by accident."""

from __future__ import annotations

from typing import Final

from catalog.types import kms
from policies.documents import closed_to_everybody
from policies.rule import rule
from policies.tagging import is_production
from policies.verdict import PASS, Fail, Verdict
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import ResourceView

MINIMUM_WINDOW_DAYS: Final = 14
# https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html: only symmetric encryption keys of KMS itself rotate.
_ROTATING_SPECS: Final = ("", "SYMMETRIC_DEFAULT")


@rule(
    kms.KEY,
    severity="mandatory",
    frameworks=("FSBP KMS.4", "CIS 4.6", "GDPR 32"),
    anchors=("CKV_AWS_7",),
    why="A key that never rotates protects, and when it leaks exposes, everything ever written.",
    fix="set enableKeyRotation to true",
)
def key_rotates(resource: ResourceView) -> Verdict:
    key = Block.of(resource)
    rotating = key.text("customerMasterKeySpec") in _ROTATING_SPECS and key.text("keyUsage") in ("", "ENCRYPT_DECRYPT")
    if not rotating or key.has("customKeyStoreId"):
        return PASS
    return PASS if key.flag("enableKeyRotation") else Fail("the key does not rotate")


@rule(
    kms.KEY,
    severity="mandatory",
    frameworks=("FSBP KMS.5", "CIS 2.21", "GDPR 32"),
    anchors=("CKV_AWS_33",),
    why="A key policy for everybody opens whatever the key encrypts to every account of AWS.",
    fix='name the principals, or confine "*" with kms:CallerAccount (kms:ViaService alone does not)',
)
def key_policy_not_public(resource: ResourceView) -> Verdict:
    return closed_to_everybody(resource)


@rule(
    kms.KEY,
    severity="mandatory",
    frameworks=("FSBP KMS.3",),
    anchors=("CKV2_AWS_64",),
    why="A deleted key takes its data with it; the window is the time there is to notice.",
    fix=f"set deletionWindowInDays to {MINIMUM_WINDOW_DAYS} or more in production (unset means 30), 7 or more elsewhere",
)
def key_deletion_window(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    window = Block.of(resource).number("deletionWindowInDays")
    least = MINIMUM_WINDOW_DAYS if is_production(resource, plan) else 7
    return PASS if window is None or window >= least else Fail(f"the deletion window is {window:g} days, less than {least}")


@rule(
    kms.KEY,
    severity="advisory",
    frameworks=("FSBP KMS.1",),
    anchors=("CKV2_AWS_64",),
    why="Without a policy of its own a key is open to whatever IAM in the account allows.",
    fix="write a least-privilege key policy",
)
def key_has_policy(resource: ResourceView) -> Verdict:
    return PASS if Block.of(resource).given("policy") else Fail("the key has AWS's default policy")


@rule(
    kms.KEY,
    severity="mandatory",
    anchors=("CKV_AWS_227",),
    why="A disabled key makes everything under it unreadable.",
    fix="leave isEnabled unset or true",
)
def key_is_enabled(resource: ResourceView) -> Verdict:
    return PASS if Block.of(resource).flag("isEnabled", default=True) else Fail("the key is disabled")
