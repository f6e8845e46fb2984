"""The valid resources of SageMaker: a model, its endpoint with what scales it, a training job."""

from __future__ import annotations

from typing import Any, Final

from catalog.types import appautoscaling, sagemaker
from tests.policies.parts import IMAGE, KEY_ARN, ROLE_ARN, TAGS, id_of

SAGEMAKER: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "model": (
        sagemaker.MODEL.token,
        {
            "executionRoleArn": ROLE_ARN,
            "enableNetworkIsolation": True,
            "vpcConfig": {"subnets": ["s-1"], "securityGroupIds": ["sg-1"]},
            "primaryContainer": {"image": IMAGE, "modelDataUrl": "s3://models/m.tar.gz"},
            "tags": TAGS,
        },
    ),
    "approved": (sagemaker.MODEL_PACKAGE.token, {"modelApprovalStatus": "Approved", "modelPackageGroupName": "digits"}),
    "registered": (
        sagemaker.MODEL.token,
        {
            "executionRoleArn": ROLE_ARN,
            "enableNetworkIsolation": True,
            "vpcConfig": {"subnets": ["s-1"], "securityGroupIds": ["sg-1"]},
            "containers": [{"modelPackageName": id_of("approved")}],
            "tags": TAGS,
        },
    ),
    "configuration": (
        sagemaker.ENDPOINT_CONFIGURATION.token,
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
        sagemaker.ENDPOINT.token,
        {
            "name": "digits",
            "endpointConfigName": "digits-1",
            "deploymentConfig": {"autoRollbackConfiguration": {"alarms": [{"alarmName": "errors"}]}},
            "tags": TAGS,
        },
    ),
    "endpoint-target": (
        appautoscaling.TARGET.token,
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
        appautoscaling.POLICY.token,
        {
            "resourceId": "endpoint/digits/variant/a",
            "serviceNamespace": "sagemaker",
            "scalableDimension": "sagemaker:variant:DesiredInstanceCount",
            "policyType": "TargetTrackingScaling",
        },
    ),
    "job": (
        sagemaker.TRAINING_JOB.token,
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
