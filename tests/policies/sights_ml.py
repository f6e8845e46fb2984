"""SageMaker, training, models, privacy and Kubernetes, seen from every side; the form is that of `sight.py`."""

from __future__ import annotations

from typing import Any, Final

from catalog.types import appautoscaling, ec2, macie2, s3, sagemaker
from tests.policies.bases_services import pipeline
from tests.policies.cases_kubernetes import POD, TEMPLATE
from tests.policies.parts import DATA, KEY_ARN, PERSONAL, TAGS, id_of
from tests.policies.sight import FAILS, OPEN, PASSES, Sight
from tools.plan.view import UNKNOWN

DEV: Final[dict[str, Any]] = {"tags.Environment": "dev"}
_AUTOSCALES: Final = "sagemaker-endpoint-autoscales"
_ALARMS: Final = "sagemaker-endpoint-has-alarms"
_TWO: Final = "sagemaker-two-machines-in-production"
_LIMIT: Final = "training-job-has-a-time-limit"
_WAIT: Final = "training-spot-job-bounds-its-wait"
_NVME: Final = {"variantName": "a", "instanceType": "ml.g5.xlarge", "initialInstanceCount": 2}
_PLAIN: Final = {"variantName": "b", "instanceType": "ml.m5.large", "initialInstanceCount": 2}
_FORGETS: Final = "privacy-store-forgets-in-time"
_ERASED: Final = "privacy-personal-data-can-be-erased"
_GEOGRAPHY: Final = "residency-inference-stays-in-its-geography"
_STAYS: Final = "residency-data-stays-in-its-regions"
_OTHER: Final[dict[str, Any]] = {"+other": (s3.BUCKET.token, {"tags": DATA})}
_GPU_TAINT: Final = "kubernetes-gpu-taint-is-for-gpu-pods"
_NO_GPU: Final = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}
_B: Final[dict[str, Any]] = {"configuration::productionVariants.+": _PLAIN}
_LETTERS: Final[dict[str, Any]] = {
    "+letters": (
        sagemaker.ENDPOINT_CONFIGURATION.token,
        {"name": "letters-1", "productionVariants": [{**_PLAIN, "variantName": "a"}]},
    )
}
_STRAY_TARGET: Final[dict[str, Any]] = {
    "-endpoint-target": ...,
    "+other": (sagemaker.ENDPOINT.token, {"name": "other"}),
    "+stray": (appautoscaling.TARGET.token, {"resourceId": UNKNOWN}),
}


def _variant(**changes: Any) -> dict[str, Any]:
    return {"productionVariants": [{"variantName": "a", "instanceType": "ml.m5.large", **changes}]}


def _stops(**changes: Any) -> dict[str, Any]:
    return {"stoppingCondition": changes}


def _forgets(days: int, **rule: Any) -> dict[str, Any]:
    whole = {"status": "Enabled", "expiration": {"days": 9}, "noncurrentVersionExpiration": {"noncurrentDays": 9}}
    return {"tags": {**DATA, "RetentionDays": str(days)}, "data-lifecycle::rules": [{**whole, **rule}]}


def _lock(mode: str, bucket: Any) -> dict[str, Any]:
    rule = {"defaultRetention": {"mode": mode, "days": 30}}
    return {"tags": PERSONAL, "+lock": (s3.BUCKET_OBJECT_LOCK_CONFIGURATION.token, {"bucket": bucket, "rule": rule})}


def _tolerating(**toleration: str) -> dict[str, Any]:
    return {f"{TEMPLATE}.resources": _NO_GPU, "spec.template.spec.tolerations": [toleration]}


SAGEMAKER_SIGHTS: Final = (
    Sight("sagemaker-model-in-our-network", "model", FAILS, {"vpcConfig.securityGroupIds": []}),
    Sight("sagemaker-model-is-complete", "model", FAILS, {"primaryContainer": {"modelDataUrl": "s3://m"}}),
    # Machines with disks of their own take no key; one beside them does.
    Sight("sagemaker-endpoint-is-encrypted", "configuration", PASSES, {"kmsKeyArn": ..., "productionVariants": [_NVME]}),
    Sight("sagemaker-endpoint-is-encrypted", "configuration", FAILS, {"kmsKeyArn": ..., "productionVariants": [_NVME, _PLAIN]}),
    Sight("sagemaker-endpoint-captures-data", "configuration", FAILS, {"dataCaptureConfig.initialSamplingPercentage": -1}),
    Sight("sagemaker-endpoint-captures-data", "configuration", PASSES, {"dataCaptureConfig.initialSamplingPercentage": 1}),
    Sight("sagemaker-endpoint-captures-data", "configuration", FAILS, {"dataCaptureConfig.initialSamplingPercentage": ...}),
    Sight(_TWO, "configuration", PASSES, {**DEV, **_variant(initialInstanceCount=1)}),
    Sight(_TWO, "configuration", PASSES, _variant(serverlessConfig={"maxConcurrency": 5})),
    Sight(_TWO, "configuration", PASSES, _variant(managedInstanceScaling={"minInstanceCount": 2})),
    Sight(_TWO, "configuration", FAILS, _variant()),
    # Which variants an endpoint has, its own configuration says; where that is not known, the one beside it, else none.
    Sight(_AUTOSCALES, "endpoint", FAILS, {**_B, **_LETTERS}),
    Sight(_AUTOSCALES, "endpoint", PASSES, {**_LETTERS, "endpointConfigName": UNKNOWN}),
    Sight(_AUTOSCALES, "endpoint", FAILS, {**_LETTERS, "endpointConfigName": UNKNOWN, "-endpoint-target": ...}),
    Sight(_AUTOSCALES, "endpoint", OPEN, {**_LETTERS, "endpointConfigName": UNKNOWN, **_STRAY_TARGET}),
    Sight(_AUTOSCALES, "endpoint", OPEN, _STRAY_TARGET),
    Sight(
        _AUTOSCALES,
        "endpoint",
        FAILS,
        {**_B, **_LETTERS, "endpointConfigName": UNKNOWN},
        parents={"endpoint": "urn:e", "configuration": "urn:e", "endpoint-target": "urn:e"},
    ),
    *(
        Sight(_AUTOSCALES, "endpoint", PASSES, {"configuration::productionVariants.0": one, "-endpoint-target": ...})
        for one in (
            {"variantName": "a", "serverlessConfig": {"maxConcurrency": 5}},
            {"variantName": "a", "managedInstanceScaling": {"minInstanceCount": 1}},
        )
    ),
    Sight(_AUTOSCALES, "endpoint", PASSES, {"configuration::productionVariants.+": {"instanceType": "ml.m5.large"}}),
    Sight(_AUTOSCALES, "endpoint", FAILS, {"endpoint-target::resourceId": "endpoint/digits/variant/z"}),
    Sight("sagemaker-model-image-is-pinned", "model", FAILS, {"primaryContainer.image": "repository/serving:"}),
    Sight("sagemaker-target-has-room", "endpoint-target", FAILS, {"minCapacity": ...}),
    Sight("sagemaker-target-has-room", "endpoint-target", FAILS, {"maxCapacity": ...}),
    Sight(_ALARMS, "endpoint", FAILS, {"alarm::dimensions.EndpointName": "letters"}),
    Sight(_ALARMS, "endpoint", OPEN, {"alarm::dimensions.EndpointName": UNKNOWN}),
    Sight("waste-gpu-training-is-spot-or-says-why", "job", PASSES, {"resourceConfig.instanceType": "ml.p5.48xlarge"}),
    Sight("waste-gpu-training-is-spot-or-says-why", "job", PASSES, {"enableManagedSpotTraining": False}),
    Sight(
        "waste-gpu-training-is-spot-or-says-why",
        "job",
        PASSES,
        {"resourceConfig.instanceType": "ml.p5.48xlarge", "enableManagedSpotTraining": False, "tags.OnDemandBecause": "due"},
    ),
    Sight("waste-gpu-pool-sleeps-outside-production", "gpu", PASSES, {"scalingConfig.minSize": 1}),
    Sight("waste-gpu-pool-sleeps-outside-production", "gpu", PASSES, {**DEV, "scalingConfig.minSize": ...}),
    Sight("waste-gpu-pool-sleeps-outside-production", "gpu", PASSES, {**DEV, "scalingConfig.minSize": 0}),
    Sight(
        "waste-gpu-pool-sleeps-outside-production",
        "gpu",
        PASSES,
        {"tags": {**TAGS, "Environment": "dev", "KeptWarmBecause": "a course"}, "scalingConfig.minSize": 1},
    ),
    Sight(
        "waste-gpu-pool-sleeps-outside-production",
        "gpu",
        PASSES,
        {**DEV, "scalingConfig.minSize": 1, "instanceTypes": ["m7g.large"]},
    ),
    Sight(
        "waste-gpu-pool-sleeps-outside-production",
        "gpu",
        FAILS,
        {**DEV, "scalingConfig.minSize": 1, "instanceTypes": ["m7g.large", "g6.xlarge"]},
    ),
    Sight("models-package-is-in-the-plan", "registered", OPEN, {"containers.0.modelPackageName": UNKNOWN, "-approved": ...}),
    Sight("models-package-is-in-the-plan", "registered", PASSES, {"containers.0.modelPackageName": UNKNOWN}),
    Sight(
        "models-package-is-in-the-plan",
        "registered",
        PASSES,
        {"containers.0.modelPackageName": "digits-3", "approved::modelPackageName": "digits-3"},
    ),
    Sight(
        "models-package-is-approved",
        "registered",
        OPEN,
        {"containers.0.modelPackageName": UNKNOWN, "approved::modelApprovalStatus": "Rejected"},
    ),
)
TRAINING_SIGHTS: Final = (
    Sight("training-job-in-our-network", "job", FAILS, {"vpcConfig.securityGroupIds": []}),
    Sight(
        "training-job-volume-is-encrypted",
        "job",
        PASSES,
        {"resourceConfig": {"instanceType": "ml.g5.xlarge", "instanceCount": 1}},
    ),
    Sight(
        "training-job-traffic-is-encrypted",
        "job",
        PASSES,
        {"enableInterContainerTrafficEncryption": False, "resourceConfig.instanceCount": 1},
    ),
    Sight(
        "training-job-traffic-is-encrypted",
        "job",
        PASSES,
        {"enableInterContainerTrafficEncryption": False, "resourceConfig.instanceCount": ...},
    ),
    Sight(_LIMIT, "job", PASSES, _stops(maxRuntimeSeconds=60)),
    Sight(_LIMIT, "job", FAILS, _stops(maxRuntimeInSeconds=0)),
    Sight(_LIMIT, "job", PASSES, _stops(maxRuntimeInSeconds=1)),
    Sight(_LIMIT, "job", PASSES, _stops(maxRuntimeInSeconds=432000)),
    Sight(_LIMIT, "job", FAILS, _stops(maxRuntimeInSeconds=432001)),
    Sight(
        "training-spot-job-keeps-checkpoints",
        "job",
        PASSES,
        {"checkpointConfig": ..., "hyperParameters": {"checkpoint_uri": "s3://c"}},
    ),
    Sight(_WAIT, "job", PASSES, _stops(max_runtime_seconds=60, max_wait_seconds=60)),
    Sight(_WAIT, "job", FAILS, _stops(max_runtime_seconds=60, max_wait_seconds=59)),
    Sight(_WAIT, "job", PASSES, _stops(maxWaitTimeInSeconds=0)),
    Sight(
        "pipelines-training-is-encrypted",
        "pipeline",
        PASSES,
        {"pipelineDefinition": pipeline(ResourceConfig={"InstanceType": "ml.g5.xlarge", "InstanceCount": 1})},
    ),
    Sight("pipelines-training-is-isolated", "pipeline", FAILS, {"pipelineDefinition": "{"}),
    Sight("features-online-store-is-encrypted", "features", PASSES, {"onlineStoreConfig": {"enableOnlineStore": False}}),
    Sight("features-offline-store-is-encrypted", "features", PASSES, {"offlineStoreConfig": ...}),
    Sight("monitors-job-in-our-network", "monitor", FAILS, {"networkConfig.vpcConfig.securityGroupIds": []}),
    *(
        Sight(
            "monitors-job-traffic-is-encrypted",
            "monitor",
            says,
            {"networkConfig.enableInterContainerTrafficEncryption": False, "jobResources.clusterConfig.instanceCount": hosts},
        )
        for says, hosts in ((PASSES, 1), (FAILS, ...), (FAILS, 2))
    ),
)
PRIVACY_SIGHTS: Final = (
    Sight(_FORGETS, "stream", FAILS, {"retentionPeriod": 25, "tags": {**DATA, "RetentionDays": "1"}}),
    Sight(_FORGETS, "stream", PASSES, {"retentionPeriod": ..., "tags": {**DATA, "RetentionDays": "1"}}),
    Sight(_FORGETS, "data", PASSES, _forgets(9)),
    Sight(_FORGETS, "data", FAILS, _forgets(8)),
    Sight(_FORGETS, "data", FAILS, _forgets(9, status="Disabled")),
    Sight(_FORGETS, "data", FAILS, _forgets(9, expiration={"days": 0})),
    Sight(_FORGETS, "data", PASSES, _forgets(1, expiration={"days": 1}, noncurrentVersionExpiration={"noncurrentDays": 1})),
    Sight(_FORGETS, "data", FAILS, _forgets(9, noncurrentVersionExpiration={"noncurrentDays": 0})),
    Sight(_FORGETS, "data", FAILS, _forgets(9, noncurrentVersionExpiration={})),
    Sight(
        _FORGETS,
        "data",
        OPEN,
        {
            "tags": {**DATA, "RetentionDays": "9"},
            "data-lifecycle::bucket": UNKNOWN,
            **_OTHER,
            "-data-lifecycle": ...,
            "+stray": (s3.BUCKET_LIFECYCLE_CONFIGURATION.token, {"bucket": UNKNOWN}),
        },
    ),
    Sight(
        _FORGETS,
        "data",
        PASSES,
        {**_forgets(9), **_OTHER, "+stray": (s3.BUCKET_LIFECYCLE_CONFIGURATION.token, {"bucket": UNKNOWN})},
    ),
    Sight(_FORGETS, "data", FAILS, {"tags": {**DATA, "RetentionDays": "9"}, "-data-lifecycle": ...}),
    Sight(_ERASED, "data", PASSES, _lock("GOVERNANCE", id_of("data"))),
    Sight(_ERASED, "data", OPEN, {**_lock("COMPLIANCE", UNKNOWN), **_OTHER}),
    Sight(_ERASED, "data", PASSES, {**_lock("GOVERNANCE", UNKNOWN), **_OTHER}),
    Sight(
        _ERASED,
        "data",
        FAILS,
        {
            **_lock("COMPLIANCE", id_of("data")),
            **_OTHER,
            "+stray": (s3.BUCKET_OBJECT_LOCK_CONFIGURATION.token, {"bucket": UNKNOWN}),
        },
    ),
    Sight("privacy-personal-data-is-searched-for", "data", PASSES, {"tags": PERSONAL, "+macie": (macie2.ACCOUNT.token, {})}),
    Sight(
        "privacy-personal-reads-are-logged",
        "data",
        OPEN,
        {"tags": PERSONAL, "-data-logging": ..., **_OTHER, "+stray": (s3.BUCKET_LOGGING.token, {"bucket": UNKNOWN})},
    ),
    Sight("privacy-capture-is-kept-as-confidential", "configuration", PASSES, {"data::tags": PERSONAL}),
    Sight(
        "privacy-capture-is-kept-as-confidential",
        "configuration",
        PASSES,
        {"data::tags.DataClass": "internal", "dataCaptureConfig.destinationS3Uri": "s3://elsewhere/x"},
    ),
    Sight(
        "privacy-capture-is-kept-as-confidential",
        "configuration",
        PASSES,
        {"data::tags.DataClass": "internal", "dataCaptureConfig.enableCapture": False},
    ),
    Sight(_STAYS, "table", OPEN, {"tags": {**DATA, "Residency": "us-"}, "replicas": [{"regionName": UNKNOWN}]}),
    Sight(
        _STAYS,
        "table",
        FAILS,
        {"tags": {**DATA, "Residency": "us-"}, "replicas": [{"regionName": UNKNOWN}, {"regionName": "eu-west-1"}]},
    ),
    Sight(_STAYS, "table", PASSES, {"tags": {**DATA, "Residency": "us-, eu-"}, "replicas": [{"regionName": "eu-west-1"}]}),
    Sight(_STAYS, "table", OPEN, {"tags": {**DATA, "Residency": UNKNOWN}}),
    # Where the rest of it is, no arn says: only a global profile is known to leave.
    Sight(
        _GEOGRAPHY,
        "function",
        FAILS,
        {"kmsKeyArn": ..., "role": "runner", "environment": {"variables": {"MODEL": "global.meta.llama"}}},
    ),
    Sight(
        _GEOGRAPHY,
        "function",
        PASSES,
        {"kmsKeyArn": ..., "role": "runner", "environment": {"variables": {"MODEL": "eu.amazon.nova-lite-v1"}}},
    ),
    Sight(_GEOGRAPHY, "function", FAILS, {"environment": {"variables": {"MODEL": "apac.amazon.nova-lite-v1"}}}),
    Sight(
        _GEOGRAPHY,
        "function",
        PASSES,
        {
            "kmsKeyArn": KEY_ARN.replace("us-east-1", "ap-south-1"),
            "environment": {"variables": {"MODEL": "apac.amazon.nova-lite-v1"}},
        },
    ),
    Sight(
        _GEOGRAPHY,
        "function",
        PASSES,
        {
            "kmsKeyArn": KEY_ARN.replace("us-east-1", "us-gov-west-1"),
            "environment": {"variables": {"MODEL": "us-gov.amazon.nova-lite-v1"}},
        },
    ),
)
KUBERNETES_SIGHTS: Final = (
    Sight("kubernetes-image-is-pinned", "pod", FAILS, {"spec.initContainers": [{"name": "fetch", "image": "busybox"}]}),
    Sight("kubernetes-runs-as-a-user", "pod", FAILS, {"spec.securityContext.runAsUser": 0}),
    Sight("kubernetes-runs-as-a-user", "pod", PASSES, {"spec.securityContext": {}, f"{POD}.securityContext.runAsNonRoot": True}),
    Sight("kubernetes-has-a-seccomp-profile", "pod", PASSES, {"spec.securityContext.seccompProfile.type": "Localhost"}),
    Sight("kubernetes-has-a-seccomp-profile", "pod", FAILS, {"spec.securityContext.seccompProfile.type": "Unconfined"}),
    Sight(
        "kubernetes-has-a-seccomp-profile",
        "pod",
        PASSES,
        {"spec.securityContext.seccompProfile": ..., f"{POD}.securityContext.seccompProfile": {"type": "RuntimeDefault"}},
    ),
    Sight("kubernetes-has-a-seccomp-profile", "pod", FAILS, {f"{POD}.securityContext.seccompProfile": {"type": "Unconfined"}}),
    Sight("kubernetes-no-host-namespaces", "pod", FAILS, {"spec.hostPID": True}),
    Sight("kubernetes-no-host-namespaces", "pod", FAILS, {"spec.hostIPC": True}),
    Sight("kubernetes-no-host-namespaces", "pod", FAILS, {f"{POD}.ports.0.hostPort": 1}),
    Sight("kubernetes-role-is-confined", "cluster-role", FAILS, {"rules.0.verbs": ["bind"]}),
    Sight("kubernetes-role-is-confined", "cluster-role", FAILS, {"rules.0.verbs": ["impersonate"]}),
    Sight("kubernetes-service-is-internal", "service", PASSES, {"spec.type": "ClusterIP", "metadata.annotations": {}}),
    Sight(_GPU_TAINT, "deployment", FAILS, _tolerating(key="aws.amazon.com/neuron", operator="Equal")),
    Sight(_GPU_TAINT, "deployment", FAILS, _tolerating(operator="Exists")),
    Sight(_GPU_TAINT, "deployment", PASSES, _tolerating(key="team", operator="Exists")),
    Sight(_GPU_TAINT, "deployment", PASSES, _tolerating(key="team", operator="Equal")),
    Sight(_GPU_TAINT, "deployment", PASSES, _tolerating(value="x")),
    Sight(_GPU_TAINT, "daemons", PASSES, _tolerating(operator="Exists")),
    Sight("kubernetes-job-has-a-time-limit", "kubernetes-job", PASSES, {"spec.activeDeadlineSeconds": 1}),
    Sight("kubernetes-job-has-a-time-limit", "kubernetes-job", FAILS, {"spec.activeDeadlineSeconds": -1}),
    Sight(
        "kubernetes-serving-two-replicas-in-production",
        "deployment",
        PASSES,
        {"spec.replicas": 1, "+x": (ec2.VPC.token, {}), "metadata.labels": {}, "tags": {"Environment": "dev"}},
    ),
    Sight("kubernetes-serving-budget-lets-nodes-go", "budget-of-pods", FAILS, {"spec.maxUnavailable": "0"}),
    Sight("kubernetes-serving-budget-lets-nodes-go", "budget-of-pods", FAILS, {"spec.maxUnavailable": "0%"}),
    Sight("namespaces-gpus-have-a-quota", "training", OPEN, {"training-quota::metadata.namespace": UNKNOWN}),
    Sight("namespaces-network-is-policed", "training", OPEN, {"training-network::metadata.namespace": UNKNOWN}),
    Sight("namespaces-gpus-have-a-quota", "training", FAILS, {"training-quota::metadata.namespace": ...}),
)
ML_SIGHTS: Final = (*SAGEMAKER_SIGHTS, *TRAINING_SIGHTS, *PRIVACY_SIGHTS, *KUBERNETES_SIGHTS)
