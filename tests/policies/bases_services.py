"""Valid resources of the services that a platform adds: notebooks, databases, streams, search, caches, files, functions."""

from __future__ import annotations

import json
from typing import Any, Final

from catalog.types import cloudtrail, dynamodb, efs, elasticache, fsx, kinesis, lambda_, lb, msk, mwaa, opensearch, rds, sagemaker
from tests.policies.parts import DATA, KEY_ARN, ROLE_ARN, TAGS, id_of


def pipeline(**changes: Any) -> str:
    """A pipeline whose only training step is under a condition. `changes` replace arguments of the step; None removes one."""
    arguments = {
        "OutputDataConfig": {"S3OutputPath": {"Get": "Parameters.Output"}, "KmsKeyId": KEY_ARN},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeKmsKeyId": KEY_ARN},
        "VpcConfig": {"Subnets": ["s-1"], "SecurityGroupIds": ["sg-1"]},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "EnableNetworkIsolation": True,
        **changes,
    }
    kept = {key: value for key, value in arguments.items() if value is not None}
    step = {"Name": "train", "Type": "Training", "Arguments": kept}
    return json.dumps({"Version": "2020-12-01", "Steps": [{"Name": "if", "Type": "Condition", "Arguments": {"IfSteps": [step]}}]})


SERVICES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    # --- notebooks, features, monitors
    "notebook": (
        sagemaker.NOTEBOOK_INSTANCE.token,
        {
            "roleArn": ROLE_ARN,
            "instanceType": "ml.t3.medium",
            "directInternetAccess": "Disabled",
            "rootAccess": "Disabled",
            "subnetId": "s-1",
            "securityGroups": ["sg-1"],
            "kmsKeyId": KEY_ARN,
            "instanceMetadataServiceConfiguration": {"minimumInstanceMetadataServiceVersion": "2"},
            "lifecycleConfigName": "stop-when-idle",
            "tags": TAGS,
        },
    ),
    "studio": (
        sagemaker.DOMAIN.token,
        {
            "domainName": "studio",
            "authMode": "SSO",
            "appNetworkAccessType": "VpcOnly",
            "vpcId": id_of("vpc"),
            "subnetIds": ["s-1"],
            "kmsKeyId": KEY_ARN,
            "defaultUserSettings": {
                "executionRole": ROLE_ARN,
                "securityGroups": ["sg-1"],
                "jupyterLabAppSettings": {
                    "appLifecycleManagement": {"idleSettings": {"lifecycleManagement": "ENABLED", "idleTimeoutInMinutes": 60}}
                },
            },
            "tags": TAGS,
        },
    ),
    "features": (
        sagemaker.FEATURE_GROUP.token,
        {
            "featureGroupName": "people",
            "recordIdentifierFeatureName": "id",
            "onlineStoreConfig": {"enableOnlineStore": True, "securityConfig": {"kmsKeyId": KEY_ARN}},
            "offlineStoreConfig": {"s3StorageConfig": {"s3Uri": "s3://data", "kmsKeyId": KEY_ARN}},
            "tags": DATA,
        },
    ),
    "monitor": (
        sagemaker.DATA_QUALITY_JOB_DEFINITION.token,
        {
            "roleArn": ROLE_ARN,
            "dataQualityJobOutputConfig": {"kmsKeyId": KEY_ARN},
            "jobResources": {"clusterConfig": {"instanceCount": 2, "instanceType": "ml.m5.large", "volumeKmsKeyId": KEY_ARN}},
            "networkConfig": {
                "enableInterContainerTrafficEncryption": True,
                "enableNetworkIsolation": True,
                "vpcConfig": {"subnets": ["s-1"], "securityGroupIds": ["sg-1"]},
            },
            "tags": TAGS,
        },
    ),
    "pipeline": (
        sagemaker.PIPELINE.token,
        {"pipelineName": "retrain", "pipelineDefinition": pipeline(), "roleArn": ROLE_ARN, "tags": TAGS},
    ),
    # --- databases, streams, search, caches, files
    "database": (
        rds.INSTANCE.token,
        {
            "engine": "postgres",
            "instanceClass": "db.m7g.large",
            "publiclyAccessible": False,
            "storageEncrypted": True,
            "kmsKeyId": KEY_ARN,
            "manageMasterUserPassword": True,
            "backupRetentionPeriod": 14,
            "deletionProtection": True,
            "multiAz": True,
            "iamDatabaseAuthenticationEnabled": True,
            "enabledCloudwatchLogsExports": ["postgresql"],
            "tags": DATA,
        },
    ),
    "database-replica": (
        rds.INSTANCE.token,
        {
            "replicateSourceDb": id_of("database"),
            "instanceClass": "db.m7g.large",
            "deletionProtection": True,
            "multiAz": True,
            "iamDatabaseAuthenticationEnabled": True,
            "enabledCloudwatchLogsExports": ["postgresql"],
            "tags": DATA,
        },
    ),
    "aurora": (
        rds.CLUSTER.token,
        {
            "engine": "aurora-postgresql",
            "storageEncrypted": True,
            "kmsKeyId": KEY_ARN,
            "manageMasterUserPassword": True,
            "backupRetentionPeriod": 14,
            "deletionProtection": True,
            "iamDatabaseAuthenticationEnabled": True,
            "enabledCloudwatchLogsExports": ["postgresql"],
            "tags": DATA,
        },
    ),
    "aurora-a": (rds.CLUSTER_INSTANCE.token, {"clusterIdentifier": "aurora", "publiclyAccessible": False, "tags": TAGS}),
    "table": (
        dynamodb.TABLE.token,
        {
            "billingMode": "PAY_PER_REQUEST",
            "serverSideEncryption": {"enabled": True, "kmsKeyArn": KEY_ARN},
            "pointInTimeRecovery": {"enabled": True},
            "deletionProtectionEnabled": True,
            "tags": DATA,
        },
    ),
    "kafka": (
        msk.CLUSTER.token,
        {
            "kafkaVersion": "3.9.x",
            "brokerNodeGroupInfo": {
                "instanceType": "kafka.m7g.large",
                "connectivityInfo": {"publicAccess": {"type": "DISABLED"}},
            },
            "clientAuthentication": {"sasl": {"iam": True}},
            "encryptionInfo": {
                "encryptionAtRestKmsKeyArn": KEY_ARN,
                "encryptionInTransit": {"clientBroker": "TLS", "inCluster": True},
            },
            "tags": TAGS,
        },
    ),
    "stream": (kinesis.STREAM.token, {"encryptionType": "KMS", "kmsKeyId": KEY_ARN, "retentionPeriod": 24, "tags": DATA}),
    "delivery": (
        kinesis.FIREHOSE_DELIVERY_STREAM.token,
        {
            "destination": "extended_s3",
            "serverSideEncryption": {"enabled": True, "keyType": "CUSTOMER_MANAGED_CMK", "keyArn": KEY_ARN},
            "tags": TAGS,
        },
    ),
    "vectors": (
        opensearch.DOMAIN.token,
        {
            "vpcOptions": {"subnetIds": ["s-1"], "securityGroupIds": ["sg-1"]},
            "encryptAtRest": {"enabled": True, "kmsKeyId": KEY_ARN},
            "nodeToNodeEncryption": {"enabled": True},
            "domainEndpointOptions": {"enforceHttps": True, "tlsSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10"},
            "advancedSecurityOptions": {"enabled": True},
            "tags": DATA,
        },
    ),
    "collection": (
        opensearch.SERVERLESS_SECURITY_POLICY.token,
        {"type": "network", "policy": json.dumps([{"AllowFromPublic": False, "SourceVPCEs": ["vpce-1"]}])},
    ),
    "cache": (
        elasticache.REPLICATION_GROUP.token,
        {
            "description": "features",
            "atRestEncryptionEnabled": True,
            "transitEncryptionEnabled": True,
            "kmsKeyId": KEY_ARN,
            "userGroupIds": ["features"],
            "automaticFailoverEnabled": True,
            "tags": TAGS,
        },
    ),
    "files": (efs.FILE_SYSTEM.token, {"encrypted": True, "kmsKeyId": KEY_ARN, "tags": DATA}),
    "files-team": (
        efs.ACCESS_POINT.token,
        {
            "fileSystemId": id_of("files"),
            "rootDirectory": {"path": "/team"},
            "posixUser": {"uid": 1000, "gid": 1000},
            "tags": TAGS,
        },
    ),
    "lustre": (
        fsx.LUSTRE_FILE_SYSTEM.token,
        {"deploymentType": "PERSISTENT_2", "kmsKeyId": KEY_ARN, "copyTagsToBackups": True, "tags": DATA},
    ),
    # --- functions, Airflow, trails, load balancers
    "function": (
        lambda_.FUNCTION.token,
        {
            "runtime": "python3.13",
            "role": ROLE_ARN,
            "environment": {"variables": {"STAGE": "prod"}},
            "kmsKeyArn": KEY_ARN,
            "tags": TAGS,
        },
    ),
    "function-url": (lambda_.FUNCTION_URL.token, {"functionName": id_of("function"), "authorizationType": "AWS_IAM"}),
    "function-permission": (
        lambda_.PERMISSION.token,
        {
            "function": id_of("function"),
            "action": "lambda:InvokeFunction",
            "principal": "events.amazonaws.com",
            "sourceArn": "arn:aws:events:us-east-1:123456789012:rule/retrain",
        },
    ),
    "airflow": (mwaa.ENVIRONMENT.token, {"webserverAccessMode": "PRIVATE_ONLY", "kmsKey": KEY_ARN, "tags": TAGS}),
    "trail": (
        cloudtrail.TRAIL.token,
        {
            "s3BucketName": "logs",
            "isMultiRegionTrail": True,
            "enableLogFileValidation": True,
            "kmsKeyId": KEY_ARN,
            "cloudWatchLogsGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:trail:*",
            "tags": TAGS,
        },
    ),
    "balancer": (
        lb.LOAD_BALANCER.token,
        {
            "internal": True,
            "loadBalancerType": "application",
            "dropInvalidHeaderFields": True,
            "accessLogs": {"bucket": "logs", "enabled": True},
            "enableDeletionProtection": True,
            "tags": TAGS,
        },
    ),
    "listener": (
        lb.LISTENER.token,
        {
            "loadBalancerArn": id_of("balancer"),
            "port": 443,
            "protocol": "HTTPS",
            "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "defaultActions": [{"type": "forward"}],
            "tags": TAGS,
        },
    ),
}
