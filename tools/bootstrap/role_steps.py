"""The steps for CI: GitHub's identity provider, of which an account has one, and two roles with their policies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from infra.base.iam import Document
from infra.identity import github as github_identity
from tools.bootstrap.account import Account, missing_tags, parsed, same_document, tag_list
from tools.bootstrap.errors import BootstrapError
from tools.bootstrap.role_documents import documents_of
from tools.bootstrap.step import Step
from tools.bootstrap.target import ROLE_PATH, Target

PROVIDER: Final = "GitHub provider"
# Purpose -> the longest session in seconds. `up` waits for a first training; a preview takes minutes.
SESSIONS: Final = {"preview": 3600, "up": 6 * 3600}
# The branch on which scheduled workflows run (.github/workflows/slipway.yml).
MAIN: Final = "refs/heads/main"
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: versions that a policy may have.
VERSIONS_LIMIT: Final = 5


def provider_steps() -> Iterator[Step]:
    yield Step(
        thing=PROVIDER,
        aspect="provider",
        look=lambda a: True if _provider(a) else None,
        want=lambda a: True,
        put=_make_provider,
    )
    yield Step(
        thing=PROVIDER,
        aspect="audience",
        look=lambda a: None if (found := _provider(a)) is None else github_identity.AUDIENCE in found["ClientIDList"],
        want=lambda a: True,
        put=lambda a: a.iam.add_client_id_to_open_id_connect_provider(
            OpenIDConnectProviderArn=_provider_arn(a), ClientID=github_identity.AUDIENCE
        ),
    )


def role_steps(target: Target, purpose: str) -> Iterator[Step]:
    """The steps of a role that `target.repository` may assume: the role, its trust, its longest session, policies and tags."""
    thing = f"{purpose} role"
    yield Step(thing=thing, aspect="role", look=_there(purpose), want=lambda a: True, put=_make_role(purpose))
    yield Step(
        thing=thing,
        aspect="who may take it",
        look=lambda a: (found := _role(a, purpose)) and parsed(found["AssumeRolePolicyDocument"], f"the trust of {thing}"),
        want=lambda a: _trust(a.target, purpose),
        put=lambda a: a.iam.update_assume_role_policy(
            RoleName=a.target.role(purpose), PolicyDocument=json.dumps(_trust(a.target, purpose))
        ),
        same=same_document,
    )
    yield Step(
        thing=thing,
        aspect="longest session",
        look=lambda a: (found := _role(a, purpose)) and found["MaxSessionDuration"],
        want=lambda a: SESSIONS[purpose],
        put=lambda a: a.iam.update_role(RoleName=a.target.role(purpose), MaxSessionDuration=SESSIONS[purpose]),
    )
    for concern in documents_of(purpose, target, ""):
        yield from _policy_steps(thing, purpose, concern)
    yield Step(
        thing=thing,
        aspect="tags",
        look=lambda a: None if (found := _role(a, purpose)) is None else not _missing_role_tags(a, found, purpose),
        want=lambda a: True,
        put=lambda a: a.iam.tag_role(
            RoleName=a.target.role(purpose), Tags=tag_list(_missing_role_tags(a, _role(a, purpose) or {}, purpose))
        ),
    )


def provider_tags(account: Account) -> dict[str, str]:
    """The tags of GitHub's identity provider, which show whether a stack made it."""
    return {tag["Key"]: tag["Value"] for tag in (_provider(account) or {}).get("Tags", [])}


def more_than_given(account: Account, purpose: str) -> list[str]:
    """Names of policies that a role has and that are not ours: somebody added them, and they widen what CI may do."""
    name = account.target.role(purpose)
    if _role(account, purpose) is None:
        return []
    ours = {_policy_arn(account.target, purpose, concern) for concern in documents_of(purpose, account.target, "")}
    attached = [policy["PolicyName"] for policy in _attached(account, purpose) if policy["PolicyArn"] not in ours]
    pages = account.iam.get_paginator("list_role_policies").paginate(RoleName=name)
    return sorted([*attached, *(inline for page in pages for inline in page["PolicyNames"])])


def _policy_steps(thing: str, purpose: str, concern: str) -> Iterator[Step]:
    def wanted(account: Account) -> Document:
        return documents_of(purpose, account.target, account.key_arn)[concern]

    def attached(account: Account) -> bool | None:
        arn = _policy_arn(account.target, purpose, concern)
        return any(policy["PolicyArn"] == arn for policy in _attached(account, purpose)) or None

    yield Step(
        thing=thing,
        aspect=f"policy {concern}",
        look=lambda a: _policy(a, _policy_arn(a.target, purpose, concern)),
        want=wanted,
        put=lambda a: _put_policy(a, purpose, concern, wanted(a)),
        same=same_document,
    )
    yield Step(
        thing=thing,
        aspect=f"has policy {concern}",
        look=attached,
        want=lambda a: True,
        put=lambda a: a.iam.attach_role_policy(
            RoleName=a.target.role(purpose), PolicyArn=_policy_arn(a.target, purpose, concern)
        ),
    )


def _provider_arn(account: Account) -> str:
    return github_identity.provider_arn(account.target.account_id)


def _provider(account: Account) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = account.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=_provider_arn(account))
    except account.iam.exceptions.NoSuchEntityException:
        return None
    return found


def _make_provider(account: Account) -> None:
    # No thumbprint is given: AWS trusts the certificate authority that GitHub uses.
    account.iam.create_open_id_connect_provider(
        Url=f"https://{github_identity.ISSUER}",
        ClientIDList=[github_identity.AUDIENCE],
        Tags=tag_list(account.target.shared_tags("github")),
    )


def _role(account: Account, purpose: str) -> dict[str, Any] | None:
    name = account.target.role(purpose)
    try:
        found: dict[str, Any] = account.iam.get_role(RoleName=name)["Role"]
    except account.iam.exceptions.NoSuchEntityException:
        return None
    if found["Path"] != ROLE_PATH:
        raise BootstrapError(
            f"role {name} is there with the path {found['Path']}, so it was not made here (that would be {ROLE_PATH}), and role "
            "names are one space for all paths; rename or delete it, then run the same again"
        )
    return found


def _there(purpose: str) -> Callable[[Account], bool | None]:
    return lambda account: True if _role(account, purpose) else None


def _trust(target: Target, purpose: str) -> Document:
    if purpose == "preview":
        return github_identity.review_trust(target.account_id, repository=target.repository, git_ref=MAIN)
    return github_identity.environment_trust(target.account_id, repository=target.repository, environment=target.stack)


def _make_role(purpose: str) -> Callable[[Account], None]:
    def make(account: Account) -> None:
        target = account.target
        account.iam.create_role(
            Path=ROLE_PATH,
            RoleName=target.role(purpose),
            AssumeRolePolicyDocument=json.dumps(_trust(target, purpose)),
            MaxSessionDuration=SESSIONS[purpose],
            Description=f"slipway {purpose} of {target.stack} by GitHub Actions",
            Tags=tag_list(target.own_tags(target.role(purpose))),
        )

    return make


def _missing_role_tags(account: Account, role: dict[str, Any], purpose: str) -> dict[str, str]:
    found = {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])}
    return missing_tags(found, account.target.own_tags(account.target.role(purpose)))


def _policy_name(target: Target, purpose: str, concern: str) -> str:
    return f"{target.role(purpose)}-{concern}"


def _policy_arn(target: Target, purpose: str, concern: str) -> str:
    return f"arn:aws:iam::{target.account_id}:policy{ROLE_PATH}{_policy_name(target, purpose, concern)}"


def _policy(account: Account, arn: str) -> dict[str, Any] | None:
    try:
        version = account.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = account.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    except account.iam.exceptions.NoSuchEntityException:
        return None
    return parsed(found, f"policy {arn}")


def _put_policy(account: Account, purpose: str, concern: str, wanted: Document) -> None:
    """Creates the policy, or adds a version to it. Where it has as many as AWS allows, the oldest one is deleted first."""
    name, arn = _policy_name(account.target, purpose, concern), _policy_arn(account.target, purpose, concern)
    text = json.dumps(wanted, separators=(",", ":"))
    if _policy(account, arn) is None:
        tags = tag_list(account.target.own_tags(name))
        account.iam.create_policy(PolicyName=name, Path=ROLE_PATH, PolicyDocument=text, Tags=tags)
        return
    versions = account.iam.list_policy_versions(PolicyArn=arn)["Versions"]
    if len(versions) >= VERSIONS_LIMIT:
        oldest = min((one for one in versions if not one["IsDefaultVersion"]), key=lambda one: one["CreateDate"])
        account.iam.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])
    account.iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)


def _attached(account: Account, purpose: str) -> list[dict[str, str]]:
    pages = account.iam.get_paginator("list_attached_role_policies").paginate(RoleName=account.target.role(purpose))
    try:
        return [policy for page in pages for policy in page["AttachedPolicies"]]
    except account.iam.exceptions.NoSuchEntityException:
        return []
