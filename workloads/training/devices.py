"""What a GPU can do at most, for the model FLOPs utilisation (MFU): dense matrix products."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import torch


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """Tera floating-point operations a second by precision; 0 for one it lacks. `name` is part of the device's name."""

    name: str
    fp32: float
    bf16: float
    float8: float = 0.0
    instances: str = ""
    source: str


# From NVIDIA's datasheets; where they give a figure with sparsity, half of it. fp32 is without TF32, PyTorch's default.
# T4 and V100 have no bf16: what is listed for them is fp16.
# The first row whose name is part of the device's name decides, so the longer names come first.
PEAKS: Final = (
    Peak(name="B200", fp32=75, bf16=2250, float8=4500, instances="p6-b200", source="NVIDIA DGX B200 datasheet"),
    Peak(name="H200", fp32=67, bf16=989, float8=1979, instances="p5e, p5en", source="NVIDIA H200 datasheet, SXM"),
    Peak(name="H100 PCIe", fp32=51, bf16=756, float8=1513, source="NVIDIA H100 datasheet, PCIe"),
    Peak(name="H100 NVL", fp32=60, bf16=835, float8=1671, source="NVIDIA H100 datasheet, NVL"),
    Peak(name="H100", fp32=67, bf16=989, float8=1979, instances="p5", source="NVIDIA H100 datasheet, SXM"),
    Peak(name="A100", fp32=19.5, bf16=312, instances="p4d, p4de", source="NVIDIA A100 datasheet"),
    Peak(name="L40S", fp32=91.6, bf16=362, float8=733, instances="g6e", source="NVIDIA L40S datasheet"),
    Peak(name="L4", fp32=30.3, bf16=121, float8=242.5, instances="g6", source="NVIDIA L4 datasheet"),
    Peak(name="A10G", fp32=31.5, bf16=70, instances="g5", source="NVIDIA A10G datasheet"),
    Peak(name="T4", fp32=8.1, bf16=65, instances="g4dn", source="NVIDIA T4 datasheet, fp16"),
    Peak(name="V100", fp32=15.7, bf16=125, instances="p3", source="NVIDIA V100 datasheet, SXM2, fp16"),
)  # fmt: skip
BY_INSTANCE: Final[Mapping[str, Peak]] = MappingProxyType(
    {family.strip(): peak for peak in PEAKS for family in peak.instances.split(",") if family.strip()}
)


def peak_flops(device: torch.device, precision: str) -> float | None:
    """Floating-point operations a second, None for a device that isn't in the table."""
    return peak_of(torch.cuda.get_device_name(device), precision) if device.type == "cuda" else None


def peak_of(name: str, precision: str) -> float | None:
    """`peak_flops` by a device's name, such as `NVIDIA H100 80GB HBM3`, or an AWS instance type, such as `ml.p5.48xlarge`."""
    words = name.removeprefix("ml.").split(".")
    peak = BY_INSTANCE.get(words[0]) or next((peak for peak in PEAKS if peak.name in name), None)
    tera = getattr(peak, precision) if peak else 0.0
    return tera * 1e12 if tera else None
