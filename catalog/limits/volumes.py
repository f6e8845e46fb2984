"""Sizes and speeds of EBS volumes by type. https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeType:
    """What one type takes: GiB, IOPS (None: it takes none) and the IOPS a GiB, MiB/s (None: it takes none)."""

    size: tuple[int, int]
    iops: tuple[int, int] | None = None
    iops_a_gib: float | None = None
    throughput: tuple[int, int] | None = None


VOLUME_TYPES: Final = {
    "standard": VolumeType(size=(1, 1_024)),
    "gp2": VolumeType(size=(1, 16_384)),
    "gp3": VolumeType(size=(1, 65_536), iops=(3_000, 80_000), iops_a_gib=500, throughput=(125, 2_000)),
    "io1": VolumeType(size=(4, 16_384), iops=(100, 64_000), iops_a_gib=50),
    "io2": VolumeType(size=(4, 65_536), iops=(100, 256_000), iops_a_gib=1_000),
    "st1": VolumeType(size=(125, 16_384)),
    "sc1": VolumeType(size=(125, 16_384)),
}
DEFAULT_TYPE: Final = "gp2"
# gp3's MiB/s for each of its IOPS.
THROUGHPUT_AN_IOPS: Final = 0.25
# gp3 has these IOPS at every size: the ratio is asked of what is above them.
BASE_IOPS: Final = 3_000
