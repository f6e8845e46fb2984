"""The local cloud's provider beside the genuine one: every golden file whose type has a row, walked whole."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from localcloud.services.gathered import all_rows
from tests.localcloud import golden, known_differences
from tests.localcloud.golden_report import walk, walkable

# The types that the platform promises: those that a stranger's stack may be made of.
WANTED = {
    "appautoscaling": ("Policy", "Target"),
    "budgets": ("Budget",),
    "cloudwatch": ("Dashboard", "LogGroup", "MetricAlarm"),
    "ec2": (
        *("Eip", "FlowLog", "InternetGateway", "LaunchTemplate", "NatGateway", "PlacementGroup", "Route", "RouteTable"),
        *("RouteTableAssociation", "SecurityGroup", "Subnet", "Vpc", "VpcEndpoint"),
    ),
    "ecr": ("LifecyclePolicy", "Repository", "RepositoryPolicy"),
    "eks": ("AccessEntry", "AccessPolicyAssociation", "Addon", "Cluster", "NodeGroup", "PodIdentityAssociation"),
    "iam": ("InstanceProfile", "OpenIdConnectProvider", "Policy", "Role", "RolePolicy", "RolePolicyAttachment"),
    "kms": ("Alias", "Key"),
    "s3": (
        *("Bucket", "BucketLifecycleConfiguration", "BucketLogging", "BucketObjectv2", "BucketOwnershipControls"),
        *("BucketPolicy", "BucketPublicAccessBlock", "BucketServerSideEncryptionConfiguration", "BucketVersioning"),
    ),
    "sagemaker": ("Endpoint", "EndpointConfiguration", "Model", "ModelPackageGroup"),
    "scheduler": ("Schedule",),
    "secretsmanager": ("Secret", "SecretVersion"),
    "sns": ("Topic", "TopicPolicy", "TopicSubscription"),
    "sqs": ("Queue", "QueuePolicy"),
    "ssm": ("Parameter",),
    "vpc": ("SecurityGroupEgressRule", "SecurityGroupIngressRule"),
}


def _known() -> dict[str, dict[str, str]]:
    known: dict[str, dict[str, str]] = {}
    for module in pkgutil.iter_modules(known_differences.__path__):
        found = importlib.import_module(f"{known_differences.__name__}.{module.name}").DIFFERENCES
        assert not known.keys() & found.keys(), f"{module.name}.py names a type that another file names too"
        known.update(found)
    return known


KNOWN = _known()


@pytest.mark.parametrize("name", walkable())
def test_our_provider_does_what_the_genuine_one_did(name: str) -> None:
    found, known = walk(name), KNOWN.get(name, {})
    new = [f"{key}: {detail}" for key, detail in found.items() if key not in known]
    gone = [f"{key}: remove it from known_differences" for key in known if key not in found]
    assert not new + gone, "\n".join([name, *new, *gone])


def test_every_known_difference_is_of_a_file_that_is_walked_and_has_a_reason() -> None:
    assert KNOWN.keys() <= set(walkable())
    assert all(reason.strip() for differences in KNOWN.values() for reason in differences.values())


def test_every_type_that_the_platform_promises_has_a_row_and_a_golden_file() -> None:
    wanted = {f"{service}.{name}" for service, names in WANTED.items() for name in names}
    rows = {f"{token.split(':')[1].split('/')[0]}.{token.split(':')[2]}" for token in all_rows()}
    assert not wanted - rows, f"no row: {sorted(wanted - rows)}"
    assert not wanted - set(golden.names()), f"no golden file: {sorted(wanted - set(golden.names()))}"
