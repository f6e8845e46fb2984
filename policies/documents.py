"""Where resources keep their IAM documents, and how a rule judges the statements in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from catalog.types import ec2, ecr, iam, kms, s3, secretsmanager, sns, sqs
from policies.iam import Document, DocumentError, Statement, parse
from policies.verdict import PASS, Fail, Verdict, every
from tools.plan.reader import Block
from tools.plan.view import UNKNOWN, ResourceView

# Documents that say what their bearer may do.
IDENTITY_TYPES: Final = (iam.POLICY, iam.ROLE_POLICY, iam.USER_POLICY, iam.GROUP_POLICY, iam.ROLE)
# Documents that say who may use the resource that bears them.
RESOURCE_TYPES: Final = (
    s3.BUCKET,
    s3.BUCKET_POLICY,
    kms.KEY,
    sns.TOPIC,
    sns.TOPIC_POLICY,
    sqs.QUEUE,
    sqs.QUEUE_POLICY,
    ecr.REPOSITORY_POLICY,
    secretsmanager.SECRET,
    secretsmanager.SECRET_POLICY,
    ec2.VPC_ENDPOINT,
)


def documents(resource: ResourceView) -> Iterable[tuple[str, object]]:
    """The (path, document) pairs a resource bears, its trust policy excepted."""
    if resource.type != iam.ROLE.token:
        return _document(resource, "policy")
    rows = Block.of(resource).items("inlinePolicies")
    return [(f"{row.path}.policy", row.value("policy")) for row in rows if row.has("policy")]


def trust_document(resource: ResourceView) -> Iterable[tuple[str, object]]:
    """The (path, document) pair of a role's trust policy, if it has one."""
    return _document(resource, "assumeRolePolicy")


def _document(resource: ResourceView, path: str) -> Iterable[tuple[str, object]]:
    """The (path, document) pair at a path, if something is there, be it unknown."""
    block = Block.of(resource)
    return [(path, block.value(path, unknown=UNKNOWN))] if block.given(path) else []


Where = Callable[[ResourceView], Iterable[tuple[str, object]]]


def judge_documents(resource: ResourceView, judge: Callable[[Document], Verdict], where: Where = documents) -> Verdict:
    """The worst verdict over all documents. A document that cannot be read is left to `iam-document-is-valid`."""

    def judge_document(pair: tuple[str, object]) -> Verdict:
        path, value = pair
        try:
            document = parse(value, path)
        except DocumentError:
            return PASS
        return judge(document)

    return every(where(resource), judge_document)


def judge_statements(resource: ResourceView, judge: Callable[[Statement], Verdict], where: Where = documents) -> Verdict:
    """The worst verdict over all statements of all documents."""
    return judge_documents(resource, lambda document: every(document.statements, judge), where)


def closed_to_everybody(resource: ResourceView) -> Verdict:
    """PASS where every statement that allows everybody has a condition that confines them."""
    return judge_statements(resource, lambda one: Fail(f"{one.label} allows everybody") if one.allows and one.public else PASS)
