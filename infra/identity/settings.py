"""The settings of IAM: how long a session is, who operates, and the role of CI."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import Field

from infra.base.fields import Repository, matching
from infra.base.section import Section

# A name, or a pattern that begins with one: role/* would be everybody, and says so less clearly than an empty list.
_OPERATOR: Final = re.compile(r"arn:aws:iam::\d{12}:role/[\w+=,.@-][\w+=,.@/*-]*")


OperatorArn = Annotated[
    str,
    matching(
        _OPERATOR,
        "is no arn of roles; write one like "
        "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Operator_*",
    ),
]


class CiSettings(Section):
    """A role that a GitHub Actions workflow takes by OpenID Connect, with no stored credential."""

    repository: Repository = Field(description="The repository that may take the role, owner/name.")
    git_ref: str = Field(default="refs/heads/main", description="The only git ref whose workflows may take the role.")
    provider: Literal["create", "existing"] = Field(
        default="create",
        description="GitHub's identity provider in IAM, one an account: `create` makes it in this stack, `existing` takes the "
        "one that is there, as `slipway bootstrap` or another stack made it.",
    )


class IdentitySettings(Section):
    """IAM."""

    max_session_hours: int = Field(default=4, ge=1, le=12, description="The longest session of a role that people or CI take.")
    operator_principal_arns: tuple[OperatorArn, ...] = Field(
        default=(),
        description="Who may take the operator role: arns of roles of this account, `*` as in IAM Identity Center's. "
        "Empty: everybody of the account who holds sts:AssumeRole on it and came with a second factor.",
    )
    ci: CiSettings | None = Field(default=None, description="The CI role; left out, there is none.")
