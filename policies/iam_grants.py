"""What an IAM document grants on everything, and what whoever has the document can make of it.

A statement is open to an action where its resources name none of the action's service, or none of a kind (`role/*`, `secret:*`),
and no condition ties it to some of them. Two allowed statements add up; a Deny of everything, without a condition, takes away.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from policies.iam import Document, Statement, is_every_resource, matches
from policies.iam_actions import DATA_READS, DECRYPTIONS, ESCALATING_ACTIONS, REGISTRY_LOGINS
from policies.iam_table import Action, actions_of, credential_actions, escalations, exfiltration_actions, spelt

# The end of an arn that stands for all resources of a kind: role/*, function:*, secret:*.
_WHOLE_KIND: Final = re.compile(r"^([a-z-]+[:/])[*?/:]*\*[*?/:]*$")
# Global keys that describe the request (principal, network, time) and not the resource that it is about.
_OF_THE_REQUEST: Final = re.compile(r"^aws:(?!resourcetag/|requesttag/|tagkeys)")
# Keys that pick the policy, the boundary or the grant that an action is about.
_PICKING: Final = frozenset({"iam:permissionsboundary", "iam:policyarn", "kms:grantisforawsresource"})


def escalation(document: Document) -> str:
    """The actions by which a document's bearer gains more rights, "" for none: "iam:PassRole with ... (PassExisting...)"."""
    wide = Wide.of(document)
    alone = next((action for action in ESCALATING_ACTIONS if wide.openings(action)), "")
    if alone:
        return alone
    for name, actions in escalations().items():
        if all(wide.openings(action) for action in actions):
            return f"{' with '.join(map(spelt, sorted(actions)))} ({name})"
    return ""


def data_read(document: Document) -> tuple[Statement, str] | None:
    """The first read of everybody's data that the document allows."""
    wide = Wide.of(document)
    for action in (*DATA_READS, *sorted(exfiltration_actions())):
        for statement in wide.openings(action):
            if not statement.demanded("aws:ResourceAccount"):
                return statement, spelt(action)
    return None


def credentials(document: Document) -> tuple[Statement, str] | None:
    """The first action of the document that hands out credentials for whatever it is asked for."""
    wide = Wide.of(document)
    for action in sorted(credential_actions() - REGISTRY_LOGINS):
        for statement in wide.openings(action):
            return statement, spelt(action)
    return None


@dataclass(frozen=True, slots=True)
class Wide:
    """The statements of a document that may be open to something, and those that take everything of some actions away again."""

    allowing: tuple[Statement, ...]
    denying: tuple[Statement, ...]

    @classmethod
    def of(cls, document: Document) -> Wide:
        return cls(
            # A statement that allows every action breaks a rule of its own.
            tuple(one for one in document.allowing() if _is_wide(one) and not one.every_action and not _is_tied(one)),
            tuple(one for one in document.statements if one.effect == "Deny" and not one.conditions and "*" in one.resources),
        )

    def openings(self, action: str) -> list[Statement]:
        """The statements that allow an action on everything of its service, or on all of a kind."""
        found = [one for one in self.allowing if one.covers(action) and _opens(one, action)]
        return found if found and not any(one.covers(action) for one in self.denying) else []


def on_everything(statement: Statement, levels: Collection[str]) -> list[Action]:
    """The actions of these access levels that a statement allows on every resource although they take arns, without those that
    another rule reports, alone or as a whole service."""
    if not statement.allows or statement.every_action or statement.not_actions or _is_confined(statement):
        return []
    found = []
    for pattern in statement.actions:
        service = pattern.partition(":")[0].lower()
        if pattern.endswith(":*") or not (bool(statement.not_resources) or _names_none(statement.resources, service)):
            continue
        for action in actions_of(pattern):
            if action.level in levels and action.arns and action.name.lower() not in _reported_by_other_rules():
                found.append(action)
    return found


@lru_cache(maxsize=1)
def _reported_by_other_rules() -> frozenset[str]:
    own = (*DATA_READS, *DECRYPTIONS, *ESCALATING_ACTIONS, "iam:PassRole")
    alone = {action for actions in escalations().values() if len(actions) == 1 for action in actions}
    return frozenset(action.lower() for action in own) | alone | exfiltration_actions() | credential_actions()


def _is_wide(one: Statement) -> bool:
    """Whether its resources may stand for all that some action is about; if not, it is open to none."""
    return bool(one.not_resources) or any(is_every_resource(resource) or _kind(resource) for resource in one.resources)


def _opens(one: Statement, action: str) -> bool:
    return bool(one.not_resources) or any(_takes_all(resource, action) for resource in one.resources)


def _is_tied(statement: Statement) -> bool:
    """Whether a condition picks resources out: by their tags, or by what a policy or a boundary must be."""
    return any(
        condition.demands
        and ("resourcetag/" in condition.key or "objecttag/" in condition.key or condition.key in _PICKING)
        and not any(set(value) <= set("*?") for value in condition.values)
        for condition in statement.conditions
    )


def _is_confined(statement: Statement) -> bool:
    """Whether any condition restricts the resource, and not only the principal, the network or the time of a request."""
    return any(condition.demands and not _OF_THE_REQUEST.match(condition.key) for condition in statement.conditions)


def _names_none(resources: Iterable[str], service: str) -> bool:
    return any(is_every_resource(resource) and _is_of(resource, service) for resource in resources)


@lru_cache(maxsize=4096)
def _takes_all(resource: str, action: str) -> bool:
    """Whether a resource stands for all that an action of its service (of IAM's roles, for STS) is about, or for a kind of it."""
    service = action.partition(":")[0].lower()
    service = "iam" if service == "sts" else service
    if not _is_of(resource, service):
        return False
    kind = _kind(resource)
    kinds = {arn.split(":", 5)[-1] for known in actions_of(action) for arn in known.arns if _is_of(arn, service)}
    return is_every_resource(resource) or (kind != "" and any(form.startswith(kind) for form in kinds))


def _kind(resource: str) -> str:
    """How the arns of a kind begin (`role/`) where a resource stands for all of it, else ""."""
    found = _WHOLE_KIND.match(resource.split(":", 5)[-1])
    return found[1] if found else ""


def _is_of(resource: str, service: str) -> bool:
    """Whether an arn, or a pattern of arns, may be one of a service's."""
    parts = resource.split(":", 5)
    return len(parts) < 4 or matches(parts[2], service)
