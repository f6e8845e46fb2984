"""Components recorded on their own, with stand-ins for what others make."""

from __future__ import annotations

from typing import Any

import pulumi

from catalog.types.card import Card
from infra.base.ground import Ground
from infra.base.iam import Scope
from infra.base.naming import Naming
from infra.base.section import Place
from infra.cluster.component import Cluster, ClusterArgs
from infra.cluster.settings import ClusterSettings
from infra.keys.rights import KEYS
from infra.network.vpc import Vpc
from infra.serving.component import Serving, ServingArgs
from infra.serving.settings import ServingSettings
from infra.training.component import Training, TrainingArgs
from infra.training.settings import TrainingSettings
from tests.support.recorder import Recording, record

NAMING = Naming(project="slipway", environment="dev", owner="ml", cost_center="cc1")
ZONES = ("us-east-1a", "us-east-1b")
PLACE = Place(region="us-east-1", account_id="123456789012", naming=NAMING, zone_names=("us-east-1a", "us-east-1b", "us-east-1c"))
ROLES = (
    "ci",
    "cluster",
    "cni",
    "ebs-csi",
    "flow-log",
    "image-build",
    "node",
    "operator",
    "pod-training",
    "resize",
    "serving",
    "training",
)
VPC = Vpc(id="vpc-1", cidr="10.0.0.0/16", private_subnets={zone: f"subnet-{zone[-1]}" for zone in ZONES})
BUCKETS = {purpose: purpose for purpose in ("raw", "curated", "models", "checkpoints", "logs")}


def ground(*, protect: bool = False, zones: tuple[str, ...] = ZONES) -> Ground:
    """What components stand on; a key is named after its domain, a role after its key."""
    return Ground(
        naming=NAMING,
        scope=Scope(account_id="123456789012", region="us-east-1", prefix="slipway-dev", environment="dev"),
        zones=zones,
        protect=protect,
        log_days=90,
        keys={spec.name: f"arn:aws:kms:us-east-1:123456789012:key/{spec.name}" for spec in KEYS},
        roles={role: f"arn:aws:iam::123456789012:role/{role}" for role in ROLES},
        alarm_topic_arn="arn:aws:sns:us-east-1:123456789012:alerts",
    )


def recorded_cluster(*, protect: bool = False, **settings: Any) -> Recording:
    def program() -> None:
        Cluster(
            "cluster",
            ClusterArgs(
                ground=ground(protect=protect),
                settings=ClusterSettings.model_validate(settings),
                vpc=VPC,
                admins=("operator",),
                viewers=("ci",),
                pods={("training", "trainer"): "pod-training"},
            ),
        )

    return record(program)


def recorded_training(datasets: dict[str, dict[str, str]] | None = None, **settings: Any) -> Recording:
    def program() -> None:
        training = Training(
            "training",
            TrainingArgs(
                ground=ground(),
                settings=TrainingSettings.model_validate(settings),
                vpc=VPC,
                buckets=BUCKETS,
                image_uri="123456789012.dkr.ecr.us-east-1.amazonaws.com/slipway-dev-training:src-0123456789ab",
                datasets={"digits": {"train": "s3://curated/digits/abc/train/", "test": "s3://curated/digits/abc/test/"}}
                if datasets is None
                else datasets,
            ),
        )
        pulumi.export("trainingJobs", training.definitions)

    return record(program)


def recorded_serving(**settings: Any) -> Recording:
    def program() -> None:
        Serving(
            "serving",
            ServingArgs(
                ground=ground(),
                settings=ServingSettings.model_validate(settings),
                vpc=VPC,
                buckets=BUCKETS,
                image_uri="123456789012.dkr.ecr.us-east-1.amazonaws.com/slipway-dev-serving:src-0123456789ab",
                artifacts={
                    "digits": "s3://models/digits/a/output/model.tar.gz",
                    "next": "s3://models/next/b/output/model.tar.gz",
                },
            ),
        )

    return record(program)


def only(recording: Recording, card: Card) -> Any:
    """The one resource of a type."""
    found = recording.of(card)
    assert len(found) == 1, [view.name for view in found]
    return found[0]
