"""What IAM refuses besides its model: sums over a principal's policies, and a trust in somebody who is not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from catalog.limits.identity import ATTACHED_POLICIES, INLINE_POLICIES
from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.documented import Refuse
from localcloud.kernel.recorded import ApiCall, Refusal
from localcloud.services.iam.principals import document_of, not_there

SERVICE: Final = "iam"
_SPACES: Final = str.maketrans("", "", " \t\r\n")


def _owner(call: ApiCall, kind: str) -> Any:
    """The role, user or group that a request is about; None for one that is not there, which moto refuses."""
    from moto.iam.models import iam_backends

    backend: Any = iam_backends[ACCOUNT]["aws"]
    name = call.params[f"{kind.title()}Name"]
    there = {"role": backend.roles, "user": backend.users, "group": backend.groups}[kind]
    return next((each for each in list(there.values()) if each.name == name), None)


def _inline(kind: str) -> Refuse:
    """Refuses an inline policy that makes the sum of its owner's inline policies too large."""
    most = INLINE_POLICIES[kind]

    def refuse(call: ApiCall) -> None:
        owner = _owner(call, kind)
        others = list(getattr(owner, "policies", {}).items())
        size = sum(_size(document) for name, document in others if name != call.params["PolicyName"])
        if size + _size(call.params["PolicyDocument"]) > most:
            name = call.params[f"{kind.title()}Name"]
            raise Refusal("LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {kind} {name}")

    return refuse


def _attached(kind: str) -> Refuse:
    """Refuses the eleventh managed policy of a principal."""

    def refuse(call: ApiCall) -> None:
        owner = _owner(call, kind)
        attached = getattr(owner, "managed_policies", {})
        if call.params["PolicyArn"] not in attached and len(attached) >= ATTACHED_POLICIES:
            raise Refusal("LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind.title()}: {ATTACHED_POLICIES}")

    return refuse


def _trust(call: ApiCall) -> None:
    """Refuses a trust policy that names a role or a user of this account that is not there."""
    document = document_of(call.params.get("AssumeRolePolicyDocument") or call.params.get("PolicyDocument"))
    if found := not_there(document):
        kind, value = found
        said = f'"{kind.upper() if kind == "Service" else kind}":"{value}"'
        raise Refusal("MalformedPolicyDocument", f"Invalid principal in policy: {said}")


def _size(document: str) -> int:
    return len(document.translate(_SPACES))


REFUSALS: Final[Mapping[str, tuple[Refuse, ...]]] = {
    "CreateRole": (_trust,),
    "UpdateAssumeRolePolicy": (_trust,),
    **{f"Put{kind.title()}Policy": (_inline(kind),) for kind in INLINE_POLICIES},
    **{f"Attach{kind.title()}Policy": (_attached(kind),) for kind in INLINE_POLICIES},
}
