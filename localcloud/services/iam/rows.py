"""Roles, policies and their attachments. Facts of behaviour: tests/golden/iam.*.json."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from catalog.types import iam
from localcloud.kernel.context import Call, Context
from localcloud.kernel.policies import same_policy
from localcloud.kernel.rules import arn, between, length, matches, policy_document, when
from localcloud.kernel.spec import Autoname, Resource, Tags, Update

_GONE = ("NoSuchEntity",)
_NAME = r"[\w+=,.@-]+"
_NAME_SAYS = r"must match [\w+=,.@-]"


def _document(value: Any) -> str:
    """botocore decodes policy documents into objects; Pulumi keeps them as text."""
    return (
        value
        if isinstance(value, str) and value.lstrip().startswith("{")
        else json.dumps(value)
        if not isinstance(value, str)
        else unquote(value)
    )


def _read_role(c: Context) -> dict[str, Any]:
    client = c.client()
    role = dict(client.get_role(RoleName=c.id)["Role"])
    role["assumeRolePolicy"] = _document(role["AssumeRolePolicyDocument"])
    role["permissionsBoundary"] = role.pop("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    attached = client.list_attached_role_policies(RoleName=c.id)["AttachedPolicies"]
    role["managedPolicyArns"] = [policy["PolicyArn"] for policy in attached]
    names = client.list_role_policies(RoleName=c.id)["PolicyNames"]
    role["inlinePolicies"] = [
        {"name": name, "policy": _document(client.get_role_policy(RoleName=c.id, PolicyName=name)["PolicyDocument"])}
        for name in names
    ]
    return role


def _boundary(c: Context) -> None:
    client, wanted = c.client(), c.props.get("permissionsBoundary")
    if wanted:
        client.put_role_permissions_boundary(RoleName=c.id, PermissionsBoundary=wanted)
    else:
        client.delete_role_permissions_boundary(RoleName=c.id)


def _inline(c: Context) -> None:
    client = c.client()
    wanted = {item["name"]: item["policy"] for item in c.props.get("inlinePolicies") or () if item.get("name")}
    for name in client.list_role_policies(RoleName=c.id)["PolicyNames"]:
        if name not in wanted:
            client.delete_role_policy(RoleName=c.id, PolicyName=name)
    for name, policy in wanted.items():
        client.put_role_policy(RoleName=c.id, PolicyName=name, PolicyDocument=policy)


def _managed(c: Context) -> None:
    client, wanted = c.client(), set(c.props.get("managedPolicyArns") or ())
    there = {policy["PolicyArn"] for policy in client.list_attached_role_policies(RoleName=c.id)["AttachedPolicies"]}
    for policy in sorted(there - wanted):
        client.detach_role_policy(RoleName=c.id, PolicyArn=policy)
    for policy in sorted(wanted - there):
        client.attach_role_policy(RoleName=c.id, PolicyArn=policy)


def _delete_role(c: Context) -> None:
    """What the role itself declared, or all with forceDetachPolicies, is taken off first; others' attachments make AWS refuse."""
    client = c.client()
    force = c.state.get("forceDetachPolicies")
    if force or c.state.get("inlinePolicies"):
        for name in client.list_role_policies(RoleName=c.id)["PolicyNames"]:
            client.delete_role_policy(RoleName=c.id, PolicyName=name)
    own = set(c.state.get("managedPolicyArns") or ())
    for policy in client.list_attached_role_policies(RoleName=c.id)["AttachedPolicies"]:
        if force or policy["PolicyArn"] in own:
            client.detach_role_policy(RoleName=c.id, PolicyArn=policy["PolicyArn"])
    for profile in client.list_instance_profiles_for_role(RoleName=c.id)["InstanceProfiles"]:
        client.remove_role_from_instance_profile(InstanceProfileName=profile["InstanceProfileName"], RoleName=c.id)
    client.delete_role(RoleName=c.id)


def _same_inline(new: Any, old: Any) -> bool:
    """No block means "not managed here", an empty one "there shall be none"; otherwise by name and meaning."""
    if not new:
        return True
    wanted = {item["name"]: item.get("policy") for item in new if item.get("name")}
    there = {item["name"]: item.get("policy") for item in old or () if item.get("name")}
    return wanted.keys() == there.keys() and all(same_policy(wanted[name], there[name]) for name in wanted)


ROLE = Resource(
    type=iam.ROLE.token,
    service="iam",
    create=Call(
        op="create_role",
        skip=("inlinePolicies", "managedPolicyArns", "forceDetachPolicies"),
        rename={"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"},
    ),
    id="{name}",
    read=_read_role,
    missing=_GONE,
    updates=(
        Update(
            on=("assumeRolePolicy",),
            do=Call(op="update_assume_role_policy", take=(), params={"RoleName": "{id}", "PolicyDocument": "{assumeRolePolicy}"}),
            after_create=False,
        ),
        Update(
            on=("description", "maxSessionDuration"),
            do=Call(
                op="update_role",
                take=(),
                params={
                    "RoleName": "{id}",
                    "Description": lambda c: c.props.get("description", ""),
                    "MaxSessionDuration": lambda c: c.props.get("maxSessionDuration", 3600),
                },
            ),
            after_create=False,
        ),
        Update(on=("permissionsBoundary",), do=_boundary, after_create=False),
        Update(on=("inlinePolicies",), do=_inline),
        Update(on=("managedPolicyArns",), do=_managed),
    ),
    delete=_delete_role,
    replace=frozenset({"name", "namePrefix", "path"}),
    computed=frozenset({"name", "namePrefix", "managedPolicyArns", "inlinePolicies"}),
    defaults={"path": "/", "maxSessionDuration": 3600, "forceDetachPolicies": False},
    empty={"description": "", "namePrefix": "", "permissionsBoundary": "", "inlinePolicies": [], "managedPolicyArns": []},
    policies=frozenset({"assumeRolePolicy"}),
    sets=frozenset({"managedPolicyArns"}),
    same={"inlinePolicies": _same_inline},
    rename={"name": "RoleName", "uniqueId": "RoleId"},
    autoname=Autoname(limit=64),
    checks=(
        policy_document("assumeRolePolicy"),
        between("maxSessionDuration", 3600, 43200),
        length("name", 1, 64),
        matches("name", _NAME, _NAME_SAYS),
        arn("permissionsBoundary"),
        length("description", 0, 1000),
    ),
    tags=Tags(target=("RoleName", "{id}"), add="tag_role", remove="untag_role", read="Tags"),
)


def _read_policy(c: Context) -> dict[str, Any]:
    client = c.client()
    policy = dict(client.get_policy(PolicyArn=c.id)["Policy"])
    version = client.get_policy_version(PolicyArn=c.id, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    policy["policy"] = _document(version["Document"])
    return policy


def _new_version(c: Context) -> None:
    """IAM keeps five versions of a policy; the oldest goes before a sixth comes."""
    client = c.client()
    versions = [v for v in client.list_policy_versions(PolicyArn=c.id)["Versions"] if not v["IsDefaultVersion"]]
    if len(versions) >= 4:
        oldest = min(versions, key=lambda version: int(version["VersionId"][1:]))
        client.delete_policy_version(PolicyArn=c.id, VersionId=oldest["VersionId"])
    client.create_policy_version(PolicyArn=c.id, PolicyDocument=c.props["policy"], SetAsDefault=True)


def _delete_policy(c: Context) -> None:
    client = c.client()
    for version in client.list_policy_versions(PolicyArn=c.id)["Versions"]:
        if not version["IsDefaultVersion"]:
            client.delete_policy_version(PolicyArn=c.id, VersionId=version["VersionId"])
    client.delete_policy(PolicyArn=c.id)


POLICY = Resource(
    type=iam.POLICY.token,
    service="iam",
    create=Call(op="create_policy", rename={"name": "PolicyName", "policy": "PolicyDocument"}),
    id="{data.Policy.Arn}",
    read=_read_policy,
    missing=_GONE,
    updates=(Update(on=("policy",), do=_new_version, after_create=False),),
    delete=_delete_policy,
    replace=frozenset({"name", "namePrefix", "path", "description"}),
    computed=frozenset({"name", "namePrefix"}),
    defaults={"path": "/"},
    empty={"description": "", "namePrefix": ""},
    policies=frozenset({"policy"}),
    rename={"name": "PolicyName"},
    autoname=Autoname(limit=128),
    checks=(
        policy_document("policy"),
        length("name", 1, 128),
        matches("name", _NAME, _NAME_SAYS),
    ),
    tags=Tags(target=("PolicyArn", "{id}"), add="tag_policy", remove="untag_policy", read="Tags"),
)


def _role_and_name(c: Context) -> tuple[str, str]:
    role, _, name = c.id.partition(":")
    return role, name


def _read_role_policy(c: Context) -> dict[str, Any]:
    role, name = _role_and_name(c)
    found = c.client().get_role_policy(RoleName=role, PolicyName=name)
    return {"role": role, "name": name, "policy": _document(found["PolicyDocument"])}


_PUT = Call(op="put_role_policy", take=(), params={"RoleName": "{role}", "PolicyName": "{name}", "PolicyDocument": "{policy}"})

ROLE_POLICY = Resource(
    type=iam.ROLE_POLICY.token,
    service="iam",
    create=_PUT,
    id="{role}:{name}",
    read=_read_role_policy,
    missing=_GONE,
    updates=(Update(on=("policy",), do=_PUT, after_create=False),),
    delete=Call(op="delete_role_policy", params={"RoleName": "{role}", "PolicyName": "{name}"}),
    replace=frozenset({"name", "namePrefix", "role"}),
    computed=frozenset({"name", "namePrefix"}),
    empty={"namePrefix": ""},
    policies=frozenset({"policy"}),
    autoname=Autoname(limit=128),
    checks=(policy_document("policy"), matches("name", _NAME, _NAME_SAYS)),
)


def _read_attachment(c: Context) -> dict[str, Any] | None:
    role, policy = c.get("role"), c.get("policyArn")
    if not role and ":" in c.id:  # an import: role/arn, as pulumi-aws takes it
        role, _, policy = c.id.partition("/")
    attached = c.client().list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    if not any(item["PolicyArn"] == policy for item in attached):
        return None
    return {"role": role, "policyArn": policy}


ROLE_POLICY_ATTACHMENT = Resource(
    type=iam.ROLE_POLICY_ATTACHMENT.token,
    service="iam",
    create=Call(op="attach_role_policy", take=(), params={"RoleName": "{role}", "PolicyArn": "{policyArn}"}),
    id=lambda c: f"{c.props['role']}/{c.props['policyArn']}",
    read=_read_attachment,
    missing=_GONE,
    delete=Call(op="detach_role_policy", params={"RoleName": "{role}", "PolicyArn": "{policyArn}"}),
    replace=frozenset({"role", "policyArn"}),
    checks=(arn("policyArn"),),
)


def _read_profile(c: Context) -> dict[str, Any]:
    profile = dict(c.client().get_instance_profile(InstanceProfileName=c.id)["InstanceProfile"])
    profile["role"] = profile["Roles"][0]["RoleName"] if profile["Roles"] else None
    return profile


def _profile_role(c: Context) -> None:
    client = c.client()
    for role in client.get_instance_profile(InstanceProfileName=c.id)["InstanceProfile"]["Roles"]:
        client.remove_role_from_instance_profile(InstanceProfileName=c.id, RoleName=role["RoleName"])
    if c.props.get("role"):
        client.add_role_to_instance_profile(InstanceProfileName=c.id, RoleName=c.props["role"])


def _delete_profile(c: Context) -> None:
    client = c.client()
    for role in client.get_instance_profile(InstanceProfileName=c.id)["InstanceProfile"]["Roles"]:
        client.remove_role_from_instance_profile(InstanceProfileName=c.id, RoleName=role["RoleName"])
    client.delete_instance_profile(InstanceProfileName=c.id)


INSTANCE_PROFILE = Resource(
    type=iam.INSTANCE_PROFILE.token,
    service="iam",
    create=Call(op="create_instance_profile", rename={"name": "InstanceProfileName"}),
    id="{name}",
    read=_read_profile,
    missing=_GONE,
    updates=(Update(on=("role",), do=_profile_role),),
    delete=_delete_profile,
    replace=frozenset({"name", "namePrefix", "path"}),
    computed=frozenset({"name", "namePrefix"}),
    defaults={"path": "/"},
    empty={"namePrefix": ""},
    rename={"name": "InstanceProfileName", "uniqueId": "InstanceProfileId"},
    autoname=Autoname(limit=128),
    checks=(matches("name", _NAME, _NAME_SAYS),),
    tags=Tags(target=("InstanceProfileName", "{id}"), add="tag_instance_profile", remove="untag_instance_profile", read="Tags"),
)


def _clients_change(c: Context) -> None:
    client = c.client()
    there = set(client.get_open_id_connect_provider(OpenIDConnectProviderArn=c.id)["ClientIDList"])
    wanted = set(c.props["clientIdLists"])
    for name in sorted(wanted - there):
        client.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=c.id, ClientID=name)
    for name in sorted(there - wanted):
        client.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=c.id, ClientID=name)


def _bare(url: Any) -> str:
    return str(url or "").removeprefix("https://")


OPEN_ID_CONNECT_PROVIDER = Resource(
    type=iam.OPEN_ID_CONNECT_PROVIDER.token,
    service="iam",
    create=Call(
        op="create_open_id_connect_provider", rename={"clientIdLists": "ClientIDList", "thumbprintLists": "ThumbprintList"}
    ),
    id="{data.OpenIDConnectProviderArn}",
    read=Call(op="get_open_id_connect_provider", params={"OpenIDConnectProviderArn": "{id}"}),
    missing=_GONE,
    updates=(
        Update(on=("clientIdLists",), do=_clients_change, after_create=False),
        Update(
            on=("thumbprintLists",),
            do=Call(
                op="update_open_id_connect_provider_thumbprint",
                take=("thumbprintLists",),
                params={"OpenIDConnectProviderArn": "{id}"},
                rename={"thumbprintLists": "ThumbprintList"},
            ),
            after_create=False,
        ),
    ),
    delete=Call(op="delete_open_id_connect_provider", params={"OpenIDConnectProviderArn": "{id}"}),
    replace=frozenset({"url"}),
    computed=frozenset({"thumbprintLists"}),
    sets=frozenset({"clientIdLists"}),
    same={"url": lambda new, old: _bare(new) == _bare(old)},
    rename={"clientIdLists": "ClientIDList", "thumbprintLists": "ThumbprintList"},
    outputs={"arn": "{id}", "url": lambda c: _bare(c.data["Url"])},
    checks=(
        when(
            "url",
            lambda p: (
                None
                if str(p.get("url")).startswith("https://")
                else f'expected "url" to have a url with schema of: "https", got {p.get("url")}'
            ),
        ),
        length("thumbprintLists", 40, 40),
        length("clientIdLists", 1, 255),
    ),
    tags=Tags(
        target=("OpenIDConnectProviderArn", "{id}"),
        add="tag_open_id_connect_provider",
        remove="untag_open_id_connect_provider",
        read="Tags",
    ),
    once="url",
)

ROWS = (ROLE, POLICY, ROLE_POLICY, ROLE_POLICY_ATTACHMENT, INSTANCE_PROFILE, OPEN_ID_CONNECT_PROVIDER)
