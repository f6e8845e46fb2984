"""The settings of a provider `aws`, as `Pulumi.<stack>.yaml` and explicit providers give them, and what they refuse.

Not every setting has an effect here, and none is dropped by accident: credentials, profiles, retries, proxies and addresses
say how AWS is reached, and the local cloud is reached without them. What decides about resources has its genuine effect.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.exceptions

from catalog.regions import ZONE_LETTERS
from localcloud.kernel.diff import UNKNOWN_MARK
from localcloud.kernel.engine import Engine
from localcloud.kernel.explain import explain
from localcloud.kernel.tagging import IgnoredTags

# How an assumed role's settings are called by STS.
_OF_ROLE = {
    "externalId": "ExternalId",
    "policy": "Policy",
    "sourceIdentity": "SourceIdentity",
    "transitiveTagKeys": "TransitiveTagKeys",
}


class Refused(ValueError):
    """The genuine provider does not start with these settings; the words are its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What of a provider's settings has an effect.

    region           where resources are made that name no region; "" for the local cloud's own
    default_tags     tags of everything that takes tags
    ignored          tags that others look after
    allowed          the accounts that may be worked in; empty for all
    forbidden        the accounts that may not
    roles            roles to assume, one from the other
    knows_account    whether the account is asked for; without it nothing is allowed where `allowed` is given
    validates_region whether a region that does not exist is refused
    """

    region: str = ""
    default_tags: Mapping[str, str] = field(default_factory=dict)
    ignored: IgnoredTags = field(default_factory=IgnoredTags)
    allowed: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    roles: tuple[Mapping[str, Any], ...] = ()
    knows_account: bool = True
    validates_region: bool = False


def read(given: Mapping[str, Any]) -> Settings:
    """The settings as Pulumi hands them over: lists and objects may be JSON texts, and what is not known yet is not there."""
    values = {key: _typed(value) for key, value in given.items()}
    known = {key: value for key, value in values.items() if not _unknown(value) and value is not None}
    ignored = known.get("ignoreTags") or {}
    roles = known.get("assumeRoles") or known.get("assumeRole") or []
    return Settings(
        region=str(known.get("region") or ""),
        default_tags={str(key): str(value) for key, value in ((known.get("defaultTags") or {}).get("tags") or {}).items()},
        ignored=IgnoredTags(frozenset(ignored.get("keys") or ()), tuple(ignored.get("keyPrefixes") or ())),
        allowed=tuple(str(account) for account in known.get("allowedAccountIds") or ()),
        forbidden=tuple(str(account) for account in known.get("forbiddenAccountIds") or ()),
        roles=tuple(roles if isinstance(roles, list) else [roles]),
        knows_account=not known.get("skipRequestingAccountId"),
        validates_region=known.get("skipRegionValidation") is False,
    )


def admit(settings: Settings, engine: Engine) -> None:
    """What the genuine provider does first: it looks at the region, assumes the roles, compares the account. Raises Refused."""
    if settings.validates_region and settings.region and settings.region not in ZONE_LETTERS:
        raise Refused(f"invalid AWS Region: {settings.region}")
    if settings.allowed and settings.forbidden:
        raise Refused('Conflicting configuration arguments: "allowedAccountIds": conflicts with forbiddenAccountIds')
    account = engine.account
    for role in settings.roles:
        account = _assume(engine, role)
    if not settings.knows_account:
        account = ""
    if account in settings.forbidden or (settings.allowed and account not in settings.allowed):
        raise Refused(f"AWS account ID not allowed: {account}")


def _assume(engine: Engine, role: Mapping[str, Any]) -> str:
    """Assumes a role and returns its account.

    A role of the local cloud's account must be there. What other accounts have, nobody here can know: every environment is
    rehearsed in this one account, and the role counts as there.
    """
    arn = str(role.get("roleArn") or "")
    parts = arn.split(":", 5)
    asked = {member: role[name] for name, member in _OF_ROLE.items() if role.get(name)}
    if role.get("policyArns"):
        asked["PolicyArns"] = [{"arn": each} for each in role["policyArns"]]
    if role.get("tags"):
        asked["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(role["tags"].items())]
    try:
        if len(parts) == 6 and parts[4] == engine.account:
            engine.clients("iam", engine.region).get_role(RoleName=parts[5].rpartition("/")[2])
        sts = engine.clients("sts", engine.region)
        sts.assume_role(RoleArn=arn, RoleSessionName=role.get("sessionName") or "pulumi", **asked)
    except botocore.exceptions.ClientError as error:
        raise Refused(_cannot_assume(arn, _denied(engine, arn, error))) from error
    except botocore.exceptions.ParamValidationError as error:
        raise Refused(_cannot_assume(arn, explain(error))) from error
    return parts[4] if len(parts) == 6 else engine.account


def _denied(engine: Engine, arn: str, error: botocore.exceptions.ClientError) -> str:
    """STS does not tell a role that is not there from one that nobody may assume."""
    if error.response.get("Error", {}).get("Code") != "NoSuchEntity":
        return explain(error)
    who = engine.clients("sts", engine.region).get_caller_identity()["Arn"]
    return f"AccessDenied: User: {who} is not authorized to perform: sts:AssumeRole on resource: {arn} (AssumeRole)"


def _cannot_assume(arn: str, why: str) -> str:
    """The words of aws-sdk-go-base, by which the genuine provider assumes roles."""
    return (
        f"Cannot assume IAM Role: IAM Role ({arn}) cannot be assumed. There are a number of possible causes of this - the most "
        "common are: the credentials used in order to assume the role are invalid; the credentials do not have appropriate "
        f"permission to assume the role; the role ARN is not valid. Error: {why}"
    )


def _typed(value: Any) -> Any:
    if isinstance(value, str) and (value[:1] in ("[", "{") or value in ("true", "false")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_unknown(each) for each in value.values())
    return value is UNKNOWN_MARK or (isinstance(value, list) and any(_unknown(each) for each in value))
