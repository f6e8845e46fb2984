"""Components recorded on their own, with stand-ins for what others make."""

from __future__ import annotations

from typing import Any

import pulumi

from catalog.types.card import Card
from infra.base.naming import Naming
from infra.base.section import Place
from infra.cluster.component import Cluster, ClusterArgs
from infra.serving.component import Serving, ServingArgs
from infra.serving.settings import ClusterSettings, ServingSettings, TrainingSettings
from infra.training.component import Training, TrainingArgs
from tests.support.recorder import Recording, record

NAMING = Naming(project="slipway", environment="dev", owner="ml", cost_center="cc1")
ZONES = ("us-east-1a", "us-east-1b")
PLACE = Place(region="us-east-1", account_id="123456789012", naming=NAMING, zone_names=("us-east-1a", "us-east-1b", "us-east-1c"))
KEY = "arn:aws:kms:us-east-1:123456789012:key/one"
ROLE = "arn:aws:iam::123456789012:role/"


def recorded_cluster(*, protect: bool = False, **settings: Any) -> Recording:
    def program() -> None:
        Cluster(
            "cluster",
            ClusterArgs(
                naming=NAMING,
                settings=ClusterSettings.model_validate(settings),
                vpc_id="vpc-1",
                vpc_cidr="10.0.0.0/16",
                private_subnets={zone: f"subnet-{zone}" for zone in ZONES},
                cluster_role_arn=f"{ROLE}cluster",
                node_role_arn=f"{ROLE}node",
                cni_role_arn=f"{ROLE}cni",
                ebs_csi_role_arn=f"{ROLE}ebs",
                cluster_key_arn=KEY,
                logs_key_arn=KEY,
                log_retention_days=90,
                admin_role_arns={"platform": f"{ROLE}platform"},
                viewer_role_arns={"operator": f"{ROLE}operator"},
                pod_role_arns={("training", "trainer"): f"{ROLE}pod"},
                protect=protect,
            ),
        )

    return record(program)


def recorded_training(datasets: dict[str, dict[str, str]] | None = None, **settings: Any) -> Recording:
    def program() -> None:
        training = Training(
            "training",
            TrainingArgs(
                naming=NAMING,
                settings=TrainingSettings.model_validate(settings),
                region="us-east-1",
                vpc_id="vpc-1",
                subnet_ids=["subnet-a", "subnet-b"],
                role_arn=f"{ROLE}training",
                image_uri="123456789012.dkr.ecr.us-east-1.amazonaws.com/slipway-dev-training:src-0123456789ab",
                datasets={"digits": {"train": "s3://curated/digits/abc/train/", "test": "s3://curated/digits/abc/test/"}}
                if datasets is None
                else datasets,
                curated_bucket="curated",
                models_bucket="models",
                checkpoints_bucket="checkpoints",
                models_key_arn=KEY,
                logs_key_arn=KEY,
                log_retention_days=90,
            ),
        )
        pulumi.export("trainingJobs", training.definitions)

    return record(program)


def recorded_serving(**settings: Any) -> Recording:
    def program() -> None:
        Serving(
            "serving",
            ServingArgs(
                naming=NAMING,
                settings=ServingSettings.model_validate(settings),
                vpc_id="vpc-1",
                subnet_ids=["subnet-a", "subnet-b"],
                role_arn=f"{ROLE}serving",
                image_uri="123456789012.dkr.ecr.us-east-1.amazonaws.com/slipway-dev-serving:src-0123456789ab",
                artifacts={
                    "digits": "s3://models/digits/a/output/model.tar.gz",
                    "next": "s3://models/next/b/output/model.tar.gz",
                },
                capture_bucket="raw",
                capture_prefix="capture",
                capture_key_arn=KEY,
                models_key_arn=KEY,
                logs_key_arn=KEY,
                log_retention_days=90,
                alarm_topic_arns=["arn:aws:sns:us-east-1:123456789012:alerts"],
            ),
        )

    return record(program)


def only(recording: Recording, card: Card) -> Any:
    """The one resource of a type."""
    found = recording.of(card)
    assert len(found) == 1, [view.name for view in found]
    return found[0]
