"""Documented limits of EC2, EKS, SageMaker and CodeBuild."""

from __future__ import annotations

from typing import Final

from catalog.limits import EKS_NODE_GROUP_NAME, JOB_SECONDS
from catalog.limits.nodes import UNKNOWN_VERSION, known_versions
from catalog.limits.row import At, Limit
from catalog.types import ec2, eks, sagemaker

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
USER_DATA_BYTES: Final = 16_384
_USER_DATA: Final = {
    "RunInstances": "UserData",
    "CreateLaunchTemplate": "LaunchTemplateData.UserData",
    "CreateLaunchTemplateVersion": "LaunchTemplateData.UserData",
}
_USER_DATA_PAGE: Final = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html"
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
RULES_A_GROUP: Final = 60
_JOB_TIMES: Final = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html"
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html
TRAINING_VOLUME_GB: Final = 16_384

LIMITS: Final = (
    Limit(
        service="ec2",
        calls=_USER_DATA,
        at=(At(card=ec2.LAUNCH_TEMPLATE, path="userData"), At(card=ec2.INSTANCE, path="userDataBase64")),
        measure="base64",
        code="InvalidUserData.Malformed",
        says="Invalid BASE64 encoding of user data.",
        source=_USER_DATA_PAGE,
    ),
    Limit(
        service="ec2",
        calls=_USER_DATA,
        at=(At(card=ec2.LAUNCH_TEMPLATE, path="userData"), At(card=ec2.INSTANCE, path="userDataBase64")),
        measure="decoded",
        most=USER_DATA_BYTES,
        code="InvalidParameterValue",
        says="User data is limited to 16384 bytes",
        source=_USER_DATA_PAGE,
    ),
    Limit(
        service="ec2",
        calls={},
        at=(At(card=ec2.INSTANCE, path="userData"),),
        measure="bytes",
        most=USER_DATA_BYTES,
        code="InvalidParameterValue",
        says="User data is limited to 16384 bytes",
        source=_USER_DATA_PAGE,
    ),
    Limit(
        service="ec2",
        calls={"CreateSecurityGroup": "GroupName"},
        at=(At(card=ec2.SECURITY_GROUP, path="name"),),
        measure="characters",
        most=255,
        never="sg-.*",
        code="InvalidParameterValue",
        says="Value ({value}) for parameter groupName is invalid. Group names may be up to 255 characters "
        "and cannot start with 'sg-'.",
        source="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html",
    ),
    Limit(
        service="ec2",
        calls={"CreateSecurityGroup": "Description"},
        at=(At(card=ec2.SECURITY_GROUP, path="description"),),
        measure="text",
        pattern=r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}",
        code="InvalidParameterValue",
        says="Value ({value}) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported.",
        source="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html",
    ),
    Limit(
        service="eks",
        calls={"CreateCluster": "version", "UpdateClusterVersion": "version"},
        at=(At(card=eks.CLUSTER, path="version"),),
        measure="text",
        allowed=known_versions(),
        code="InvalidParameterException",
        says=UNKNOWN_VERSION,
        source="https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html",
    ),
    Limit(
        service="eks",
        calls={"CreateNodegroup": "nodegroupName"},
        at=(At(card=eks.NODE_GROUP, path="nodeGroupName"),),
        measure="characters",
        least=1,
        most=EKS_NODE_GROUP_NAME,
        code="InvalidParameterException",
        says="nodegroupName can't be longer than {most} characters!",
        source="https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html",
    ),
    Limit(
        service="sagemaker",
        calls={
            "CreateTrainingJob": "StoppingCondition.MaxRuntimeInSeconds",
            "CreateHyperParameterTuningJob": "TrainingJobDefinition.StoppingCondition.MaxRuntimeInSeconds",
        },
        measure="number",
        least=1,
        most=JOB_SECONDS,
        code="ValidationException",
        says="Invalid MaxRuntimeInSeconds. It must be greater than or equal to {least} and less than or equal to {most}",
        source=_JOB_TIMES,
    ),
    Limit(
        service="sagemaker",
        calls={"CreateTrainingJob": "StoppingCondition.MaxWaitTimeInSeconds"},
        measure="number",
        most=JOB_SECONDS,
        code="ValidationException",
        says="Invalid MaxWaitTimeInSeconds. It must be less than or equal to {most}",
        source=_JOB_TIMES,
    ),
    Limit(
        service="sagemaker",
        calls={
            "CreateTrainingJob": "ResourceConfig.VolumeSizeInGB",
            "CreateProcessingJob": "ProcessingResources.ClusterConfig.VolumeSizeInGB",
        },
        measure="number",
        most=TRAINING_VOLUME_GB,
        code="ValidationException",
        says="1 validation error detected: Value '{value}' at 'resourceConfig.volumeSizeInGB' failed to satisfy constraint: "
        "Member must have value less than or equal to {most}",
        source="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html",
    ),
    Limit(
        service="sagemaker",
        calls={
            "CreateEndpointConfig": "ProductionVariants.ServerlessConfig.MemorySizeInMB",
        },
        at=(At(card=sagemaker.ENDPOINT_CONFIGURATION, path="productionVariants.serverlessConfig.memorySizeInMb"),),
        measure="number",
        allowed=(1024, 2048, 3072, 4096, 5120, 6144),
        code="ValidationException",
        says="Invalid MemorySizeInMB {value}. The value must be one of: {allowed}",
        source="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantServerlessConfig.html",
    ),
    Limit(
        service="lambda",
        calls={"CreateFunction": "Timeout", "UpdateFunctionConfiguration": "Timeout"},
        measure="number",
        most=900,
        code="ValidationException",
        says="1 validation error detected: Value '{value}' at 'timeout' failed to satisfy constraint: "
        "Member must have value less than or equal to {most}",
        source="https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html",
    ),
)
