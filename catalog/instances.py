"""What an EC2 instance type is: read from `instance_types.csv`, once.

Source of the table: `aws ec2 describe-instance-types` as kept by moto 5.2.5 (Apache-2.0), every type, reduced to what settings
and components decide by. SageMaker's `ml.` types are the EC2 type of the same name. Added by hand from AWS's own pages
(https://aws.amazon.com/ec2/instance-types/accelerated-computing/) are g4ad and p3, which AWS sells and moto lacks, and the
accelerators of trn2 and trn2u, of 96 GiB each.
"""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator

SAGEMAKER_PREFIX: Final = "ml."
# What a node group without a type takes: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html
DEFAULT_NODE_TYPE: Final = "t3.medium"
# Who makes an accelerator, where it is not NVIDIA.
_MAKERS: Final = {"Radeon Pro V520": "AMD", "Qualcomm AI100": "Qualcomm"} | dict.fromkeys(
    ("Inferentia", "Inferentia2", "Trainium", "Trainium2"), "AWS"
)
# Whose accelerators the machine images of EKS and our own images have drivers and libraries for.
# https://docs.aws.amazon.com/eks/latest/userguide/ml-eks-optimized-ami.html
_DRIVEN: Final = ("NVIDIA", "AWS")


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceFacts:
    """One EC2 instance type. `accelerators` counts GPUs, Trainium or Inferentia devices; memory is GiB, all devices together."""

    type: str
    vcpus: int
    memory_gib: float
    accelerators: int
    accelerator: str
    accelerator_memory_gib: float
    efa_interfaces: int
    architecture: str
    nvme: bool

    @property
    def maker(self) -> str:
        """Who makes its accelerators: NVIDIA, AWS (Trainium and Inferentia), AMD or Qualcomm; "" where it has none."""
        return _MAKERS.get(self.accelerator, "NVIDIA") if self.accelerators else ""

    @property
    def undriven(self) -> str:
        """Why nothing of ours runs on its accelerators, in words that follow the type; "" where some does or it has none."""
        if self.maker in ("", *_DRIVEN):
            return ""
        return f"has {self.accelerator} of {self.maker}, which the images for NVIDIA and for Neuron cannot use"


@cache
def instance_table() -> dict[str, InstanceFacts]:
    """Every known EC2 instance type by name."""
    with (Path(__file__).parent / "instance_types.csv").open(encoding="utf-8") as file:
        return {
            row["type"]: InstanceFacts(
                type=row["type"],
                vcpus=int(row["vcpus"]),
                memory_gib=float(row["memory_gib"]),
                accelerators=int(row["accelerators"]),
                accelerator=row["accelerator"],
                accelerator_memory_gib=float(row["accelerator_memory_gib"]),
                efa_interfaces=int(row["efa_interfaces"]),
                architecture=row["architecture"],
                nvme=row["nvme"] == "yes",
            )
            for row in csv.DictReader(file)
        }


def instance_facts(name: str) -> InstanceFacts:
    """The facts of an EC2 type (`g5.xlarge`) or a SageMaker type (`ml.g5.xlarge`).

    Raises ValueError with the nearest known names when there is no such type.
    """
    table = instance_table()
    bare = name.removeprefix(SAGEMAKER_PREFIX)
    if bare in table:
        return table[bare]
    prefix = SAGEMAKER_PREFIX if name.startswith(SAGEMAKER_PREFIX) else ""
    near = [prefix + match for match in difflib.get_close_matches(bare, table, n=3, cutoff=0.6)]
    hint = f"did you mean {', '.join(near)}?" if near else "list types with `aws ec2 describe-instance-types`"
    raise ValueError(f"is no instance type that AWS has; {hint}")


def _known_ec2(name: str) -> str:
    if name.startswith(SAGEMAKER_PREFIX):
        raise ValueError(f"is a SageMaker type where an EC2 type belongs; write {name.removeprefix(SAGEMAKER_PREFIX)}")
    instance_facts(name)
    return name


def _known_ml(name: str) -> str:
    if not name.startswith(SAGEMAKER_PREFIX):
        raise ValueError(f"is an EC2 type where a SageMaker type belongs; write ml.{name}")
    if undriven := instance_facts(name).undriven:
        raise ValueError(f"{undriven}; take a type such as ml.g5.xlarge")
    return name


# Field types for settings: `instance_type: Ec2Type`, `instance_type: MlType`.
Ec2Type = Annotated[str, AfterValidator(_known_ec2)]
MlType = Annotated[str, AfterValidator(_known_ml)]
