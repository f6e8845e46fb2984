"""Resource type tokens, and what an instance type's name tells."""

from __future__ import annotations

import re
from typing import Final

BUCKET: Final = "aws:s3/bucket:Bucket"
BUCKET_ACL: Final = "aws:s3/bucketAcl:BucketAcl"
BUCKET_ENCRYPTION: Final = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
BUCKET_LIFECYCLE: Final = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
BUCKET_LOGGING: Final = "aws:s3/bucketLogging:BucketLogging"
BUCKET_OWNERSHIP: Final = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
BUCKET_POLICY: Final = "aws:s3/bucketPolicy:BucketPolicy"
BUCKET_PUBLIC_ACCESS_BLOCK: Final = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BUCKET_OBJECT: Final = "aws:s3/bucketObjectv2:BucketObjectv2"
BUCKET_OBJECT_LOCK: Final = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
BUCKET_VERSIONING: Final = "aws:s3/bucketVersioning:BucketVersioning"

ROLE: Final = "aws:iam/role:Role"
POLICY: Final = "aws:iam/policy:Policy"
ROLE_POLICY: Final = "aws:iam/rolePolicy:RolePolicy"
USER_POLICY: Final = "aws:iam/userPolicy:UserPolicy"
GROUP_POLICY: Final = "aws:iam/groupPolicy:GroupPolicy"
ROLE_POLICY_ATTACHMENT: Final = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
USER_POLICY_ATTACHMENT: Final = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
GROUP_POLICY_ATTACHMENT: Final = "aws:iam/groupPolicyAttachment:GroupPolicyAttachment"
POLICY_ATTACHMENT: Final = "aws:iam/policyAttachment:PolicyAttachment"
USER: Final = "aws:iam/user:User"
ACCESS_KEY: Final = "aws:iam/accessKey:AccessKey"
USER_LOGIN_PROFILE: Final = "aws:iam/userLoginProfile:UserLoginProfile"

KEY: Final = "aws:kms/key:Key"

VPC: Final = "aws:ec2/vpc:Vpc"
SUBNET: Final = "aws:ec2/subnet:Subnet"
ROUTE: Final = "aws:ec2/route:Route"
FLOW_LOG: Final = "aws:ec2/flowLog:FlowLog"
VPC_ENDPOINT: Final = "aws:ec2/vpcEndpoint:VpcEndpoint"
SECURITY_GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
SECURITY_GROUP_RULE: Final = "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS_RULE: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS_RULE: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
DEFAULT_SECURITY_GROUP: Final = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"

BUILD_PROJECT: Final = "aws:codebuild/project:Project"

LAUNCH_TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
INSTANCE: Final = "aws:ec2/instance:Instance"
VOLUME: Final = "aws:ebs/volume:Volume"
CAPACITY_RESERVATION: Final = "aws:ec2/capacityReservation:CapacityReservation"
AUTOSCALING_GROUP: Final = "aws:autoscaling/group:Group"

CLUSTER: Final = "aws:eks/cluster:Cluster"
NODE_GROUP: Final = "aws:eks/nodeGroup:NodeGroup"
ACCESS_POLICY_ASSOCIATION: Final = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
KARPENTER_NODE_POOL: Final = "kubernetes:karpenter.sh/v1:NodePool"

# The aws provider has no resource for a version of a model; AWS's own (Cloud Control) provider does.
MODEL_PACKAGE: Final = "aws-native:sagemaker:ModelPackage"
MODEL: Final = "aws:sagemaker/model:Model"
ENDPOINT_CONFIGURATION: Final = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
ENDPOINT: Final = "aws:sagemaker/endpoint:Endpoint"
SCALING_TARGET: Final = "aws:appautoscaling/target:Target"
SCALING_POLICY: Final = "aws:appautoscaling/policy:Policy"
NOTEBOOK: Final = "aws:sagemaker/notebookInstance:NotebookInstance"
STUDIO_DOMAIN: Final = "aws:sagemaker/domain:Domain"
FEATURE_GROUP: Final = "aws:sagemaker/featureGroup:FeatureGroup"
DATA_QUALITY_JOB: Final = "aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition"
PIPELINE: Final = "aws:sagemaker/pipeline:Pipeline"
TRAINING_JOB: Final = "pulumi-python:dynamic/sagemaker:TrainingJob"

REPOSITORY: Final = "aws:ecr/repository:Repository"
REPOSITORY_POLICY: Final = "aws:ecr/repositoryPolicy:RepositoryPolicy"
REPOSITORY_LIFECYCLE: Final = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
METRIC_ALARM: Final = "aws:cloudwatch/metricAlarm:MetricAlarm"
TOPIC: Final = "aws:sns/topic:Topic"
SUBSCRIPTION: Final = "aws:sns/topicSubscription:TopicSubscription"
TOPIC_POLICY: Final = "aws:sns/topicPolicy:TopicPolicy"
QUEUE: Final = "aws:sqs/queue:Queue"
QUEUE_POLICY: Final = "aws:sqs/queuePolicy:QueuePolicy"
SECRET: Final = "aws:secretsmanager/secret:Secret"
SECRET_POLICY: Final = "aws:secretsmanager/secretPolicy:SecretPolicy"
SECRET_ROTATION: Final = "aws:secretsmanager/secretRotation:SecretRotation"
DB_INSTANCE: Final = "aws:rds/instance:Instance"
DB_CLUSTER: Final = "aws:rds/cluster:Cluster"
DB_CLUSTER_INSTANCE: Final = "aws:rds/clusterInstance:ClusterInstance"
TABLE: Final = "aws:dynamodb/table:Table"
KAFKA: Final = "aws:msk/cluster:Cluster"
STREAM: Final = "aws:kinesis/stream:Stream"
DELIVERY_STREAM: Final = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
SEARCH_DOMAIN: Final = "aws:opensearch/domain:Domain"
SEARCH_SERVERLESS_POLICY: Final = "aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy"
CACHE: Final = "aws:elasticache/replicationGroup:ReplicationGroup"
FILE_SYSTEM: Final = "aws:efs/fileSystem:FileSystem"
FILE_ACCESS_POINT: Final = "aws:efs/accessPoint:AccessPoint"
LUSTRE: Final = "aws:fsx/lustreFileSystem:LustreFileSystem"
FUNCTION: Final = "aws:lambda/function:Function"
FUNCTION_URL: Final = "aws:lambda/functionUrl:FunctionUrl"
FUNCTION_PERMISSION: Final = "aws:lambda/permission:Permission"
AIRFLOW: Final = "aws:mwaa/environment:Environment"
TRAIL: Final = "aws:cloudtrail/trail:Trail"
MACIE: Final = "aws:macie2/account:Account"
BALANCER: Final = "aws:lb/loadBalancer:LoadBalancer"
LISTENER: Final = "aws:lb/listener:Listener"

K8S_POD: Final = "kubernetes:core/v1:Pod"
K8S_DEPLOYMENT: Final = "kubernetes:apps/v1:Deployment"
K8S_STATEFUL_SET: Final = "kubernetes:apps/v1:StatefulSet"
K8S_DAEMON_SET: Final = "kubernetes:apps/v1:DaemonSet"
K8S_JOB: Final = "kubernetes:batch/v1:Job"
K8S_CRON_JOB: Final = "kubernetes:batch/v1:CronJob"
K8S_SERVICE: Final = "kubernetes:core/v1:Service"
K8S_ROLE: Final = "kubernetes:rbac.authorization.k8s.io/v1:Role"
K8S_CLUSTER_ROLE: Final = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
K8S_CLUSTER_ROLE_BINDING: Final = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding"
K8S_DISRUPTION_BUDGET: Final = "kubernetes:policy/v1:PodDisruptionBudget"
K8S_NAMESPACE: Final = "kubernetes:core/v1:Namespace"
K8S_NETWORK_POLICY: Final = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
K8S_QUOTA: Final = "kubernetes:core/v1:ResourceQuota"
ANOMALY_MONITOR: Final = "aws:costexplorer/anomalyMonitor:AnomalyMonitor"
ANOMALY_SUBSCRIPTION: Final = "aws:costexplorer/anomalySubscription:AnomalySubscription"
BUDGET: Final = "aws:budgets/budget:Budget"
SCHEDULE: Final = "aws:scheduler/schedule:Schedule"
STACK: Final = "pulumi:pulumi:Stack"

# What keeps data, and says by its DataClass tag of which kind.
DATA_STORES: Final = (
    BUCKET,
    SECRET,
    TABLE,
    FILE_SYSTEM,
    LUSTRE,
    DB_CLUSTER,
    DB_INSTANCE,
    STREAM,
    SEARCH_DOMAIN,
    FEATURE_GROUP,
)

# Where a rule must know the accelerated families: NVIDIA (g, p), Trainium, Inferentia, Gaudi and Qualcomm (dl).
# https://aws.amazon.com/ec2/instance-types/#Accelerated_Computing
_ACCELERATED: Final = re.compile(r"^(?:ml\.)?(?:p[2-9]|g[2-9]|gr\d|trn\d|inf\d|dl\d)[a-z0-9-]*\.", re.IGNORECASE)
# Families whose instances carry NVMe storage that the hardware encrypts: SageMaker refuses a volume key for them.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html (VolumeKmsKeyId)
_LOCAL_STORAGE: Final = re.compile(
    r"^(?:ml\.)?(?:[a-z]+\d[a-z]*d[a-z]*|g[4-9]\w*|gr\d\w*|p[4-9]\w*(?:-\w+)?|trn\d\w*)\.", re.IGNORECASE
)


def is_accelerated(instance_type: str) -> bool:
    return _ACCELERATED.match(instance_type) is not None


def has_local_storage(instance_type: str) -> bool:
    return _LOCAL_STORAGE.match(instance_type) is not None
