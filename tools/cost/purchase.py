"""How instances are bought. No price list has what was agreed with AWS, so a discount is the user's own word, with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from catalog.instances import SAGEMAKER_PREFIX

_ON_DEMAND: Final = "on-demand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """`discount` is the share off the on-demand price by a pattern of instance types (`p5.*`, `ml.g5.*`); where several fit,
    the longest counts. Spot, capacity blocks and all that is no instance are never discounted."""

    option: str = _ON_DEMAND
    discount: Mapping[str, float] = field(default_factory=dict)
    source: str = ""
    as_of: str = ""

    def of(self, instance: str) -> tuple[float, str]:
        """The share off `instance` and the words for a line's basis; (0, "") where nothing was agreed for it."""
        fits = [
            pattern
            for pattern in self.discount
            # A `*` alone is EC2's: each service has commitments of its own.
            if fnmatchcase(instance, pattern) and pattern.startswith(SAGEMAKER_PREFIX) == instance.startswith(SAGEMAKER_PREFIX)
        ]
        if self.option == _ON_DEMAND or not fits:
            return 0.0, ""
        pattern = max(fits, key=len)
        share = self.discount[pattern]
        return share, f"{self.option}: {100 * share:.4g} % off {pattern} by {self.source} of {self.as_of}"
