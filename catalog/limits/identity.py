"""Documented limits of IAM, KMS and Secrets Manager."""

from __future__ import annotations

from typing import Final

from catalog.limits.row import At, Limit
from catalog.types import iam, kms, secretsmanager

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
IAM_QUOTAS: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
MANAGED_POLICY: Final = 6_144
TRUST_POLICY: Final = 2_048
# The sum of all inline policies of one principal, white space not counted.
INLINE_POLICIES: Final = {"role": 10_240, "user": 2_048, "group": 5_120}
ATTACHED_POLICIES: Final = 10
# https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
KEY_POLICY_BYTES: Final = 32_768

LIMITS: Final = (
    Limit(
        service="iam",
        calls={"CreatePolicy": "PolicyDocument", "CreatePolicyVersion": "PolicyDocument"},
        at=(At(card=iam.POLICY, path="policy"),),
        measure="without_spaces",
        most=MANAGED_POLICY,
        code="LimitExceeded",
        says="Cannot exceed quota for PolicySize: {most}",
        source=IAM_QUOTAS,
    ),
    Limit(
        service="iam",
        calls={"CreateRole": "AssumeRolePolicyDocument", "UpdateAssumeRolePolicy": "PolicyDocument"},
        at=(At(card=iam.ROLE, path="assumeRolePolicy"),),
        measure="without_spaces",
        most=TRUST_POLICY,
        code="LimitExceeded",
        says="Cannot exceed quota for ACLSizePerRole: {most}",
        source=IAM_QUOTAS,
    ),
    Limit(
        service="iam",
        calls={},
        at=(At(card=iam.ROLE, path="managedPolicyArns"),),
        measure="items",
        most=ATTACHED_POLICIES,
        code="LimitExceeded",
        says="Cannot exceed quota for PoliciesPerRole: {most}",
        source=IAM_QUOTAS,
    ),
    *(
        Limit(
            service="iam",
            calls={},  # the sum over all of the principal's policies is weighed when one is put
            at=at,
            measure="without_spaces",
            most=most,
            code="LimitExceeded",
            says=f"Maximum policy size of {{most}} bytes exceeded for {kind}",
            source=IAM_QUOTAS,
        )
        for kind, most, at in (
            (
                "role",
                INLINE_POLICIES["role"],
                (At(card=iam.ROLE_POLICY, path="policy"), At(card=iam.ROLE, path="inlinePolicies.policy")),
            ),
            ("user", INLINE_POLICIES["user"], (At(card=iam.USER_POLICY, path="policy"),)),
            ("group", INLINE_POLICIES["group"], (At(card=iam.GROUP_POLICY, path="policy"),)),
        )
    ),
    Limit(
        service="kms",
        calls={"CreateKey": "Policy", "PutKeyPolicy": "Policy"},
        at=(At(card=kms.KEY, path="policy"),),
        measure="bytes",
        most=KEY_POLICY_BYTES,
        code="LimitExceededException",
        says="The key policy has {size} bytes, and must not be larger than {most} bytes",
        source="https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html",
    ),
    Limit(
        service="kms",
        calls={"CreateAlias": "AliasName", "UpdateAlias": "AliasName", "DeleteAlias": "AliasName"},
        at=(At(card=kms.ALIAS, path="name"),),
        measure="text",
        pattern="alias/.+",
        code="ValidationException",
        says="Invalid identifier",
        source="https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html",
    ),
    Limit(
        service="kms",
        calls={"CreateAlias": "AliasName", "UpdateAlias": "AliasName"},
        at=(At(card=kms.ALIAS, path="name"),),
        measure="text",
        never="alias/aws/.*",
        code="NotAuthorizedException",
        says="Aliases that begin with alias/aws/ are reserved for AWS managed keys",
        source="https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html",
    ),
    Limit(
        service="secretsmanager",
        calls={"CreateSecret": "Name"},
        at=(At(card=secretsmanager.SECRET, path="name"),),
        measure="text",
        pattern=r"[\w/+=.@-]+",
        code="ValidationException",
        says="Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        source="https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html",
    ),
    Limit(
        service="secretsmanager",
        calls={"PutSecretValue": "SecretString", "CreateSecret": "SecretString", "UpdateSecret": "SecretString"},
        at=(At(card=secretsmanager.SECRET_VERSION, path="secretString"),),
        measure="bytes",
        most=65_536,
        code="ValidationException",
        says="1 validation error detected: Value at 'secretString' failed to satisfy constraint: "
        "Member must have length less than or equal to {most}",
        source="https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html",
    ),
    Limit(
        service="secretsmanager",
        calls={"DeleteSecret": "RecoveryWindowInDays"},
        measure="number",
        least=7,
        most=30,
        code="InvalidParameterException",
        says="RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
        source="https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html",
    ),
)
