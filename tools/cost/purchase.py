"""How instances are bought. No price list has a customer's agreement with AWS, so the stack file states the discount."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from catalog.instances import SAGEMAKER_PREFIX

_ON_DEMAND: Final = "on-demand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """The way instances are bought. `discount` is the share off the on-demand price by a pattern of types (`p5.*`, `ml.g5.*`).

    Where several patterns match a type, the longest counts. Only instances are discounted, and never spot or capacity blocks.
    """

    option: str = _ON_DEMAND
    discount: Mapping[str, float] = field(default_factory=dict)
    source: str = ""
    as_of: str = ""

    def of(self, instance: str) -> tuple[float, str]:
        """The share off an instance type's price, and the words for a line's basis; (0, "") where no pattern matches."""
        fits = [
            pattern
            for pattern in self.discount
            # Each service has commitments of its own, so a pattern such as `*` without `ml.` is for EC2 only.
            if fnmatchcase(instance, pattern) and pattern.startswith(SAGEMAKER_PREFIX) == instance.startswith(SAGEMAKER_PREFIX)
        ]
        if self.option == _ON_DEMAND or not fits:
            return 0.0, ""
        pattern = max(fits, key=len)
        share = self.discount[pattern]
        return share, f"{self.option}: {100 * share:.4g} % off {pattern} by {self.source} of {self.as_of}"
