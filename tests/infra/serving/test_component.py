"""Endpoints: updates beside the running fleet, scaling, capture of data, and alarms."""

from __future__ import annotations

import pytest

from catalog.types import appautoscaling, cloudwatch, sagemaker
from tests.infra.recorded_components import only, recorded_serving
from tests.support.recorder import Recording
from tests.support.values import read

AB = {"digits": {"variants": {"main": {"weight": 9}, "next": {"job": "next", "weight": 1, "min": 1, "max": 4}}}}


@pytest.fixture(scope="module")
def stack() -> Recording:
    return recorded_serving()


def test_models_and_configurations_are_named_by_the_provider_so_that_old_and_new_never_meet(stack: Recording) -> None:
    assert "name" not in only(stack, sagemaker.MODEL).props
    assert "name" not in only(stack, sagemaker.ENDPOINT_CONFIGURATION).props
    assert read(only(stack, sagemaker.ENDPOINT), "name") == "slipway-dev-digits"
    for view in (only(stack, sagemaker.MODEL), only(stack, sagemaker.ENDPOINT_CONFIGURATION)):
        assert stack.options[view.urn]["deleteBeforeReplace"] is False


def test_the_endpoint_serves_the_jobs_artifact_inside_our_vpc(stack: Recording) -> None:
    model = only(stack, sagemaker.MODEL)
    assert read(model, "primaryContainer.modelDataUrl") == "s3://models/digits/a/output/model.tar.gz"
    assert read(model, "vpcConfig.subnets") == ["subnet-a", "subnet-b"]
    assert read(model, "enableNetworkIsolation") is True


def test_two_variants_share_traffic_by_weight_and_each_serves_its_own_job() -> None:
    stack = recorded_serving(endpoints=AB)
    variants = read(only(stack, sagemaker.ENDPOINT_CONFIGURATION), "productionVariants")
    assert {variant["variantName"]: variant["initialVariantWeight"] for variant in variants} == {"main": 9, "next": 1}
    assert {read(model, "primaryContainer.modelDataUrl").split("/")[3] for model in stack.of(sagemaker.MODEL)} == {
        "digits",
        "next",
    }
    assert {read(target, "resourceId") for target in stack.of(appautoscaling.TARGET)} == {
        "endpoint/slipway-dev-digits/variant/main",
        "endpoint/slipway-dev-digits/variant/next",
    }
    assert len(stack.of(appautoscaling.POLICY)) == 2


def test_scaling_follows_invocations_within_the_settings_bounds(stack: Recording) -> None:
    target, policy = only(stack, appautoscaling.TARGET), only(stack, appautoscaling.POLICY)
    assert (read(target, "minCapacity"), read(target, "maxCapacity")) == (1, 2)
    tracking = read(policy, "targetTrackingScalingPolicyConfiguration")
    assert tracking["targetValue"] == 600
    assert tracking["predefinedMetricSpecification"]["predefinedMetricType"] == "SageMakerVariantInvocationsPerInstance"
    assert (tracking["scaleInCooldown"], tracking["scaleOutCooldown"]) == (300, 60)
    assert only(stack, sagemaker.ENDPOINT).urn in stack.options[target.urn]["dependencies"]


def test_more_room_to_scale_touches_nothing_but_the_target(stack: Recording) -> None:
    wider = recorded_serving(endpoints={"digits": {"variants": {"main": {"max": 8}}}})
    before, after = ({view.urn: view for view in recording} for recording in (stack, wider))
    assert before.keys() == after.keys()
    changed = [view.type for urn, view in before.items() if view.props != after[urn].props]
    assert changed == [appautoscaling.TARGET.token], "a new configuration would roll the fleet and reset its number"


def test_a_variant_can_be_taken_off_scaling_before_it_is_removed() -> None:
    assert not recorded_serving(endpoints={"digits": {"variants": {"main": {"autoscaling": False}}}}).of(appautoscaling.TARGET)


def test_capture_is_encrypted_and_goes_below_the_endpoints_own_folder(stack: Recording) -> None:
    capture = read(only(stack, sagemaker.ENDPOINT_CONFIGURATION), "dataCaptureConfig")
    assert capture["destinationS3Uri"] == "s3://raw/capture/digits"
    assert capture["initialSamplingPercentage"] == 20
    assert capture["kmsKeyId"]
    assert [option["captureMode"] for option in capture["captureOptions"]] == ["Input", "Output"]
    none = recorded_serving(endpoints={"digits": {"capturePercent": 0}})
    assert read(only(none, sagemaker.ENDPOINT_CONFIGURATION), "dataCaptureConfig") is None


def test_a_deployment_is_watched_by_its_alarms_and_rolled_back(stack: Recording) -> None:
    names = sorted(read(alarm, "name") for alarm in stack.of(cloudwatch.METRIC_ALARM))
    assert names == ["slipway-dev-digits-main-5xx", "slipway-dev-digits-main-latency"]
    deployment = read(only(stack, sagemaker.ENDPOINT), "deploymentConfig")
    assert [alarm["alarmName"] for alarm in deployment["autoRollbackConfiguration"]["alarms"]] == names
    routing = deployment["blueGreenUpdatePolicy"]["trafficRoutingConfiguration"]
    assert routing["type"] == "ALL_AT_ONCE"
    canary = only(recorded_serving(endpoints={"digits": {"canaryPercent": 10}}), sagemaker.ENDPOINT)
    routing = read(canary, "deploymentConfig.blueGreenUpdatePolicy.trafficRoutingConfiguration")
    assert (routing["type"], routing["canarySize"]) == ("CANARY", {"type": "CAPACITY_PERCENT", "value": 10})


def test_alarms_publish_to_a_topic_and_missing_data_breaches_nothing(stack: Recording) -> None:
    for alarm in stack.of(cloudwatch.METRIC_ALARM):
        assert read(alarm, "alarmActions") == ["arn:aws:sns:us-east-1:123456789012:alerts"]
        assert read(alarm, "treatMissingData") == "notBreaching"
        assert read(alarm, "dimensions") == {"EndpointName": "slipway-dev-digits", "VariantName": "main"}
    (latency,) = [alarm for alarm in stack.of(cloudwatch.METRIC_ALARM) if alarm.name.endswith("latency")]
    assert (read(latency, "threshold"), read(latency, "extendedStatistic")) == (1_000_000, "p99"), "SageMaker counts microseconds"


def test_the_log_group_of_an_endpoint_is_made_first_encrypted_and_retained(stack: Recording) -> None:
    logs = only(stack, cloudwatch.LOG_GROUP)
    assert read(logs, "name") == "/aws/sagemaker/Endpoints/slipway-dev-digits"
    assert (read(logs, "retentionInDays"), bool(read(logs, "kmsKeyId"))) == (90, True)
    assert logs.urn in stack.options[only(stack, sagemaker.ENDPOINT).urn]["dependencies"]


def test_one_variant_with_nvme_disks_leaves_the_volume_key_off_for_all(stack: Recording) -> None:
    assert read(only(stack, sagemaker.ENDPOINT_CONFIGURATION), "kmsKeyArn")
    gpu = recorded_serving(endpoints={"digits": {"variants": {"main": {}, "gpu": {"instanceType": "ml.g5.xlarge"}}}})
    assert read(only(gpu, sagemaker.ENDPOINT_CONFIGURATION), "kmsKeyArn") is None


def test_a_variant_of_an_unknown_job_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValueError, match="no such training job; there are: digits, next"):
        recorded_serving(endpoints={"digits": {"variants": {"main": {"job": "letters"}}}})


def test_everything_has_a_parent_and_what_can_be_tagged_is(stack: Recording) -> None:
    for view in stack:
        if view.custom:
            assert "slipway:ml:" in view.parent, view.name
            assert view.type == appautoscaling.POLICY.token or read(view, "tags.Environment") == "dev", view.name
