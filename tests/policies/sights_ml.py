"""SageMaker, training, models, privacy and Kubernetes, seen from every side; the form is that of `sight.py`."""

from __future__ import annotations

from typing import Any, Final

from catalog.types import appautoscaling, ec2, sagemaker
from tests.policies.bases_services import pipeline
from tests.policies.case import Change, added, append, of, removed, set_, unknown, without
from tests.policies.cases_kubernetes import POD, TEMPLATE
from tests.policies.parts import TAGS
from tests.policies.sight import FAILS, OPEN, PASSES, Sight
from tests.policies.sights_privacy import PRIVACY_SIGHTS
from tools.plan.view import UNKNOWN

DEV: Final = (set_("tags.Environment", "dev"),)
_AUTOSCALES: Final = "sagemaker-endpoint-autoscales"
_HOSTS: Final = "jobResources.clusterConfig.instanceCount"
_ALARMS: Final = "sagemaker-endpoint-has-alarms"
_TWO: Final = "sagemaker-two-machines-in-production"
_LIMIT: Final = "training-job-has-a-time-limit"
_WAIT: Final = "training-spot-job-bounds-its-wait"
_NVME: Final = {"variantName": "a", "instanceType": "ml.g5.xlarge", "initialInstanceCount": 2}
_PLAIN: Final = {"variantName": "b", "instanceType": "ml.m5.large", "initialInstanceCount": 2}
_GPU_TAINT: Final = "kubernetes-gpu-taint-is-for-gpu-pods"
_NO_GPU: Final = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}
_B: Final = (of("configuration", append("productionVariants", _PLAIN)),)
_LETTERS: Final = (
    of(
        "letters",
        added(
            sagemaker.ENDPOINT_CONFIGURATION.token, {"name": "letters-1", "productionVariants": [{**_PLAIN, "variantName": "a"}]}
        ),
    ),
)
_STRAY_TARGET: Final = (
    of("endpoint-target", removed()),
    of("other", added(sagemaker.ENDPOINT.token, {"name": "other"})),
    of("stray", added(appautoscaling.TARGET.token, {"resourceId": UNKNOWN})),
)


def _variant(**changes: Any) -> tuple[Change, ...]:
    return (set_("productionVariants", [{"variantName": "a", "instanceType": "ml.m5.large", **changes}]),)


def _stops(**changes: Any) -> tuple[Change, ...]:
    return (set_("stoppingCondition", changes),)


def _tolerating(**toleration: str) -> tuple[Change, ...]:
    return (set_(f"{TEMPLATE}.resources", _NO_GPU), set_("spec.template.spec.tolerations", [toleration]))


SAGEMAKER_SIGHTS: Final = (
    Sight("sagemaker-model-in-our-network", "model", FAILS, set_("vpcConfig.securityGroupIds", [])),
    Sight("sagemaker-model-is-complete", "model", FAILS, set_("primaryContainer", {"modelDataUrl": "s3://m"})),
    # Machines with disks of their own take no key; one beside them does.
    Sight("sagemaker-endpoint-is-encrypted", "configuration", PASSES, without("kmsKeyArn"), set_("productionVariants", [_NVME])),
    Sight(
        "sagemaker-endpoint-is-encrypted",
        "configuration",
        FAILS,
        without("kmsKeyArn"),
        set_("productionVariants", [_NVME, _PLAIN]),
    ),
    Sight("sagemaker-endpoint-captures-data", "configuration", FAILS, set_("dataCaptureConfig.initialSamplingPercentage", -1)),
    Sight("sagemaker-endpoint-captures-data", "configuration", PASSES, set_("dataCaptureConfig.initialSamplingPercentage", 1)),
    Sight("sagemaker-endpoint-captures-data", "configuration", FAILS, without("dataCaptureConfig.initialSamplingPercentage")),
    Sight(_TWO, "configuration", PASSES, *DEV, *_variant(initialInstanceCount=1)),
    Sight(_TWO, "configuration", PASSES, *_variant(serverlessConfig={"maxConcurrency": 5})),
    Sight(_TWO, "configuration", PASSES, *_variant(managedInstanceScaling={"minInstanceCount": 2})),
    Sight(_TWO, "configuration", FAILS, *_variant()),
    # Which variants an endpoint has, its own configuration says; where that is not known, the one beside it, else none.
    Sight(_AUTOSCALES, "endpoint", FAILS, *_B, *_LETTERS),
    Sight(_AUTOSCALES, "endpoint", PASSES, *_LETTERS, unknown("endpointConfigName")),
    Sight(_AUTOSCALES, "endpoint", FAILS, *_LETTERS, unknown("endpointConfigName"), of("endpoint-target", removed())),
    Sight(_AUTOSCALES, "endpoint", OPEN, *_LETTERS, unknown("endpointConfigName"), *_STRAY_TARGET),
    Sight(_AUTOSCALES, "endpoint", OPEN, *_STRAY_TARGET),
    Sight(
        _AUTOSCALES,
        "endpoint",
        FAILS,
        *_B,
        *_LETTERS,
        unknown("endpointConfigName"),
        parents={"endpoint": "urn:e", "configuration": "urn:e", "endpoint-target": "urn:e"},
    ),
    *(
        Sight(
            _AUTOSCALES,
            "endpoint",
            PASSES,
            of("configuration", set_("productionVariants.0", one)),
            of("endpoint-target", removed()),
        )
        for one in (
            {"variantName": "a", "serverlessConfig": {"maxConcurrency": 5}},
            {"variantName": "a", "managedInstanceScaling": {"minInstanceCount": 1}},
        )
    ),
    Sight(_AUTOSCALES, "endpoint", PASSES, of("configuration", append("productionVariants", {"instanceType": "ml.m5.large"}))),
    Sight(_AUTOSCALES, "endpoint", FAILS, of("endpoint-target", set_("resourceId", "endpoint/digits/variant/z"))),
    Sight("sagemaker-model-image-is-pinned", "model", FAILS, set_("primaryContainer.image", "repository/serving:")),
    Sight("sagemaker-target-has-room", "endpoint-target", FAILS, without("minCapacity")),
    Sight("sagemaker-target-has-room", "endpoint-target", FAILS, without("maxCapacity")),
    Sight(_ALARMS, "endpoint", FAILS, of("alarm", set_("dimensions.EndpointName", "letters"))),
    Sight(_ALARMS, "endpoint", OPEN, of("alarm", unknown("dimensions.EndpointName"))),
    Sight("waste-gpu-training-is-spot-or-says-why", "job", PASSES, set_("resourceConfig.instanceType", "ml.p5.48xlarge")),
    Sight("waste-gpu-training-is-spot-or-says-why", "job", PASSES, set_("enableManagedSpotTraining", False)),
    Sight(
        "waste-gpu-training-is-spot-or-says-why",
        "job",
        PASSES,
        set_("resourceConfig.instanceType", "ml.p5.48xlarge"),
        set_("enableManagedSpotTraining", False),
        set_("tags.OnDemandBecause", "due"),
    ),
    Sight("waste-gpu-pool-sleeps-outside-production", "gpu", PASSES, set_("scalingConfig.minSize", 1)),
    Sight("waste-gpu-pool-sleeps-outside-production", "gpu", PASSES, *DEV, without("scalingConfig.minSize")),
    Sight("waste-gpu-pool-sleeps-outside-production", "gpu", PASSES, *DEV, set_("scalingConfig.minSize", 0)),
    Sight(
        "waste-gpu-pool-sleeps-outside-production",
        "gpu",
        PASSES,
        set_("tags", {**TAGS, "Environment": "dev", "KeptWarmBecause": "a course"}),
        set_("scalingConfig.minSize", 1),
    ),
    Sight(
        "waste-gpu-pool-sleeps-outside-production",
        "gpu",
        PASSES,
        *DEV,
        set_("scalingConfig.minSize", 1),
        set_("instanceTypes", ["m7g.large"]),
    ),
    Sight(
        "waste-gpu-pool-sleeps-outside-production",
        "gpu",
        FAILS,
        *DEV,
        set_("scalingConfig.minSize", 1),
        set_("instanceTypes", ["m7g.large", "g6.xlarge"]),
    ),
    Sight(
        "models-package-is-in-the-plan", "registered", OPEN, unknown("containers.0.modelPackageName"), of("approved", removed())
    ),
    Sight("models-package-is-in-the-plan", "registered", PASSES, unknown("containers.0.modelPackageName")),
    Sight(
        "models-package-is-in-the-plan",
        "registered",
        PASSES,
        set_("containers.0.modelPackageName", "digits-3"),
        of("approved", set_("modelPackageName", "digits-3")),
    ),
    Sight(
        "models-package-is-approved",
        "registered",
        OPEN,
        unknown("containers.0.modelPackageName"),
        of("approved", set_("modelApprovalStatus", "Rejected")),
    ),
)
TRAINING_SIGHTS: Final = (
    Sight("training-job-in-our-network", "job", FAILS, set_("vpcConfig.securityGroupIds", [])),
    Sight(
        "training-job-volume-is-encrypted",
        "job",
        PASSES,
        set_("resourceConfig", {"instanceType": "ml.g5.xlarge", "instanceCount": 1}),
    ),
    Sight(
        "training-job-traffic-is-encrypted",
        "job",
        PASSES,
        set_("enableInterContainerTrafficEncryption", False),
        set_("resourceConfig.instanceCount", 1),
    ),
    Sight(
        "training-job-traffic-is-encrypted",
        "job",
        PASSES,
        set_("enableInterContainerTrafficEncryption", False),
        without("resourceConfig.instanceCount"),
    ),
    Sight(_LIMIT, "job", PASSES, *_stops(maxRuntimeSeconds=60)),
    Sight(_LIMIT, "job", FAILS, *_stops(maxRuntimeInSeconds=0)),
    Sight(_LIMIT, "job", PASSES, *_stops(maxRuntimeInSeconds=1)),
    Sight(_LIMIT, "job", PASSES, *_stops(maxRuntimeInSeconds=432000)),
    Sight(_LIMIT, "job", FAILS, *_stops(maxRuntimeInSeconds=432001)),
    Sight(
        "training-spot-job-keeps-checkpoints",
        "job",
        PASSES,
        without("checkpointConfig"),
        set_("hyperParameters", {"checkpoint_uri": "s3://c"}),
    ),
    Sight(_WAIT, "job", PASSES, *_stops(max_runtime_seconds=60, max_wait_seconds=60)),
    Sight(_WAIT, "job", FAILS, *_stops(max_runtime_seconds=60, max_wait_seconds=59)),
    Sight(_WAIT, "job", PASSES, *_stops(maxWaitTimeInSeconds=0)),
    Sight(
        "pipelines-training-is-encrypted",
        "pipeline",
        PASSES,
        set_("pipelineDefinition", pipeline(ResourceConfig={"InstanceType": "ml.g5.xlarge", "InstanceCount": 1})),
    ),
    Sight("pipelines-training-is-isolated", "pipeline", FAILS, set_("pipelineDefinition", "{")),
    Sight("features-online-store-is-encrypted", "features", PASSES, set_("onlineStoreConfig", {"enableOnlineStore": False})),
    Sight("features-offline-store-is-encrypted", "features", PASSES, without("offlineStoreConfig")),
    Sight("monitors-job-in-our-network", "monitor", FAILS, set_("networkConfig.vpcConfig.securityGroupIds", [])),
    *(
        Sight(
            "monitors-job-traffic-is-encrypted",
            "monitor",
            says,
            set_("networkConfig.enableInterContainerTrafficEncryption", False),
            hosts,
        )
        for says, hosts in ((PASSES, set_(_HOSTS, 1)), (FAILS, without(_HOSTS)), (FAILS, set_(_HOSTS, 2)))
    ),
)
KUBERNETES_SIGHTS: Final = (
    Sight("kubernetes-image-is-pinned", "pod", FAILS, set_("spec.initContainers", [{"name": "fetch", "image": "busybox"}])),
    Sight("kubernetes-runs-as-a-user", "pod", FAILS, set_("spec.securityContext.runAsUser", 0)),
    Sight(
        "kubernetes-runs-as-a-user",
        "pod",
        PASSES,
        set_("spec.securityContext", {}),
        set_(f"{POD}.securityContext.runAsNonRoot", True),
    ),
    Sight("kubernetes-has-a-seccomp-profile", "pod", PASSES, set_("spec.securityContext.seccompProfile.type", "Localhost")),
    Sight("kubernetes-has-a-seccomp-profile", "pod", FAILS, set_("spec.securityContext.seccompProfile.type", "Unconfined")),
    Sight(
        "kubernetes-has-a-seccomp-profile",
        "pod",
        PASSES,
        without("spec.securityContext.seccompProfile"),
        set_(f"{POD}.securityContext.seccompProfile", {"type": "RuntimeDefault"}),
    ),
    Sight(
        "kubernetes-has-a-seccomp-profile", "pod", FAILS, set_(f"{POD}.securityContext.seccompProfile", {"type": "Unconfined"})
    ),
    Sight("kubernetes-no-host-namespaces", "pod", FAILS, set_("spec.hostPID", True)),
    Sight("kubernetes-no-host-namespaces", "pod", FAILS, set_("spec.hostIPC", True)),
    Sight("kubernetes-no-host-namespaces", "pod", FAILS, set_(f"{POD}.ports.0.hostPort", 1)),
    Sight("kubernetes-role-is-confined", "cluster-role", FAILS, set_("rules.0.verbs", ["bind"])),
    Sight("kubernetes-role-is-confined", "cluster-role", FAILS, set_("rules.0.verbs", ["impersonate"])),
    Sight("kubernetes-service-is-internal", "service", PASSES, set_("spec.type", "ClusterIP"), set_("metadata.annotations", {})),
    Sight(_GPU_TAINT, "deployment", FAILS, *_tolerating(key="aws.amazon.com/neuron", operator="Equal")),
    Sight(_GPU_TAINT, "deployment", FAILS, *_tolerating(operator="Exists")),
    Sight(_GPU_TAINT, "deployment", PASSES, *_tolerating(key="team", operator="Exists")),
    Sight(_GPU_TAINT, "deployment", PASSES, *_tolerating(key="team", operator="Equal")),
    Sight(_GPU_TAINT, "deployment", PASSES, *_tolerating(value="x")),
    Sight(_GPU_TAINT, "daemons", PASSES, *_tolerating(operator="Exists")),
    Sight("kubernetes-job-has-a-time-limit", "kubernetes-job", PASSES, set_("spec.activeDeadlineSeconds", 1)),
    Sight("kubernetes-job-has-a-time-limit", "kubernetes-job", FAILS, set_("spec.activeDeadlineSeconds", -1)),
    Sight(
        "kubernetes-serving-two-replicas-in-production",
        "deployment",
        PASSES,
        set_("spec.replicas", 1),
        of("x", added(ec2.VPC.token, {})),
        set_("metadata.labels", {}),
        set_("tags", {"Environment": "dev"}),
    ),
    Sight("kubernetes-serving-budget-lets-nodes-go", "budget-of-pods", FAILS, set_("spec.maxUnavailable", "0")),
    Sight("kubernetes-serving-budget-lets-nodes-go", "budget-of-pods", FAILS, set_("spec.maxUnavailable", "0%")),
    Sight("namespaces-gpus-have-a-quota", "training", OPEN, of("training-quota", unknown("metadata.namespace"))),
    Sight("namespaces-network-is-policed", "training", OPEN, of("training-network", unknown("metadata.namespace"))),
    Sight("namespaces-gpus-have-a-quota", "training", FAILS, of("training-quota", without("metadata.namespace"))),
)
ML_SIGHTS: Final = (*SAGEMAKER_SIGHTS, *TRAINING_SIGHTS, *PRIVACY_SIGHTS, *KUBERNETES_SIGHTS)
