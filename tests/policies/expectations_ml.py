"""Expected verdicts on SageMaker, training jobs, models, personal data and Kubernetes objects."""

from __future__ import annotations

from typing import Any, Final

from catalog.types import appautoscaling, ec2, sagemaker
from tests.policies.bases_services import pipeline
from tests.policies.case import Change, added, append, of, removed, set_, unknown, without
from tests.policies.cases_kubernetes import POD, TEMPLATE
from tests.policies.expectation import FAILS, PASSES, UNDECIDED, Expect
from tests.policies.expectations_privacy import PRIVACY_EXPECTATIONS
from tests.policies.parts import TAGS
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


SAGEMAKER_EXPECTATIONS: Final = (
    Expect("sagemaker-model-in-our-network", "model", FAILS, set_("vpcConfig.securityGroupIds", [])),
    Expect("sagemaker-model-is-complete", "model", FAILS, set_("primaryContainer", {"modelDataUrl": "s3://m"})),
    # SageMaker takes no key for machines with NVMe disks; a variant of other machines needs one.
    Expect("sagemaker-endpoint-is-encrypted", "configuration", PASSES, without("kmsKeyArn"), set_("productionVariants", [_NVME])),
    Expect(
        "sagemaker-endpoint-is-encrypted",
        "configuration",
        FAILS,
        without("kmsKeyArn"),
        set_("productionVariants", [_NVME, _PLAIN]),
    ),
    Expect("sagemaker-endpoint-captures-data", "configuration", FAILS, set_("dataCaptureConfig.initialSamplingPercentage", -1)),
    Expect("sagemaker-endpoint-captures-data", "configuration", PASSES, set_("dataCaptureConfig.initialSamplingPercentage", 1)),
    Expect("sagemaker-endpoint-captures-data", "configuration", FAILS, without("dataCaptureConfig.initialSamplingPercentage")),
    Expect(_TWO, "configuration", PASSES, *DEV, *_variant(initialInstanceCount=1)),
    Expect(_TWO, "configuration", PASSES, *_variant(serverlessConfig={"maxConcurrency": 5})),
    Expect(_TWO, "configuration", PASSES, *_variant(managedInstanceScaling={"minInstanceCount": 2})),
    Expect(_TWO, "configuration", FAILS, *_variant()),
    # An endpoint's configuration names its variants. Where it is not known which configuration that is, the one under the same
    # parent counts, and without any the endpoint's variants are not known.
    Expect(_AUTOSCALES, "endpoint", FAILS, *_B, *_LETTERS),
    Expect(_AUTOSCALES, "endpoint", PASSES, *_LETTERS, unknown("endpointConfigName")),
    Expect(_AUTOSCALES, "endpoint", FAILS, *_LETTERS, unknown("endpointConfigName"), of("endpoint-target", removed())),
    Expect(_AUTOSCALES, "endpoint", UNDECIDED, *_LETTERS, unknown("endpointConfigName"), *_STRAY_TARGET),
    Expect(_AUTOSCALES, "endpoint", UNDECIDED, *_STRAY_TARGET),
    Expect(
        _AUTOSCALES,
        "endpoint",
        FAILS,
        *_B,
        *_LETTERS,
        unknown("endpointConfigName"),
        parents={"endpoint": "urn:e", "configuration": "urn:e", "endpoint-target": "urn:e"},
    ),
    *(
        Expect(
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
    Expect(_AUTOSCALES, "endpoint", PASSES, of("configuration", append("productionVariants", {"instanceType": "ml.m5.large"}))),
    Expect(_AUTOSCALES, "endpoint", FAILS, of("endpoint-target", set_("resourceId", "endpoint/digits/variant/z"))),
    Expect("sagemaker-model-image-is-pinned", "model", FAILS, set_("primaryContainer.image", "repository/serving:")),
    Expect("sagemaker-target-has-room", "endpoint-target", FAILS, without("minCapacity")),
    Expect("sagemaker-target-has-room", "endpoint-target", FAILS, without("maxCapacity")),
    Expect(_ALARMS, "endpoint", FAILS, of("alarm", set_("dimensions.EndpointName", "letters"))),
    Expect(_ALARMS, "endpoint", UNDECIDED, of("alarm", unknown("dimensions.EndpointName"))),
    Expect("waste-gpu-training-is-spot-or-says-why", "job", PASSES, set_("resourceConfig.instanceType", "ml.p5.48xlarge")),
    Expect("waste-gpu-training-is-spot-or-says-why", "job", PASSES, set_("enableManagedSpotTraining", False)),
    Expect(
        "waste-gpu-training-is-spot-or-says-why",
        "job",
        PASSES,
        set_("resourceConfig.instanceType", "ml.p5.48xlarge"),
        set_("enableManagedSpotTraining", False),
        set_("tags.OnDemandBecause", "due"),
    ),
    Expect("waste-gpu-pool-sleeps-outside-production", "gpu", PASSES, set_("scalingConfig.minSize", 1)),
    Expect("waste-gpu-pool-sleeps-outside-production", "gpu", PASSES, *DEV, without("scalingConfig.minSize")),
    Expect("waste-gpu-pool-sleeps-outside-production", "gpu", PASSES, *DEV, set_("scalingConfig.minSize", 0)),
    Expect(
        "waste-gpu-pool-sleeps-outside-production",
        "gpu",
        PASSES,
        set_("tags", {**TAGS, "Environment": "dev", "KeptWarmBecause": "a course"}),
        set_("scalingConfig.minSize", 1),
    ),
    Expect(
        "waste-gpu-pool-sleeps-outside-production",
        "gpu",
        PASSES,
        *DEV,
        set_("scalingConfig.minSize", 1),
        set_("instanceTypes", ["m7g.large"]),
    ),
    Expect(
        "waste-gpu-pool-sleeps-outside-production",
        "gpu",
        FAILS,
        *DEV,
        set_("scalingConfig.minSize", 1),
        set_("instanceTypes", ["m7g.large", "g6.xlarge"]),
    ),
    Expect(
        "models-package-is-in-the-plan",
        "registered",
        UNDECIDED,
        unknown("containers.0.modelPackageName"),
        of("approved", removed()),
    ),
    Expect("models-package-is-in-the-plan", "registered", PASSES, unknown("containers.0.modelPackageName")),
    Expect(
        "models-package-is-in-the-plan",
        "registered",
        PASSES,
        set_("containers.0.modelPackageName", "digits-3"),
        of("approved", set_("modelPackageName", "digits-3")),
    ),
    Expect(
        "models-package-is-approved",
        "registered",
        UNDECIDED,
        unknown("containers.0.modelPackageName"),
        of("approved", set_("modelApprovalStatus", "Rejected")),
    ),
)
TRAINING_EXPECTATIONS: Final = (
    Expect("training-job-in-our-network", "job", FAILS, set_("vpcConfig.securityGroupIds", [])),
    Expect(
        "training-job-volume-is-encrypted",
        "job",
        PASSES,
        set_("resourceConfig", {"instanceType": "ml.g5.xlarge", "instanceCount": 1}),
    ),
    Expect(
        "training-job-traffic-is-encrypted",
        "job",
        PASSES,
        set_("enableInterContainerTrafficEncryption", False),
        set_("resourceConfig.instanceCount", 1),
    ),
    Expect(
        "training-job-traffic-is-encrypted",
        "job",
        PASSES,
        set_("enableInterContainerTrafficEncryption", False),
        without("resourceConfig.instanceCount"),
    ),
    Expect(_LIMIT, "job", PASSES, *_stops(maxRuntimeSeconds=60)),
    Expect(_LIMIT, "job", FAILS, *_stops(maxRuntimeInSeconds=0)),
    Expect(_LIMIT, "job", PASSES, *_stops(maxRuntimeInSeconds=1)),
    Expect(_LIMIT, "job", PASSES, *_stops(maxRuntimeInSeconds=432000)),
    Expect(_LIMIT, "job", FAILS, *_stops(maxRuntimeInSeconds=432001)),
    Expect(
        "training-spot-job-keeps-checkpoints",
        "job",
        PASSES,
        without("checkpointConfig"),
        set_("hyperParameters", {"checkpoint_uri": "s3://c"}),
    ),
    Expect(_WAIT, "job", PASSES, *_stops(max_runtime_seconds=60, max_wait_seconds=60)),
    Expect(_WAIT, "job", FAILS, *_stops(max_runtime_seconds=60, max_wait_seconds=59)),
    Expect(_WAIT, "job", PASSES, *_stops(maxWaitTimeInSeconds=0)),
    Expect(
        "pipelines-training-is-encrypted",
        "pipeline",
        PASSES,
        set_("pipelineDefinition", pipeline(ResourceConfig={"InstanceType": "ml.g5.xlarge", "InstanceCount": 1})),
    ),
    Expect("pipelines-training-is-isolated", "pipeline", FAILS, set_("pipelineDefinition", "{")),
    Expect("features-online-store-is-encrypted", "features", PASSES, set_("onlineStoreConfig", {"enableOnlineStore": False})),
    Expect("features-offline-store-is-encrypted", "features", PASSES, without("offlineStoreConfig")),
    Expect("monitors-job-in-our-network", "monitor", FAILS, set_("networkConfig.vpcConfig.securityGroupIds", [])),
    *(
        Expect(
            "monitors-job-traffic-is-encrypted",
            "monitor",
            says,
            set_("networkConfig.enableInterContainerTrafficEncryption", False),
            hosts,
        )
        for says, hosts in ((PASSES, set_(_HOSTS, 1)), (FAILS, without(_HOSTS)), (FAILS, set_(_HOSTS, 2)))
    ),
)
KUBERNETES_EXPECTATIONS: Final = (
    Expect("kubernetes-image-is-pinned", "pod", FAILS, set_("spec.initContainers", [{"name": "fetch", "image": "busybox"}])),
    Expect("kubernetes-runs-as-a-user", "pod", FAILS, set_("spec.securityContext.runAsUser", 0)),
    Expect(
        "kubernetes-runs-as-a-user",
        "pod",
        PASSES,
        set_("spec.securityContext", {}),
        set_(f"{POD}.securityContext.runAsNonRoot", True),
    ),
    Expect("kubernetes-has-a-seccomp-profile", "pod", PASSES, set_("spec.securityContext.seccompProfile.type", "Localhost")),
    Expect("kubernetes-has-a-seccomp-profile", "pod", FAILS, set_("spec.securityContext.seccompProfile.type", "Unconfined")),
    Expect(
        "kubernetes-has-a-seccomp-profile",
        "pod",
        PASSES,
        without("spec.securityContext.seccompProfile"),
        set_(f"{POD}.securityContext.seccompProfile", {"type": "RuntimeDefault"}),
    ),
    Expect(
        "kubernetes-has-a-seccomp-profile", "pod", FAILS, set_(f"{POD}.securityContext.seccompProfile", {"type": "Unconfined"})
    ),
    Expect("kubernetes-no-host-namespaces", "pod", FAILS, set_("spec.hostPID", True)),
    Expect("kubernetes-no-host-namespaces", "pod", FAILS, set_("spec.hostIPC", True)),
    Expect("kubernetes-no-host-namespaces", "pod", FAILS, set_(f"{POD}.ports.0.hostPort", 1)),
    Expect("kubernetes-role-is-confined", "cluster-role", FAILS, set_("rules.0.verbs", ["bind"])),
    Expect("kubernetes-role-is-confined", "cluster-role", FAILS, set_("rules.0.verbs", ["impersonate"])),
    Expect("kubernetes-service-is-internal", "service", PASSES, set_("spec.type", "ClusterIP"), set_("metadata.annotations", {})),
    Expect(_GPU_TAINT, "deployment", FAILS, *_tolerating(key="aws.amazon.com/neuron", operator="Equal")),
    Expect(_GPU_TAINT, "deployment", FAILS, *_tolerating(operator="Exists")),
    Expect(_GPU_TAINT, "deployment", PASSES, *_tolerating(key="team", operator="Exists")),
    Expect(_GPU_TAINT, "deployment", PASSES, *_tolerating(key="team", operator="Equal")),
    Expect(_GPU_TAINT, "deployment", PASSES, *_tolerating(value="x")),
    Expect(_GPU_TAINT, "daemons", PASSES, *_tolerating(operator="Exists")),
    Expect("kubernetes-job-has-a-time-limit", "kubernetes-job", PASSES, set_("spec.activeDeadlineSeconds", 1)),
    Expect("kubernetes-job-has-a-time-limit", "kubernetes-job", FAILS, set_("spec.activeDeadlineSeconds", -1)),
    Expect(
        "kubernetes-serving-two-replicas-in-production",
        "deployment",
        PASSES,
        set_("spec.replicas", 1),
        of("x", added(ec2.VPC.token, {})),
        set_("metadata.labels", {}),
        set_("tags", {"Environment": "dev"}),
    ),
    Expect("kubernetes-serving-budget-lets-nodes-go", "budget-of-pods", FAILS, set_("spec.maxUnavailable", "0")),
    Expect("kubernetes-serving-budget-lets-nodes-go", "budget-of-pods", FAILS, set_("spec.maxUnavailable", "0%")),
    Expect("namespaces-gpus-have-a-quota", "training", UNDECIDED, of("training-quota", unknown("metadata.namespace"))),
    Expect("namespaces-network-is-policed", "training", UNDECIDED, of("training-network", unknown("metadata.namespace"))),
    Expect("namespaces-gpus-have-a-quota", "training", FAILS, of("training-quota", without("metadata.namespace"))),
)
ML_EXPECTATIONS: Final = (*SAGEMAKER_EXPECTATIONS, *TRAINING_EXPECTATIONS, *PRIVACY_EXPECTATIONS, *KUBERNETES_EXPECTATIONS)
