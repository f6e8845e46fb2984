"""The functions of pulumi-aws (`pulumi_aws.get_*`) that this project names, by their tokens.

Source: the pulumi-aws 7 SDK, the first argument of each `pulumi.runtime.invoke`.
"""

from __future__ import annotations

from typing import Final

ARN: Final = "aws:index/getArn:getArn"
AVAILABILITY_ZONE: Final = "aws:index/getAvailabilityZone:getAvailabilityZone"
AVAILABILITY_ZONES: Final = "aws:index/getAvailabilityZones:getAvailabilityZones"
BILLING_SERVICE_ACCOUNT: Final = "aws:index/getBillingServiceAccount:getBillingServiceAccount"
CALLER_IDENTITY: Final = "aws:index/getCallerIdentity:getCallerIdentity"
DEFAULT_TAGS: Final = "aws:index/getDefaultTags:getDefaultTags"
PARTITION: Final = "aws:index/getPartition:getPartition"
REGION: Final = "aws:index/getRegion:getRegion"
REGIONS: Final = "aws:index/getRegions:getRegions"
SERVICE: Final = "aws:index/getService:getService"
SERVICE_PRINCIPAL: Final = "aws:index/getServicePrincipal:getServicePrincipal"

ACM_CERTIFICATE: Final = "aws:acm/getCertificate:getCertificate"

DYNAMODB_TABLE: Final = "aws:dynamodb/getTable:getTable"

EC2_AMI: Final = "aws:ec2/getAmi:getAmi"
EC2_AMI_IDS: Final = "aws:ec2/getAmiIds:getAmiIds"
EC2_ELASTIC_IP: Final = "aws:ec2/getElasticIp:getElasticIp"
EC2_INSTANCE: Final = "aws:ec2/getInstance:getInstance"
EC2_INSTANCES: Final = "aws:ec2/getInstances:getInstances"
EC2_INSTANCE_TYPE: Final = "aws:ec2/getInstanceType:getInstanceType"
EC2_INSTANCE_TYPES: Final = "aws:ec2/getInstanceTypes:getInstanceTypes"
EC2_INSTANCE_TYPE_OFFERING: Final = "aws:ec2/getInstanceTypeOffering:getInstanceTypeOffering"
EC2_INSTANCE_TYPE_OFFERINGS: Final = "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings"
EC2_INTERNET_GATEWAY: Final = "aws:ec2/getInternetGateway:getInternetGateway"
EC2_KEY_PAIR: Final = "aws:ec2/getKeyPair:getKeyPair"
EC2_NAT_GATEWAY: Final = "aws:ec2/getNatGateway:getNatGateway"
EC2_NAT_GATEWAYS: Final = "aws:ec2/getNatGateways:getNatGateways"
EC2_PREFIX_LIST: Final = "aws:ec2/getPrefixList:getPrefixList"
EC2_ROUTE_TABLE: Final = "aws:ec2/getRouteTable:getRouteTable"
EC2_ROUTE_TABLES: Final = "aws:ec2/getRouteTables:getRouteTables"
EC2_SECURITY_GROUP: Final = "aws:ec2/getSecurityGroup:getSecurityGroup"
EC2_SECURITY_GROUPS: Final = "aws:ec2/getSecurityGroups:getSecurityGroups"
EC2_SUBNET: Final = "aws:ec2/getSubnet:getSubnet"
EC2_SUBNETS: Final = "aws:ec2/getSubnets:getSubnets"
EC2_VPC: Final = "aws:ec2/getVpc:getVpc"
EC2_VPCS: Final = "aws:ec2/getVpcs:getVpcs"
EC2_VPC_ENDPOINT: Final = "aws:ec2/getVpcEndpoint:getVpcEndpoint"
EC2_VPC_ENDPOINT_SERVICE: Final = "aws:ec2/getVpcEndpointService:getVpcEndpointService"

ECR_IMAGE: Final = "aws:ecr/getImage:getImage"
ECR_REPOSITORIES: Final = "aws:ecr/getRepositories:getRepositories"
ECR_REPOSITORY: Final = "aws:ecr/getRepository:getRepository"

EKS_ADDON: Final = "aws:eks/getAddon:getAddon"
EKS_CLUSTER: Final = "aws:eks/getCluster:getCluster"
EKS_CLUSTERS: Final = "aws:eks/getClusters:getClusters"
EKS_CLUSTER_AUTH: Final = "aws:eks/getClusterAuth:getClusterAuth"
EKS_NODE_GROUP: Final = "aws:eks/getNodeGroup:getNodeGroup"
EKS_NODE_GROUPS: Final = "aws:eks/getNodeGroups:getNodeGroups"

ELB_HOSTED_ZONE_ID: Final = "aws:elb/getHostedZoneId:getHostedZoneId"
ELB_SERVICE_ACCOUNT: Final = "aws:elb/getServiceAccount:getServiceAccount"

IAM_ACCOUNT_ALIAS: Final = "aws:iam/getAccountAlias:getAccountAlias"
IAM_GROUP: Final = "aws:iam/getGroup:getGroup"
IAM_INSTANCE_PROFILE: Final = "aws:iam/getInstanceProfile:getInstanceProfile"
IAM_OPENID_CONNECT_PROVIDER: Final = "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider"
IAM_POLICY: Final = "aws:iam/getPolicy:getPolicy"
IAM_POLICY_DOCUMENT: Final = "aws:iam/getPolicyDocument:getPolicyDocument"
IAM_ROLE: Final = "aws:iam/getRole:getRole"
IAM_ROLES: Final = "aws:iam/getRoles:getRoles"
IAM_SESSION_CONTEXT: Final = "aws:iam/getSessionContext:getSessionContext"
IAM_USER: Final = "aws:iam/getUser:getUser"

KMS_ALIAS: Final = "aws:kms/getAlias:getAlias"
KMS_KEY: Final = "aws:kms/getKey:getKey"

LAMBDA_FUNCTION: Final = "aws:lambda/getFunction:getFunction"

LOGS_GROUP: Final = "aws:cloudwatch/getLogGroup:getLogGroup"
LOGS_GROUPS: Final = "aws:cloudwatch/getLogGroups:getLogGroups"

ROUTE53_ZONE: Final = "aws:route53/getZone:getZone"

S3_BUCKET: Final = "aws:s3/getBucket:getBucket"
S3_BUCKET_OBJECT: Final = "aws:s3/getBucketObject:getBucketObject"
S3_BUCKET_OBJECTS: Final = "aws:s3/getBucketObjects:getBucketObjects"
S3_BUCKET_POLICY: Final = "aws:s3/getBucketPolicy:getBucketPolicy"
S3_CANONICAL_USER_ID: Final = "aws:s3/getCanonicalUserId:getCanonicalUserId"
S3_OBJECT: Final = "aws:s3/getObject:getObject"
S3_OBJECTS: Final = "aws:s3/getObjects:getObjects"

SAGEMAKER_PREBUILT_ECR_IMAGE: Final = "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage"

SECRETSMANAGER_SECRET: Final = "aws:secretsmanager/getSecret:getSecret"
SECRETSMANAGER_SECRET_VERSION: Final = "aws:secretsmanager/getSecretVersion:getSecretVersion"

SNS_TOPIC: Final = "aws:sns/getTopic:getTopic"

SQS_QUEUE: Final = "aws:sqs/getQueue:getQueue"
SQS_QUEUES: Final = "aws:sqs/getQueues:getQueues"

SSM_PARAMETER: Final = "aws:ssm/getParameter:getParameter"
SSM_PARAMETERS_BY_PATH: Final = "aws:ssm/getParametersByPath:getParametersByPath"
