"""IAM."""

from __future__ import annotations

from typing import Final

from catalog.types.card import NOT_CHARGED, Card, Lookup, Points, Quota, Rights, Unique, Used

ACCESS_KEY = Card(
    token="aws:iam/accessKey:AccessKey",
    room="identity",
)
ACCOUNT_PASSWORD_POLICY = Card(
    token="aws:iam/accountPasswordPolicy:AccountPasswordPolicy",
    free=NOT_CHARGED,
    room="identity",
)
GROUP_POLICY = Card(
    token="aws:iam/groupPolicy:GroupPolicy",
    room="identity",
)
GROUP_POLICY_ATTACHMENT = Card(
    token="aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    room="identity",
)
INSTANCE_PROFILE = Card(
    token="aws:iam/instanceProfile:InstanceProfile",
    name="name",
    taggable=True,
    free=NOT_CHARGED,
    points=(Points(path="role", to="aws:iam/role:Role"),),
    room="identity",
)
OPEN_ID_CONNECT_PROVIDER = Card(
    token="aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    name="url",
    taggable=True,
    free=NOT_CHARGED,
    rights=Rights(actions=("iam:CreateOpenIDConnectProvider",)),
    unique=Unique(
        plural="OIDC providers",
        way_out="leave slipway:identity.ci out of all stacks of the account but one, or import the provider",
    ),
    room="identity",
)
POLICY = Card(
    token="aws:iam/policy:Policy",
    name="name",
    taggable=True,
    free=NOT_CHARGED,
    rights=Rights(actions=("iam:CreatePolicy", "iam:TagPolicy"), arn="arn:{partition}:iam::{account}:policy/{name}", name="name"),
    unique=Unique(plural="IAM policies"),
    quotas=(
        Quota(
            service="iam",
            code="L-E95E4862",
            name="Customer managed policies per account",
            used=Used(service="iam", operation="get_account_summary", key="Policies", summary=True),
        ),
    ),
    room="identity",
)
POLICY_ATTACHMENT = Card(
    token="aws:iam/policyAttachment:PolicyAttachment",
    free=NOT_CHARGED,
    room="identity",
)
ROLE = Card(
    token="aws:iam/role:Role",
    name="name",
    taggable=True,
    free=NOT_CHARGED,
    rights=Rights(
        actions=("iam:CreateRole", "iam:TagRole", "iam:PassRole"), arn="arn:{partition}:iam::{account}:role/{name}", name="name"
    ),
    unique=Unique(
        plural="IAM roles", lookup=Lookup(service="iam", operation="get_role", parameter="RoleName", missing=("NoSuchEntity",))
    ),
    quotas=(
        Quota(
            service="iam",
            code="L-FE177D64",
            name="Roles per account",
            used=Used(service="iam", operation="get_account_summary", key="Roles", summary=True),
        ),
    ),
    room="identity",
)
ROLE_POLICY = Card(
    token="aws:iam/rolePolicy:RolePolicy",
    name="name",
    free=NOT_CHARGED,
    rights=Rights(actions=("iam:PutRolePolicy",), arn="arn:{partition}:iam::{account}:role/{name}", name="role"),
    points=(Points(path="role", to="aws:iam/role:Role"),),
    room="identity",
)
ROLE_POLICY_ATTACHMENT = Card(
    token="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    free=NOT_CHARGED,
    rights=Rights(actions=("iam:AttachRolePolicy",), arn="arn:{partition}:iam::{account}:role/{name}", name="role"),
    points=(
        Points(path="role", to="aws:iam/role:Role"),
        Points(path="policyArn", to="aws:iam/policy:Policy"),
    ),
    room="identity",
)
SERVICE_LINKED_ROLE = Card(
    token="aws:iam/serviceLinkedRole:ServiceLinkedRole",
    free=NOT_CHARGED,
    room="identity",
)
USER = Card(
    token="aws:iam/user:User",
    free=NOT_CHARGED,
    room="identity",
)
USER_LOGIN_PROFILE = Card(
    token="aws:iam/userLoginProfile:UserLoginProfile",
    room="identity",
)
USER_POLICY = Card(
    token="aws:iam/userPolicy:UserPolicy",
    room="identity",
)
USER_POLICY_ATTACHMENT = Card(
    token="aws:iam/userPolicyAttachment:UserPolicyAttachment",
    room="identity",
)

CARDS: Final = (
    ACCESS_KEY,
    ACCOUNT_PASSWORD_POLICY,
    GROUP_POLICY,
    GROUP_POLICY_ATTACHMENT,
    INSTANCE_PROFILE,
    OPEN_ID_CONNECT_PROVIDER,
    POLICY,
    POLICY_ATTACHMENT,
    ROLE,
    ROLE_POLICY,
    ROLE_POLICY_ATTACHMENT,
    SERVICE_LINKED_ROLE,
    USER,
    USER_LOGIN_PROFILE,
    USER_POLICY,
    USER_POLICY_ATTACHMENT,
)
