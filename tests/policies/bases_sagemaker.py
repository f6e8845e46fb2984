"""The valid resources of SageMaker: a model, its endpoint with what scales it, a training job."""

from __future__ import annotations

from typing import Any, Final

from policies import tokens as t
from tests.policies.parts import IMAGE, KEY_ARN, ROLE_ARN, TAGS, id_of

SAGEMAKER: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "model": (
        t.MODEL,
        {
            "executionRoleArn": ROLE_ARN,
            "enableNetworkIsolation": True,
            "vpcConfig": {"subnets": ["s-1"], "securityGroupIds": ["sg-1"]},
            "primaryContainer": {"image": IMAGE, "modelDataUrl": "s3://models/m.tar.gz"},
            "tags": TAGS,
        },
    ),
    "approved": (t.MODEL_PACKAGE, {"modelApprovalStatus": "Approved", "modelPackageGroupName": "digits"}),
    "registered": (
        t.MODEL,
        {
            "executionRoleArn": ROLE_ARN,
            "enableNetworkIsolation": True,
            "vpcConfig": {"subnets": ["s-1"], "securityGroupIds": ["sg-1"]},
            "containers": [{"modelPackageName": id_of("approved")}],
            "tags": TAGS,
        },
    ),
    "configuration": (
        t.ENDPOINT_CONFIGURATION,
        {
            "name": "digits-1",
            "kmsKeyArn": KEY_ARN,
            "productionVariants": [
                {"variantName": "a", "instanceType": "ml.m5.large", "initialInstanceCount": 2, "modelName": "m"}
            ],
            "dataCaptureConfig": {
                "enableCapture": True,
                "initialSamplingPercentage": 20,
                "destinationS3Uri": "s3://data/capture",
                "kmsKeyId": KEY_ARN,
                "captureOptions": [{"captureMode": "Input"}],
            },
            "tags": TAGS,
        },
    ),
    "endpoint": (
        t.ENDPOINT,
        {
            "name": "digits",
            "endpointConfigName": "digits-1",
            "deploymentConfig": {"autoRollbackConfiguration": {"alarms": [{"alarmName": "errors"}]}},
            "tags": TAGS,
        },
    ),
    "endpoint-target": (
        t.SCALING_TARGET,
        {
            "resourceId": "endpoint/digits/variant/a",
            "serviceNamespace": "sagemaker",
            "scalableDimension": "sagemaker:variant:DesiredInstanceCount",
            "minCapacity": 2,
            "maxCapacity": 6,
            "tags": TAGS,
        },
    ),
    "endpoint-scaling": (
        t.SCALING_POLICY,
        {
            "resourceId": "endpoint/digits/variant/a",
            "serviceNamespace": "sagemaker",
            "scalableDimension": "sagemaker:variant:DesiredInstanceCount",
            "policyType": "TargetTrackingScaling",
        },
    ),
    "job": (
        t.TRAINING_JOB,
        {
            "namePrefix": "slipway-prod-digits",
            "roleArn": ROLE_ARN,
            "algorithmSpecification": {"trainingImage": IMAGE, "trainingInputMode": "File"},
            "resourceConfig": {"instanceType": "ml.m5.xlarge", "instanceCount": 2, "volumeKmsKeyId": KEY_ARN},
            "outputDataConfig": {"s3OutputPath": "s3://models", "kmsKeyId": KEY_ARN},
            "stoppingCondition": {"maxRuntimeInSeconds": 3600, "maxWaitTimeInSeconds": 7200},
            "vpcConfig": {"subnets": ["s-1"], "securityGroupIds": ["sg-1"]},
            "checkpointConfig": {"s3Uri": "s3://checkpoints"},
            "enableManagedSpotTraining": True,
            "enableNetworkIsolation": True,
            "enableInterContainerTrafficEncryption": True,
            "tags": TAGS,
        },
    ),
}
