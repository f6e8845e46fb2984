"""SageMaker."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card, Lookup, Points, Rights, Unique

# The aws provider has no resource for a version of a model; AWS's own (Cloud Control) provider does.
MODEL_PACKAGE = Card(
    token="aws-native:sagemaker:ModelPackage",
)
DATA_QUALITY_JOB_DEFINITION = Card(
    token="aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition",
    taggable=True,
    room="serving",
)
DOMAIN = Card(
    token="aws:sagemaker/domain:Domain",
    taggable=True,
    holds="its users' home folders",
    unit="hour of the apps that people start in it",
    room="serving",
)
ENDPOINT = Card(
    token="aws:sagemaker/endpoint:Endpoint",
    name="name",
    taggable=True,
    holds="answers, while it is away",
    unit="hour of its instances, by instance type",
    rights=Rights(
        actions=("sagemaker:CreateEndpoint",), arn="arn:{partition}:sagemaker:{region}:{account}:endpoint/{name}", name="name"
    ),
    unique=Unique(
        plural="SageMaker endpoints",
        lookup=Lookup(
            service="sagemaker", operation="describe_endpoint", parameter="EndpointName", missing=("ValidationException",)
        ),
    ),
    points=(Points(path="endpointConfigName", to="aws:sagemaker/endpointConfiguration:EndpointConfiguration"),),
    room="serving",
)
ENDPOINT_CONFIGURATION = Card(
    token="aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    name="name",
    taggable=True,
    free="the endpoint made from it is charged",
    rights=Rights(actions=("sagemaker:CreateEndpointConfig",)),
    points=(Points(path="productionVariants.modelName", to="aws:sagemaker/model:Model"),),
    room="serving",
)
FEATURE_GROUP = Card(
    token="aws:sagemaker/featureGroup:FeatureGroup",
    taggable=True,
    holds="its features",
    stores=True,
    room="serving",
)
MODEL = Card(
    token="aws:sagemaker/model:Model",
    name="name",
    taggable=True,
    free="the endpoint made from it is charged",
    rights=Rights(actions=("sagemaker:CreateModel",)),
    points=(
        Points(path="vpcConfig.subnets", to="aws:ec2/subnet:Subnet"),
        Points(path="vpcConfig.securityGroupIds", to="aws:ec2/securityGroup:SecurityGroup"),
        Points(path="executionRoleArn", to="aws:iam/role:Role"),
    ),
    room="models",
)
MODEL_PACKAGE_GROUP = Card(
    token="aws:sagemaker/modelPackageGroup:ModelPackageGroup",
    name="modelPackageGroupName",
    taggable=True,
    holds="its registered models",
    free="only a record; its artefacts are in a bucket's line",
    rights=Rights(
        actions=("sagemaker:CreateModelPackageGroup",),
        arn="arn:{partition}:sagemaker:{region}:{account}:model-package-group/{name}",
        name="modelPackageGroupName",
    ),
    unique=Unique(
        plural="model package groups",
        lookup=Lookup(
            service="sagemaker",
            operation="describe_model_package_group",
            parameter="ModelPackageGroupName",
            missing=("ValidationException",),
        ),
    ),
    room="models",
)
MODEL_PACKAGE_GROUP_POLICY = Card(
    token="aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy",
    free="only a record; its artefacts are in a bucket's line",
    points=(Points(path="modelPackageGroupName", to="aws:sagemaker/modelPackageGroup:ModelPackageGroup"),),
    room="models",
)
NOTEBOOK_INSTANCE = Card(
    token="aws:sagemaker/notebookInstance:NotebookInstance",
    taggable=True,
    holds="its disk",
    unit="hour, by instance type, and GB of its volume",
    room="serving",
)
PIPELINE = Card(
    token="aws:sagemaker/pipeline:Pipeline",
    taggable=True,
    room="serving",
)
# No provider has a resource for a training job; infra/training declares it as a dynamic resource.
TRAINING_JOB = Card(
    token="pulumi-python:dynamic/sagemaker:TrainingJob",
    taggable=True,
    unit="second of its instances, by instance type",
    rights=Rights(actions=("sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob")),
    points=(
        Points(path="vpcConfig.subnets", to="aws:ec2/subnet:Subnet"),
        Points(path="vpcConfig.securityGroupIds", to="aws:ec2/securityGroup:SecurityGroup"),
        Points(path="roleArn", to="aws:iam/role:Role"),
    ),
    room="training",
)

CARDS: Final = (
    MODEL_PACKAGE,
    DATA_QUALITY_JOB_DEFINITION,
    DOMAIN,
    ENDPOINT,
    ENDPOINT_CONFIGURATION,
    FEATURE_GROUP,
    MODEL,
    MODEL_PACKAGE_GROUP,
    MODEL_PACKAGE_GROUP_POLICY,
    NOTEBOOK_INSTANCE,
    PIPELINE,
    TRAINING_JOB,
)
