"""Where resources keep their IAM documents, and how a rule judges the statements in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from policies.iam import Document, DocumentError, Statement, parse
from policies.tokens import (
    BUCKET,
    BUCKET_POLICY,
    GROUP_POLICY,
    KEY,
    POLICY,
    QUEUE,
    QUEUE_POLICY,
    REPOSITORY_POLICY,
    ROLE,
    ROLE_POLICY,
    SECRET,
    SECRET_POLICY,
    TOPIC,
    TOPIC_POLICY,
    USER_POLICY,
    VPC_ENDPOINT,
)
from policies.verdict import PASS, Fail, Verdict, every
from tools.plan.reader import Block
from tools.plan.view import UNKNOWN, ResourceView

# Documents that say what their bearer may do.
IDENTITY_TYPES: Final = (POLICY, ROLE_POLICY, USER_POLICY, GROUP_POLICY, ROLE)
# Documents that say who may use the resource that bears them.
RESOURCE_TYPES: Final = (
    BUCKET,
    BUCKET_POLICY,
    KEY,
    TOPIC,
    TOPIC_POLICY,
    QUEUE,
    QUEUE_POLICY,
    REPOSITORY_POLICY,
    SECRET,
    SECRET_POLICY,
    VPC_ENDPOINT,
)


def documents(resource: ResourceView) -> Iterable[tuple[str, object]]:
    """The (path, document) pairs a resource bears, its trust policy excepted."""
    if resource.type != ROLE:
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
    """The worst verdict over all documents. One that cannot be read is left to `iam-document-is-valid`."""

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
    """No statement allows everybody without a condition that confines them."""
    return judge_statements(resource, lambda one: Fail(f"{one.label} allows everybody") if one.allows and one.public else PASS)
