"""Components recorded on their own, with stand-ins for what other components make.

A component is recorded once for the same settings: a test looks at the recording and changes nothing of it.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pulumi

from catalog.types.card import Card
from infra.base.ground import Ground
from infra.base.iam import Scope
from infra.base.naming import Naming
from infra.base.role import Role
from infra.base.section import Place
from infra.cluster.component import Cluster, ClusterArgs
from infra.cluster.settings import ClusterSettings
from infra.identity.component import Identity, IdentityArgs
from infra.identity.settings import IdentitySettings
from infra.keys.rights import KEYS
from infra.money.component import Budget, BudgetArgs
from infra.money.settings import CostSettings, WorkingHours
from infra.network.component import Network, NetworkArgs
from infra.network.settings import NetworkSettings
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
    """The ground of components: the arn of a key ends in its domain, the arn of a role in its key."""
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


def recorded_network(zones: tuple[str, ...], settings: NetworkSettings) -> Recording:
    return _recorded_network(zones, settings.model_dump_json())


@cache
def _recorded_network(zones: tuple[str, ...], settings: str) -> Recording:
    values = NetworkSettings.model_validate_json(settings)
    return record(lambda: Network("network", NetworkArgs(ground=ground(zones=zones), settings=values)))


def recorded_identity(roles: tuple[Role, ...], settings: IdentitySettings) -> Recording:
    args = IdentityArgs(naming=NAMING, scope=ground().scope, settings=settings, roles=roles)
    return record(lambda: Identity("identity", args))


def recorded_budget(settings: CostSettings) -> Recording:
    return record(lambda: Budget("budget", BudgetArgs(ground=ground(), settings=settings)))


def recorded_cluster(*, protect: bool = False, hours: WorkingHours | None = None, **settings: Any) -> Recording:
    return _recorded_cluster(protect, json.dumps(hours and hours.model_dump()), json.dumps(settings))


@cache
def _recorded_cluster(protect: bool, hours: str, settings: str) -> Recording:
    def program() -> None:
        Cluster(
            "cluster",
            ClusterArgs(
                ground=ground(protect=protect),
                settings=ClusterSettings.model_validate_json(settings),
                vpc=VPC,
                admins=("operator",),
                viewers=("ci",),
                pods={("training", "trainer"): "pod-training"},
                working_hours=WorkingHours.model_validate_json(hours) if hours != "null" else None,
            ),
        )

    return record(program)


DATASETS = {"digits": {"train": "s3://curated/digits/abc/train/", "test": "s3://curated/digits/abc/test/"}}


def recorded_training(datasets: dict[str, dict[str, str]] | None = None, **settings: Any) -> Recording:
    return _recorded_training(json.dumps(DATASETS if datasets is None else datasets), json.dumps(settings))


@cache
def _recorded_training(datasets: str, settings: str) -> Recording:
    def program() -> None:
        training = Training(
            "training",
            TrainingArgs(
                ground=ground(),
                settings=TrainingSettings.model_validate_json(settings),
                vpc=VPC,
                buckets=BUCKETS,
                image_uri="123456789012.dkr.ecr.us-east-1.amazonaws.com/slipway-dev-training:src-0123456789ab",
                datasets=json.loads(datasets),
            ),
        )
        pulumi.export("trainingJobs", training.definitions)

    return record(program)


def recorded_serving(**settings: Any) -> Recording:
    return _recorded_serving(json.dumps(settings))


@cache
def _recorded_serving(settings: str) -> Recording:
    def program() -> None:
        Serving(
            "serving",
            ServingArgs(
                ground=ground(),
                settings=ServingSettings.model_validate_json(settings),
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
