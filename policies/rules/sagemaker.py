"""Models and endpoints: isolated, encrypted, scaled, watched."""

from __future__ import annotations

import re
from typing import Final

from catalog.types import appautoscaling, cloudwatch, sagemaker
from policies.checks import has_companion, pinned
from policies.machines import has_local_storage
from policies.rule import rule
from policies.tagging import is_production
from policies.verdict import PASS, Fail, Unknown, Verdict, every, some
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.relations import ENDPOINT_VARIANTS, configuration_of
from tools.plan.view import ResourceView

LEAST_IN_PRODUCTION: Final = 2
_SCALED_ENDPOINT: Final = re.compile(r"^endpoint/([^/]+)/variant/")


def _variants(resource: ResourceView) -> list[Block]:
    block = Block.of(resource)
    return [row for key in ENDPOINT_VARIANTS for row in block.items(key)]


def _containers(model: ResourceView) -> list[Block]:
    block = Block.of(model)
    return [*block.items("primaryContainer"), *block.items("containers")]


@rule(
    sagemaker.MODEL,
    severity="mandatory",
    frameworks=("FSBP SageMaker.5", "GDPR 32"),
    anchors=("CKV_AWS_370",),
    why="A model server that may call out can send away every request it sees.",
    fix="set enableNetworkIsolation to true",
)
def model_is_isolated(resource: ResourceView) -> Verdict:
    return PASS if Block.of(resource).flag("enableNetworkIsolation") else Fail("the model's containers may reach the network")


@rule(
    sagemaker.MODEL,
    severity="mandatory",
    anchors=("prowler sagemaker_models_vpc_settings_configured",),
    why="Outside our VPC a model fetches its data where no endpoint policy or flow log sees it.",
    fix="set vpcConfig with private subnets and security groups",
)
def model_in_our_network(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    given = block.has("vpcConfig.subnets") and block.has("vpcConfig.securityGroupIds")
    return PASS if given else Fail("the model runs outside the VPC")


@rule(
    sagemaker.MODEL,
    severity="mandatory",
    anchors=("CKV_K8S_14", "CKV_K8S_43"),
    why="With a moving tag, tomorrow's scale-out serves other code than today's.",
    fix="name the image by digest, or by a tag that is never moved (not latest)",
)
def model_image_is_pinned(resource: ResourceView) -> Verdict:
    return every(_containers(resource), lambda row: pinned(row.text("image")))


@rule(
    sagemaker.ENDPOINT_CONFIGURATION,
    severity="mandatory",
    frameworks=("GDPR 32",),
    anchors=("CKV_AWS_98",),
    why="The volume behind an endpoint holds the model and whatever requests spill to disk.",
    fix="set kmsKeyArn (machines with NVMe storage encrypt it themselves and take no key)",
)
def endpoint_is_encrypted(resource: ResourceView) -> Verdict:
    variants = _variants(resource)
    if Block.of(resource).has("kmsKeyArn"):
        return PASS
    local = bool(variants) and all(has_local_storage(row.text("instanceType")) for row in variants)
    return PASS if local else Fail("no key is set")


@rule(
    sagemaker.ENDPOINT_CONFIGURATION,
    severity="mandatory",
    why="Without captured requests nobody can see drift, and nobody can retrain on what really came.",
    fix="set dataCaptureConfig with enableCapture true and initialSamplingPercentage above 0",
)
def endpoint_captures_data(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if not block.has("dataCaptureConfig"):
        return Fail("no data capture is configured")
    if not block.flag("dataCaptureConfig.enableCapture"):
        return Fail("data capture is off")
    share = block.number("dataCaptureConfig.initialSamplingPercentage")
    return PASS if share and share > 0 else Fail("data capture samples nothing")


@rule(
    sagemaker.ENDPOINT_CONFIGURATION,
    severity="mandatory",
    frameworks=("GDPR 25", "GDPR 32"),
    why="Captured requests are personal data as often as not.",
    fix="set dataCaptureConfig.kmsKeyId",
)
def capture_is_encrypted(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if not block.flag("dataCaptureConfig.enableCapture"):
        return PASS
    return PASS if block.has("dataCaptureConfig.kmsKeyId") else Fail("captured requests are under no key of ours")


@rule(
    sagemaker.ENDPOINT_CONFIGURATION,
    severity="mandatory",
    frameworks=("FSBP SageMaker.4",),
    anchors=("prowler sagemaker_endpoint_config_prod_variant_instances",),
    why="One machine in production is an outage at every patch and every lost zone.",
    fix=f"set initialInstanceCount to {LEAST_IN_PRODUCTION} or more",
)
def two_machines_in_production(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if not is_production(resource, plan):
        return PASS

    def enough(row: Block) -> Verdict:
        if row.has("serverlessConfig"):
            return PASS
        count = row.number("initialInstanceCount") or row.number("managedInstanceScaling.minInstanceCount") or 1
        return PASS if count >= LEAST_IN_PRODUCTION else Fail(f"variant {row.text('variantName') or '?'} has {count:g}")

    return every(Block.of(resource).items(ENDPOINT_VARIANTS[0]), enough)


@rule(
    sagemaker.ENDPOINT_CONFIGURATION,
    severity="mandatory",
    why="SSM access is a shell inside the container that sees every request.",
    fix="leave enableSsmAccess false",
)
def endpoint_has_no_shell(resource: ResourceView) -> Verdict:
    return every(_variants(resource), lambda row: Fail("SSM access is on") if row.flag("enableSsmAccess") else PASS)


def _endpoint_of(resource_id: str) -> str:
    found = _SCALED_ENDPOINT.match(resource_id)
    return found[1] if found else resource_id


def _fixed_variants(endpoint: ResourceView, plan: LinkedPlan) -> list[str] | None:
    """The endpoint's variants that need a scaling target (serverless and managed ones scale without); None where not known."""
    configuration = configuration_of(plan, endpoint).found
    if configuration is None:
        return None
    rows = Block.of(configuration).items(ENDPOINT_VARIANTS[0])
    fixed = [row for row in rows if not (row.has("serverlessConfig") or row.has("managedInstanceScaling"))]
    names = [row.text("variantName") for row in fixed]
    return names if all(names) else None


@rule(
    sagemaker.ENDPOINT,
    severity="mandatory",
    why="A fixed number of machines is too many at night and too few at noon; on GPUs both cost more than the scaling.",
    fix="declare an appautoscaling Target for endpoint/<name>/variant/<variant> and a Policy",
)
def endpoint_autoscales(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    variants = _fixed_variants(resource, plan)
    if variants == []:
        return PASS
    companions = plan.companions(resource, appautoscaling.TARGET, _endpoint_of)
    if variants is None:
        found = bool(companions.found)
        return PASS if found else Unknown("resourceId") if companions.possible else Fail("nothing scales the endpoint")
    targets = [Block.of(view).text("resourceId", unknown="") for view in companions.found]
    known = [target.rpartition("/")[2] for target in targets if target]
    unscaled = [variant for variant in variants if variant not in known]
    # A target of this endpoint whose variant is not known yet scales one of the variants that no other target scales.
    if len(unscaled) <= len(targets) - len(known):
        return PASS
    return Unknown("resourceId") if companions.possible else Fail(f"nothing scales {', '.join(map(repr, unscaled))}")


@rule(
    appautoscaling.TARGET,
    severity="mandatory",
    why="A scaling target without a policy never scales.",
    fix="declare an appautoscaling Policy for the same resourceId",
)
def target_has_a_policy(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    return has_companion(resource, plan, appautoscaling.POLICY, "no policy moves this target")


@rule(
    appautoscaling.TARGET,
    severity="mandatory",
    why="A maximum at or under the minimum cannot scale, and none at all can empty the budget.",
    fix="set maxCapacity above minCapacity",
)
def target_has_room(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    least, most = block.number("minCapacity"), block.number("maxCapacity")
    if least is None or most is None:
        return Fail("minCapacity or maxCapacity is not set")
    return PASS if most > least else Fail(f"maxCapacity {most:g} leaves no room above minCapacity {least:g}")


@rule(
    sagemaker.ENDPOINT,
    severity="advisory",
    why="An endpoint that answers errors for an hour should wake somebody in the first minutes.",
    fix="declare a MetricAlarm in AWS/SageMaker with the EndpointName dimension",
)
def endpoint_has_alarms(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    name = Block.of(resource).text("name", unknown="")
    watched = [Block.of(alarm).text("dimensions.EndpointName", unknown=None) for alarm in plan.of(cloudwatch.METRIC_ALARM)]
    if any(one in (name, resource.id, resource.name) for one in watched if one):
        return PASS
    # An alarm may be this endpoint's where its dimension is not known yet, or where the name of this endpoint is not.
    unknown = any(one is None or (one and not name) for one in watched)
    return Unknown("dimensions.EndpointName") if unknown else Fail("no alarm watches the endpoint")


@rule(
    sagemaker.ENDPOINT,
    severity="advisory",
    why="A new model that fails should give way to the old one by itself.",
    fix="set deploymentConfig.autoRollbackConfiguration with the endpoint's alarms",
)
def endpoint_rolls_back(resource: ResourceView) -> Verdict:
    # The rule asks whether there are alarms, not which: names that are known at `up` only do not matter.
    alarms = Block.of(resource).given("deploymentConfig.autoRollbackConfiguration.alarms")
    return PASS if alarms else Fail("a bad deployment stays")


@rule(
    sagemaker.MODEL,
    severity="mandatory",
    why="A model without an execution role, or without a container, fails at the endpoint, ten minutes in.",
    fix="set executionRoleArn and primaryContainer (or containers)",
)
def model_is_complete(resource: ResourceView) -> Verdict:
    if not Block.of(resource).given("executionRoleArn"):
        return Fail("executionRoleArn is not set")

    def whole(row: Block) -> Verdict:
        return PASS if row.given("image") or row.given("modelPackageName") else Fail("no image")

    return some(_containers(resource), whole, "no container names an image")
