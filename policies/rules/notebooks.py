"""Notebooks and Studio, where people hold data in their hands: in the VPC, without root, under our key, off when idle."""

from __future__ import annotations

from typing import Final

from catalog.types import sagemaker
from policies.checks import is_set
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict
from tools.plan.reader import Block
from tools.plan.view import ResourceView

_IDLE: Final = "defaultUserSettings.jupyterLabAppSettings.appLifecycleManagement.idleSettings.lifecycleManagement"


@rule(
    sagemaker.NOTEBOOK_INSTANCE,
    severity="mandatory",
    frameworks=("FSBP SageMaker.1", "GDPR 32"),
    anchors=("CKV_AWS_122",),
    why="A notebook with a way out of its own sends data past every endpoint policy and flow log.",
    fix='set directInternetAccess to "Disabled"',
)
def no_direct_internet(resource: ResourceView) -> Verdict:
    value = Block.of(resource).text("directInternetAccess")
    return PASS if value == "Disabled" else Fail(f"directInternetAccess is {value or 'not set (Enabled)'}")


@rule(
    sagemaker.NOTEBOOK_INSTANCE,
    severity="mandatory",
    frameworks=("FSBP SageMaker.3",),
    anchors=("CKV_AWS_307",),
    why="Root in a notebook reads the machine's credentials and switches off whatever watches it.",
    fix='set rootAccess to "Disabled"',
)
def no_root(resource: ResourceView) -> Verdict:
    value = Block.of(resource).text("rootAccess")
    return PASS if value == "Disabled" else Fail(f"rootAccess is {value or 'not set (Enabled)'}")


@rule(
    sagemaker.NOTEBOOK_INSTANCE,
    severity="mandatory",
    frameworks=("FSBP SageMaker.2",),
    anchors=("CKV_AWS_306",),
    why="Outside our VPC a notebook reads the data where no endpoint policy or flow log sees it.",
    fix="set subnetId to a private subnet, and securityGroups",
)
def notebook_in_our_network(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    return PASS if block.has("subnetId") and block.has("securityGroups") else Fail("the notebook runs outside the VPC")


@rule(
    sagemaker.NOTEBOOK_INSTANCE,
    sagemaker.DOMAIN,
    severity="mandatory",
    frameworks=("GDPR 32",),
    anchors=("CKV_AWS_22", "CKV_AWS_187"),
    why="People keep copies of the data in their home folders.",
    fix="set kmsKeyId to a key of ours",
)
def home_is_encrypted(resource: ResourceView) -> Verdict:
    return is_set(resource, "kmsKeyId", "the volume is under no key of ours")


@rule(
    sagemaker.NOTEBOOK_INSTANCE,
    severity="mandatory",
    anchors=("CKV_AWS_371",),
    why="With IMDSv1 a request forged through any page in the notebook fetches its role's credentials.",
    fix='set instanceMetadataServiceConfiguration.minimumInstanceMetadataServiceVersion to "2"',
)
def imds_needs_a_token(resource: ResourceView) -> Verdict:
    least = Block.of(resource).number("instanceMetadataServiceConfiguration.minimumInstanceMetadataServiceVersion")
    return PASS if least == 2 else Fail("the notebook's metadata service answers without a token")


@rule(
    sagemaker.NOTEBOOK_INSTANCE,
    severity="advisory",
    why="A notebook that nobody closed is billed through the night and the weekend.",
    fix="set lifecycleConfigName to a configuration that stops an idle notebook",
)
def notebook_stops_when_idle(resource: ResourceView) -> Verdict:
    return PASS if Block.of(resource).given("lifecycleConfigName") else Fail("nothing stops the notebook")


@rule(
    sagemaker.DOMAIN,
    severity="mandatory",
    why="By default Studio's traffic leaves through a network of AWS's, where no endpoint policy or flow log of ours sees it.",
    fix='set appNetworkAccessType to "VpcOnly", with private subnetIds and defaultUserSettings.securityGroups',
)
def studio_stays_in_the_vpc(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    value = block.text("appNetworkAccessType")
    if value != "VpcOnly":
        return Fail(f"appNetworkAccessType is {value or 'not set (PublicInternetOnly)'}")
    return PASS if block.has("defaultUserSettings.securityGroups") else Fail("Studio's users have no security groups of ours")


@rule(
    sagemaker.DOMAIN,
    severity="advisory",
    anchors=("prowler sagemaker_domain_sso_configured",),
    why="With IAM sign-on a person is whoever holds a role; with SSO a leaver is out everywhere at once.",
    fix='set authMode to "SSO"',
)
def studio_signs_on_by_sso(resource: ResourceView) -> Verdict:
    return PASS if Block.of(resource).text("authMode") == "SSO" else Fail("people sign on by IAM")


@rule(
    sagemaker.DOMAIN,
    severity="advisory",
    why="Studio spaces that nobody closed are billed through the night and the weekend.",
    fix=f'set {_IDLE} to "ENABLED", with idleTimeoutInMinutes',
)
def studio_stops_when_idle(resource: ResourceView) -> Verdict:
    return PASS if Block.of(resource).text(_IDLE) == "ENABLED" else Fail("nothing stops an idle space")
