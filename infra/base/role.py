"""What a role is: a capability says which it needs in its `rights.py`, and `identity` makes them."""

from __future__ import annotations

from dataclasses import dataclass

from infra.base.iam import Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """One role: `trust` says who may take the role, `document` what the role may do, `managed` which of AWS's policies it has.

    Components find the role's arn by `key`. `name` ends the role's name and is `key` where it is left out. `bounded` puts the
    stack's permission boundary around the role. `session_hours` is the longest session.
    """

    key: str
    trust: Document
    document: Document | None = None
    managed: tuple[str, ...] = ()
    bounded: bool = True
    session_hours: int = 1
    name: str = ""

    @property
    def purpose(self) -> str:
        """The last part of the role's name."""
        return self.name or self.key
