"""What KMS refuses besides its model: a key policy that nobody could ever change again, and principals that are not there."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.documented import Refuse
from localcloud.kernel.recorded import ApiCall, Refusal
from localcloud.services.iam.principals import document_of, not_there, principals, statements, texts

SERVICE: Final = "kms"
_MALFORMED: Final = "MalformedPolicyDocumentException"
_CHANGE: Final = "kms:putkeypolicy"


def _policy(call: ApiCall) -> None:
    text = call.params.get("Policy")
    if not text:
        return
    document = document_of(text)
    if document is None or not statements(document):
        raise Refusal(_MALFORMED, "")
    if not_there(document):
        raise Refusal(_MALFORMED, "Policy contains a statement with one or more invalid principals.")
    if not call.params.get("BypassPolicyLockoutSafetyCheck") and not _changeable(document):
        raise Refusal(_MALFORMED, "The new key policy will not allow you to update the key policy in the future.")


def _changeable(document: Mapping[str, Any]) -> bool:
    """Whether somebody of this account may change the policy after it is put."""
    allowed = False
    for statement in statements(document):
        if not _about_changes(statement):
            continue
        ours = any(value == "*" or value == ACCOUNT or f"::{ACCOUNT}:" in value for _, value in principals(statement))
        if statement.get("Effect") == "Allow" and ours:
            allowed = True
        if statement.get("Effect") == "Deny" and not statement.get("Condition") and "NotPrincipal" not in statement:
            denied = [value for _, value in principals(statement)]
            if "*" in denied:
                return False
    return allowed


def _about_changes(statement: Mapping[str, Any]) -> bool:
    actions = [action.lower() for action in texts(statement.get("Action"))]
    if not actions:
        return not any(fnmatchcase(_CHANGE, action.lower()) for action in texts(statement.get("NotAction")))
    return any(fnmatchcase(_CHANGE, action) for action in actions)


REFUSALS: Final[Mapping[str, tuple[Refuse, ...]]] = {"CreateKey": (_policy,), "PutKeyPolicy": (_policy,)}
