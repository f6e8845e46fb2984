"""One model endpoint: models, configuration, the endpoint itself, scaling and alarms.

A new model or a new setting makes a new configuration beside the old one; the endpoint moves over, watched by its alarms, and
the old configuration goes last. Names of models and configurations are the provider's, so that old and new never meet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from catalog import limits
from catalog.types import appautoscaling
from infra.base.component import Component
from infra.base.ground import Ground
from infra.network.vpc import Vpc
from infra.serving.settings import EndpointSettings, VariantSettings
from infra.training.job_inputs import can_encrypt_volume

# Pulumi adds a hyphen and 7 hex digits to a logical name.
AUTONAME_SUFFIX: Final = 8
NAMESPACE: Final = "sagemaker"
METRICS: Final = "AWS/SageMaker"
ALARM_PERIOD_SECONDS: Final = 300
# How long the old fleet stays after the traffic has moved, and the longest a deployment may take.
TERMINATION_WAIT_SECONDS: Final = 120
DEPLOYMENT_TIMEOUT_SECONDS: Final = 7200


@dataclass(frozen=True, kw_only=True)
class EndpointArgs:
    """`artifacts` is model.tar.gz by training job; `capture_uri` is where requests and answers are kept."""

    ground: Ground
    name: str
    settings: EndpointSettings
    vpc: Vpc
    security_group_id: pulumi.Input[str]
    image_uri: pulumi.Input[str]
    artifacts: Mapping[str, pulumi.Input[str]]
    capture_uri: pulumi.Input[str]


class ModelEndpoint(Component[EndpointArgs], token="slipway:ml:ModelEndpoint"):
    """An endpoint with its variants. Its own name is fixed: clients know it."""

    endpoint_name: pulumi.Output[str]
    endpoint_arn: pulumi.Output[str]
    configuration_name: pulumi.Output[str]
    model_names: dict[str, pulumi.Output[str]]
    alarm_names: list[pulumi.Output[str]]

    def declare(self, args: EndpointArgs) -> None:
        self._ground, self._naming, self._name = args.ground, args.ground.naming, args.ground.naming.name(args.name)
        variants = args.settings.variants
        logs = args.ground.log_group(self, self._naming.name(args.name, "logs"), f"/aws/sagemaker/Endpoints/{self._name}")
        models = {variant: self._model(variant, settings) for variant, settings in variants.items()}
        configuration = self._configuration(models)
        alarms = [alarm for variant in variants for alarm in self._alarms(variant)]
        endpoint = aws.sagemaker.Endpoint(
            self._name,
            name=self._name,
            endpoint_config_name=configuration.name,
            deployment_config=self._deployment(alarms),
            tags=self._naming.tags(self._name),
            opts=self.child(depends_on=[logs]),
        )
        for variant, settings in variants.items():
            if settings.autoscaling:
                self._scaling(endpoint, variant, settings)

        self.endpoint_name, self.endpoint_arn = endpoint.name, endpoint.arn
        self.configuration_name = configuration.name
        self.model_names = {variant: model.name for variant, model in models.items()}
        self.alarm_names = [alarm.name for alarm in alarms]

    def _model(self, variant: str, settings: VariantSettings) -> aws.sagemaker.Model:
        args = self._args
        if settings.job not in args.artifacts:
            raise ValueError(
                f"slipway:serving.endpoints.{args.name}.variants.{variant}.job = {settings.job!r}: no such training job; "
                f"there are: {', '.join(sorted(args.artifacts)) or 'none'}"
            )
        name = self._autonamed(variant)
        return aws.sagemaker.Model(
            name,
            execution_role_arn=args.ground.roles["serving"],
            primary_container=aws.sagemaker.ModelPrimaryContainerArgs(
                image=args.image_uri, model_data_url=args.artifacts[settings.job], mode="SingleModel"
            ),
            vpc_config=aws.sagemaker.ModelVpcConfigArgs(subnets=args.vpc.subnet_ids, security_group_ids=[args.security_group_id]),
            enable_network_isolation=args.settings.network_isolation,
            tags=self._naming.tags(name),
            opts=self.child(),
        )

    def _configuration(self, models: Mapping[str, aws.sagemaker.Model]) -> aws.sagemaker.EndpointConfiguration:
        args, name = self._args, self._autonamed()
        variants = args.settings.variants
        # SageMaker refuses the volume key of the configuration where one variant is on a type with NVMe disks.
        encrypts = all(can_encrypt_volume(settings.instance_type) for settings in variants.values())
        return aws.sagemaker.EndpointConfiguration(
            name,
            kms_key_arn=args.ground.keys["models"] if encrypts else None,
            production_variants=[
                aws.sagemaker.EndpointConfigurationProductionVariantArgs(
                    variant_name=variant,
                    model_name=models[variant].name,
                    instance_type=settings.instance_type,
                    initial_instance_count=settings.initial_count,
                    initial_variant_weight=settings.weight,
                    container_startup_health_check_timeout_in_seconds=settings.startup_timeout_seconds,
                )
                for variant, settings in variants.items()
            ],
            data_capture_config=self._capture(),
            tags=self._naming.tags(name),
            opts=self.child(),
        )

    def _capture(self) -> aws.sagemaker.EndpointConfigurationDataCaptureConfigArgs | None:
        percent = self._args.settings.capture_percent
        if percent == 0:
            return None
        return aws.sagemaker.EndpointConfigurationDataCaptureConfigArgs(
            enable_capture=True,
            initial_sampling_percentage=percent,
            destination_s3_uri=self._args.capture_uri,
            kms_key_id=self._ground.keys["data"],
            capture_options=[
                aws.sagemaker.EndpointConfigurationDataCaptureConfigCaptureOptionArgs(capture_mode=mode)
                for mode in ("Input", "Output")
            ],
            # Bodies of these types are captured as text instead of base64.
            capture_content_type_header=aws.sagemaker.EndpointConfigurationDataCaptureConfigCaptureContentTypeHeaderArgs(
                json_content_types=["application/json"]
            ),
        )

    def _deployment(self, alarms: Sequence[aws.cloudwatch.MetricAlarm]) -> aws.sagemaker.EndpointDeploymentConfigArgs:
        settings = self._args.settings
        routing = aws.sagemaker.EndpointDeploymentConfigBlueGreenUpdatePolicyTrafficRoutingConfigurationArgs(
            type="CANARY" if settings.canary_percent else "ALL_AT_ONCE",
            wait_interval_in_seconds=settings.canary_wait_seconds,
            canary_size=aws.sagemaker.EndpointDeploymentConfigBlueGreenUpdatePolicyTrafficRoutingConfigurationCanarySizeArgs(
                type="CAPACITY_PERCENT", value=settings.canary_percent
            )
            if settings.canary_percent
            else None,
        )
        return aws.sagemaker.EndpointDeploymentConfigArgs(
            blue_green_update_policy=aws.sagemaker.EndpointDeploymentConfigBlueGreenUpdatePolicyArgs(
                traffic_routing_configuration=routing,
                termination_wait_in_seconds=TERMINATION_WAIT_SECONDS,
                maximum_execution_timeout_in_seconds=DEPLOYMENT_TIMEOUT_SECONDS,
            ),
            auto_rollback_configuration=aws.sagemaker.EndpointDeploymentConfigAutoRollbackConfigurationArgs(
                alarms=[
                    aws.sagemaker.EndpointDeploymentConfigAutoRollbackConfigurationAlarmArgs(alarm_name=alarm.name)
                    for alarm in alarms
                ]
            ),
        )

    def _scaling(self, endpoint: aws.sagemaker.Endpoint, variant: str, settings: VariantSettings) -> None:
        name = self._naming.name(self._args.name, variant)
        target = aws.appautoscaling.Target(
            name,
            service_namespace=NAMESPACE,
            scalable_dimension=appautoscaling.VARIANT_INSTANCES,
            resource_id=endpoint.name.apply(lambda endpoint_name: f"endpoint/{endpoint_name}/variant/{variant}"),
            min_capacity=settings.min,
            max_capacity=settings.max,
            tags=self._naming.tags(name),
            opts=self.child(),
        )
        aws.appautoscaling.Policy(
            name,
            name=name,
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration=aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs(
                target_value=settings.target_invocations,
                predefined_metric_specification=aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs(
                    predefined_metric_type="SageMakerVariantInvocationsPerInstance"
                ),
                scale_in_cooldown=settings.scale_in_cooldown_seconds,
                scale_out_cooldown=settings.scale_out_cooldown_seconds,
            ),
            opts=self.child(),
        )

    def _alarms(self, variant: str) -> list[aws.cloudwatch.MetricAlarm]:
        limits = self._args.settings.alarms
        return [
            self._alarm(
                variant, "5xx", "Invocation5XXErrors", limits.server_errors, "The model answers with errors", statistic="Sum"
            ),
            # The metric ModelLatency is in microseconds.
            self._alarm(
                variant, "latency", "ModelLatency", limits.latency_p99_ms * 1000, "The model is slow", extended_statistic="p99"
            ),
        ]

    def _alarm(
        self,
        variant: str,
        kind: str,
        metric: str,
        threshold: int,
        what: str,
        *,
        statistic: str | None = None,
        extended_statistic: str | None = None,
    ) -> aws.cloudwatch.MetricAlarm:
        name = self._naming.name(self._args.name, variant, kind)
        return aws.cloudwatch.MetricAlarm(
            name,
            name=name,
            alarm_description=f"{what}: variant {variant} of endpoint {self._name}",
            namespace=METRICS,
            metric_name=metric,
            # The fixed name instead of the endpoint's output: the alarms must exist before the deployment that they watch.
            dimensions={"EndpointName": self._name, "VariantName": variant},
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=threshold,
            period=ALARM_PERIOD_SECONDS,
            evaluation_periods=1,
            statistic=statistic,
            extended_statistic=extended_statistic,
            # An endpoint without traffic has no data points, which is no fault.
            treat_missing_data="notBreaching",
            alarm_actions=[self._ground.alarm_topic_arn],
            ok_actions=[self._ground.alarm_topic_arn],
            tags=self._naming.tags(name),
            opts=self.child(),
        )

    def _autonamed(self, *parts: str) -> str:
        return self._naming.short(self._args.name, *parts, limit=limits.SAGEMAKER_NAME - AUTONAME_SUFFIX)
