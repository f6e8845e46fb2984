"""Bucket policies with conditions, for moto: it reads every statement as if it had none, so a TLS-only policy shuts the bucket.

A request here comes from our own account over the loopback, which stands for AWS's TLS endpoint. A statement whose
condition does not hold for such a request is left out before moto judges the rest.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.kernel.account import ACCOUNT

# What AWS would know of a request; source: S3 and IAM condition key references.
_REQUEST: Mapping[str, str] = {
    "aws:securetransport": "true",
    "s3:tlsversion": "1.3",
    "aws:principalaccount": ACCOUNT,
    "aws:sourceaccount": ACCOUNT,
    "aws:principalisawsservice": "false",
    "aws:viaawsservice": "false",
}
_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "bool": lambda have, want: have.lower() == want.lower(),
    "stringequals": lambda have, want: have == want,
    "stringnotequals": lambda have, want: have != want,
    "stringlike": fnmatch.fnmatchcase,
    "stringnotlike": lambda have, want: not fnmatch.fnmatchcase(have, want),
    "numericlessthan": lambda have, want: float(have) < float(want),
    "numericgreaterthanequals": lambda have, want: float(have) >= float(want),
}


def holds(condition: Mapping[str, Any]) -> bool:
    """Whether a statement's Condition holds for a request to the local cloud. An absent key never matches."""
    for operator, keys in condition.items():
        name = operator.lower()
        if_exists = name.endswith("ifexists")
        check = _OPERATORS.get(name.removesuffix("ifexists"))
        for key, values in keys.items():
            have = _REQUEST.get(key.lower())
            if have is None or check is None:
                if if_exists:
                    continue
                return False
            wanted = [str(value) for value in (values if isinstance(values, list) else [values])]
            every = "not" in name  # a negated operator must hold against each value
            if not (all if every else any)(check(have, want) for want in wanted):
                return False
    return True


def applicable(policy: str) -> str:
    """The policy document without the statements whose condition does not hold, and without the others' conditions."""
    document = json.loads(policy)
    statements = document.get("Statement", [])
    kept = [
        statement
        for statement in (statements if isinstance(statements, list) else [statements])
        if holds(statement.get("Condition", {}))
    ]
    return json.dumps({**document, "Statement": [{k: v for k, v in statement.items() if k != "Condition"} for statement in kept]})


def install() -> None:
    """Makes moto's buckets judge requests by the applicable statements."""
    from moto.iam.access_control import IAMPolicy, PermissionResult
    from moto.s3.models import FakeBucket

    def get_permission(bucket: Any, action: str, resource: str) -> Any:
        if bucket.policy is None:
            return PermissionResult.NEUTRAL
        return IAMPolicy(applicable(bucket.policy.decode())).is_action_permitted(action, resource)

    setattr(FakeBucket, "get_permission", get_permission)  # noqa: B010 - a method of moto's, replaced on purpose
