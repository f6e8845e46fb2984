"""Permissions: whether whoever runs `up` may make what the plan creates, by IAM's own simulation of policies.

The simulation knows the policies and boundary of the caller and its organisation, but no resource policy and no tags of a
request. It is asked with a resource's arn where the plan determines it, else with `*`. A refusal for `*` counts as unknown,
because the right may be granted for some resources only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from catalog.types.every import CARDS
from tools.plan.reader import Block
from tools.plan.view import ResourceView
from tools.preflight.account import Account, Unanswered
from tools.preflight.report import Row, State, several, unknown

KIND: Final = "permission"
# The number of actions in one call; source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
AT_ONCE: Final = 50
# The `principal` for which the preflight checks no rights.
NOBODY: Final = "none"
PRINCIPAL: Final = re.compile(r"arn:[\w-]+:iam::\d+:(user|role)/.+")
ASSUMED: Final = re.compile(r"arn:(?P<partition>[\w-]+):sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """An action on a resource's arn ("*" where the plan does not determine it), and the resources that need it."""

    action: str
    on: str
    by: tuple[str, ...]


def rows(views: Iterable[ResourceView], account: Account, principal: str = "") -> list[Row]:
    """One row for all allowed actions, and one a service for denied ones. `principal` is an arn, or "" for the caller."""
    if principal == NOBODY:
        return []
    wanted = rights(views, account.caller["Account"], account.region, account.partition)
    if not wanted:
        return []
    count = len({right.action for right in wanted})
    if account.local:
        return [unknown(KIND, "iam", count, "the local cloud judges nobody's permissions")]
    arn = principal or account.caller["Arn"]
    try:
        source = _source(arn, account)
        answers = _simulated(wanted, source, account)
    except Unanswered as error:
        return [unknown(KIND, "iam", count, f"what {arn} may do was not told: {error}")]
    return judged(wanted, answers, source)


def rights(views: Iterable[ResourceView], account_id: str, region: str, partition: str = "aws") -> list[Right]:
    """The rights that it takes to make the plan's new resources. A type whose card has no rights is left out."""
    needed: dict[tuple[str, str], list[str]] = {}
    for view in views:
        card = CARDS.get(view.type)
        takes = card.rights if card else None
        if takes is None or not view.custom or view.op not in ("create", "replace"):
            continue
        name = Block.of(view).text(takes.name, unknown="") if takes.name else ""
        on = takes.arn.format(partition=partition, region=region, account=account_id, name=name) if name and takes.arn else "*"
        for action in takes.actions:
            needed.setdefault((action, on), []).append(view.name)
    return [Right(action=action, on=on, by=tuple(by)) for (action, on), by in needed.items()]


def judged(wanted: Iterable[Right], answers: Mapping[tuple[str, str], str], source: str) -> list[Row]:
    """The rows of the answers, without effects.

    A denial is certain where it is explicit, or where the question named an arn. Any other answer than `allowed` is unknown.
    """
    denied: dict[str, list[Right]] = {}
    perhaps: list[Right] = []
    allowed: set[str] = set()
    for right in wanted:
        answer = answers.get((right.action, right.on), "")
        if answer == "allowed":
            allowed.add(right.action)
        elif answer == "explicitDeny" or (answer == "implicitDeny" and right.on != "*"):
            denied.setdefault(right.action.partition(":")[0], []).append(right)
        else:
            perhaps.append(right)
    found = []
    for service, rights_ in denied.items():
        actions = sorted({right.action for right in rights_})
        says = f"{source} may not {several(actions, 6)} (for {several(name for right in rights_ for name in right.by)})"
        ways = (f"allow {several(actions, 6)} in a policy of {source}, or run `up` as who may",)
        found.append(Row(kind=KIND, code=service, need=len(actions), have=0, says=says, state=State.SHORT, way_out=ways))
    if perhaps:
        actions = sorted({right.action for right in perhaps})
        found.append(
            unknown(KIND, "iam", len(actions), f"{several(actions, 6)}: not allowed on every resource, perhaps on these")
        )
    if allowed:
        found.append(
            Row(kind=KIND, code="iam", need=len(allowed), have=len(allowed), says=f"{source} may do {len(allowed)} actions")
        )
    return found


def _source(arn: str, account: Account) -> str:
    """The arn of the user or role whose policies count. Raises Unanswered for any other caller, such as an account's root."""
    assumed = ASSUMED.fullmatch(arn)
    if assumed:
        # IAM wants the role's arn with its path, which the arn of a session does not have.
        role = account.ask("iam", "get_role", RoleName=assumed["role"])["Role"]
        return str(role["Arn"])
    if PRINCIPAL.fullmatch(arn):
        return arn
    raise Unanswered("IAM simulates users and roles only")


def _simulated(wanted: Iterable[Right], source: str, account: Account) -> dict[tuple[str, str], str]:
    by_arn: dict[str, list[str]] = {}
    for right in wanted:
        by_arn.setdefault(right.on, []).append(right.action)
    # Resources that need the same actions are in one call: ten roles are one question.
    together: dict[tuple[str, ...], list[str]] = {}
    for on, actions in by_arn.items():
        together.setdefault(tuple(sorted(set(actions))), []).append(on)
    answers: dict[tuple[str, str], str] = {}
    for actions_, arns in together.items():
        for first in range(0, len(actions_), AT_ONCE):
            part = list(actions_[first : first + AT_ONCE])
            for item in account.every(
                "iam",
                "simulate_principal_policy",
                "EvaluationResults",
                PolicySourceArn=source,
                ActionNames=part,
                ResourceArns=arns,
            ):
                _take(item, arns, answers)
    return answers


def _take(item: Mapping[str, Any], arns: list[str], answers: dict[tuple[str, str], str]) -> None:
    action = item["EvalActionName"]
    # The simulation does not know a request's context, such as its tags. Where a condition asks for it, a denial proves nothing.
    blind = bool(item.get("MissingContextValues"))
    specific = {one["EvalResourceName"]: one["EvalResourceDecision"] for one in item.get("ResourceSpecificResults", ())}
    if not specific:
        specific = dict.fromkeys([item.get("EvalResourceName") or "*"] if len(arns) == 1 else arns, item["EvalDecision"])
    for on, decision in specific.items():
        answers[action, on] = "" if blind and decision == "implicitDeny" else decision
