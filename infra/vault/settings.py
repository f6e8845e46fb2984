"""The settings of secrets that workloads read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import AfterValidator, Field, SecretStr

from infra.base.fields import matching
from infra.base.section import Fault, Place, Section

_SECRET_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")


def _recovery_days(days: int) -> int:
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
    if days != 0 and not 7 <= days <= 30:
        raise ValueError("is no recovery window; use 7 to 30, or 0 to delete at once")
    return days


SecretName = Annotated[
    str,
    matching(_SECRET_NAME, "is no name for a secret; use lower-case letters, digits and hyphens, a letter first, 63 at most"),
]


class SecretsSettings(Section):
    """Secrets that workloads read at run time (a model hub's token, an experiment tracker's key)."""

    names: tuple[SecretName, ...] = Field(default=(), description="Secrets to declare; their values may be put in by hand later.")
    values: dict[str, SecretStr] = Field(
        default_factory=dict, description="Values, by name; set with `pulumi config set --secret --path`."
    )
    recovery_days: Annotated[int, AfterValidator(_recovery_days)] = Field(
        default=7,
        description="Days in which a deleted secret can be brought back and its name is taken, 7 to 30; 0 for neither.",
    )

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        for name in self.values:
            if name not in self.names:
                yield Fault(f"{path}.values.{name}", "[secret]", f"is a value for no declared secret; add {name} to {path}.names")
