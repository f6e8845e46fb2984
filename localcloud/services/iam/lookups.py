"""The look-ups of IAM: who there is. What a policy document becomes is in policy_document.py."""

from __future__ import annotations

import json
import re
from typing import Any

import botocore.exceptions

from catalog import functions
from localcloud.kernel.context import Call, Context
from localcloud.kernel.lookup import Lookup, NoAnswer
from localcloud.services.iam.policy_document import rendered


def _time(value: Any) -> str:
    return str(value.strftime("%Y-%m-%dT%H:%M:%SZ"))


ROLE = Lookup(
    function=functions.IAM_ROLE,
    service="iam",
    ask=Call(op="get_role", take=(), params={"RoleName": "{name}"}, path="Role"),
    id="{name}",
    none="reading IAM Role ({name}): couldn't find resource",
    missing=("NoSuchEntity",),
    rename={"name": "RoleName", "uniqueId": "RoleId"},
    outputs={
        "assumeRolePolicy": lambda c: json.dumps(c.data["AssumeRolePolicyDocument"], separators=(",", ":")),
        "permissionsBoundary": "{data.PermissionsBoundary.PermissionsBoundaryArn}",
    },
)


def _every_role(c: Context) -> list[dict[str, Any]]:
    found = c.every(Call(op="list_roles", take=("pathPrefix",), path="Roles"))
    pattern = c.props.get("nameRegex")
    return [role for role in found if not pattern or re.search(pattern, role["RoleName"])]


ROLES = Lookup(
    function=functions.IAM_ROLES,
    service="iam",
    ask=_every_role,
    id="{region}",
    outputs={
        "arns": lambda c: [role["Arn"] for role in c.data],
        "names": lambda c: [role["RoleName"] for role in c.data],
    },
)


def _policy(c: Context) -> list[dict[str, Any]]:
    if bool(c.props.get("arn")) == bool(c.props.get("name")):
        raise NoAnswer('Invalid combination of arguments: exactly one of "arn" and "name" must be specified')
    client, arns = c.client(), [c.props.get("arn")]
    if c.props.get("name"):
        policies = c.every(Call(op="list_policies", take=("pathPrefix",), path="Policies"))
        arns = [policy["Arn"] for policy in policies if policy["PolicyName"] == c.props["name"]]
    found = []
    for arn in arns:
        policy = client.get_policy(PolicyArn=arn)["Policy"]
        version = client.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
        found.append({**policy, "policy": json.dumps(version["Document"], separators=(",", ":"))})
    return found


POLICY = Lookup(
    function=functions.IAM_POLICY,
    service="iam",
    ask=_policy,
    id="{data.Arn}",
    one="IAM Policy",
    missing=("NoSuchEntity",),
    rename={"name": "PolicyName"},
)

USER = Lookup(
    function=functions.IAM_USER,
    service="iam",
    ask=Call(op="get_user", take=("userName",), path="User"),
    id="{data.UserId}",
    none="reading IAM User ({userName}): couldn't find resource",
    missing=("NoSuchEntity",),
    outputs={"permissionsBoundary": "{data.PermissionsBoundary.PermissionsBoundaryArn}"},
)


def _group(c: Context) -> dict[str, Any]:
    found = c.client().get_group(GroupName=c.props["groupName"])
    return {**found["Group"], "users": found["Users"]}


GROUP = Lookup(
    function=functions.IAM_GROUP,
    service="iam",
    ask=_group,
    id="{data.GroupId}",
    none="reading IAM Group ({groupName}): couldn't find resource",
    missing=("NoSuchEntity",),
)

INSTANCE_PROFILE = Lookup(
    function=functions.IAM_INSTANCE_PROFILE,
    service="iam",
    ask=Call(op="get_instance_profile", take=(), params={"InstanceProfileName": "{name}"}, path="InstanceProfile"),
    id="{data.InstanceProfileId}",
    none="reading IAM Instance Profile ({name}): couldn't find resource",
    missing=("NoSuchEntity",),
    rename={"name": "InstanceProfileName"},
    outputs={
        "createDate": lambda c: _time(c.data["CreateDate"]),
        "roleArn": "{data.Roles[0].Arn}",
        "roleId": "{data.Roles[0].RoleId}",
        "roleName": "{data.Roles[0].RoleName}",
    },
)


def _issuer(c: Context) -> list[dict[str, Any]]:
    client, wanted = c.client(), str(c.props.get("url") or "").removeprefix("https://").rstrip("/")
    arns = [each["Arn"] for each in client.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    found = [
        {**client.get_open_id_connect_provider(OpenIDConnectProviderArn=arn), "arn": arn}
        for arn in arns
        if arn == c.props.get("arn") or (wanted and arn.partition("/")[2] == wanted)
    ]
    return [{**each, "url": str(each["Url"]).removeprefix("https://")} for each in found]


OPENID_CONNECT_PROVIDER = Lookup(
    function=functions.IAM_OPENID_CONNECT_PROVIDER,
    service="iam",
    ask=_issuer,
    id="{data.arn}",
    one="IAM OIDC Provider",
    rename={"clientIdLists": "ClientIDList", "thumbprintLists": "ThumbprintList"},
    outputs={"url": "{data.url}", "arn": "{data.arn}"},
)

_SESSION = re.compile(r"arn:[^:]+:sts::\d+:assumed-role/(?P<role>[^/]+)/(?P<session>.+)")


def _session(c: Context) -> dict[str, str]:
    """Who stands behind the arn of a session; an arn that is none is its own issuer."""
    found = _SESSION.fullmatch(str(c.props["arn"]))
    if not found:
        return {"issuerArn": str(c.props["arn"])}
    try:
        role = c.client().get_role(RoleName=found["role"])["Role"]
    except botocore.exceptions.ClientError:
        raise NoAnswer(
            f"reading IAM Role ({found['role']}): unable to get role {found['role']}: couldn't find resource"
        ) from None
    return {
        "issuerArn": role["Arn"],
        "issuerId": role["RoleId"],
        "issuerName": found["role"],
        "sessionName": found["session"],
    }


SESSION_CONTEXT = Lookup(function=functions.IAM_SESSION_CONTEXT, service="iam", ask=_session, id="{arn}")

ACCOUNT_ALIAS = Lookup(
    function=functions.IAM_ACCOUNT_ALIAS,
    service="iam",
    ask=lambda c: [{"alias": alias} for alias in c.client().list_account_aliases()["AccountAliases"]],
    id="{data.alias}",
    none="reading IAM Account Alias: empty result",
    outputs={"accountAlias": "{data.alias}"},
)

POLICY_DOCUMENT = Lookup(
    function=functions.IAM_POLICY_DOCUMENT,
    ask=lambda c: rendered(c.props),
    id="{data.id}",
    outputs={"json": "{data.json}", "minifiedJson": "{data.minifiedJson}", "version": "{data.version}"},
)

LOOKUPS = (
    *(ROLE, ROLES, POLICY, USER, GROUP, INSTANCE_PROFILE, OPENID_CONNECT_PROVIDER, SESSION_CONTEXT, ACCOUNT_ALIAS),
    POLICY_DOCUMENT,
)
