"""What breaks each rule: one change of the valid stack, and the rules that must then speak, no other.

`Case(rule, resource, path, value)` sets one property (`...` removes it); path "" removes the whole resource; a dict as `value`
with path "+" adds a resource of that name. `also` names the rules that cannot but break with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from policies import tokens as t
from tests.policies.bases import (
    ACCOUNT,
    DENY_HTTP,
    IMAGE,
    ISSUER,
    KEY_ARN,
    READ,
    ROLE_ARN,
    TAGS,
    allow,
    document,
    id_of,
    trust,
)

ADD: Final = "+"
REMOVE: Final = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One way to break one rule."""

    rule: str
    resource: str
    path: str
    value: Any = ...
    also: tuple[str, ...] = ()


EVERYBODY: Final = document({"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"})
WORLD_OPEN: Final = {"protocol": "tcp", "cidrBlocks": ["0.0.0.0/0"]}
ADMIN: Final = "arn:aws:iam::aws:policy/AdministratorAccess"
_OIDC: Final = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"}
_BORROWED: Final = {"capacityReservationTarget": {"capacityReservationId": id_of("reservation")}}


def _oidc(**claims: str) -> str:
    tests = {f"{ISSUER}:{claim}": value for claim, value in claims.items()}
    return trust(_OIDC, {"StringEquals": tests}, action="sts:AssumeRoleWithWebIdentity")


POD: Final = "spec.containers.0"
TEMPLATE: Final = "spec.template.spec.containers.0"
HALF: Final = {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi", "nvidia.com/gpu": "0.5"}}

CASES: Final = (
    # --- budgets
    Case("budgets-budget-has-a-limit", "budget", "limitAmount", "0"),
    Case("budgets-budget-looks-ahead", "budget", "notifications.0.notificationType", "ACTUAL"),
    Case("budgets-budget-tells-somebody", "budget", "notifications.0.subscriberEmailAddresses", []),
    Case("budgets-budget-warns-early", "budget", "notifications.0.threshold", 100),
    Case("budgets-stack-has-a-budget", "budget", REMOVE),
    # --- compute
    Case("compute-disks-are-encrypted", "template", "blockDeviceMappings.0.ebs.encrypted", "false"),
    Case("compute-disks-are-encrypted", "template", "blockDeviceMappings", []),
    Case("compute-disks-are-encrypted", "volume", "encrypted", False),
    Case("compute-imds-needs-a-token", "template", "metadataOptions.httpTokens", "optional"),
    Case("compute-imds-stays-on-the-machine", "template", "metadataOptions.httpPutResponseHopLimit", 2),
    Case("compute-no-key-pair", "template", "keyName", "me"),
    Case("compute-no-public-address", "template", "networkInterfaces.0.associatePublicIpAddress", "true"),
    Case("compute-placement-fits-the-reservation", "template", "instanceMarketOptions", {"marketType": "capacity-block"}),
    # --- credentials
    Case("credentials-none-in-plain-sight", "job", "environment", {"HF_TOKEN": "hf_" + "a" * 34}),
    Case("credentials-none-in-plain-sight", "template", "userData", "a2V5PUFLSUFBQUFBQUFBQUFBQUFBQUFB"),
    # --- eks
    Case("eks-access-by-entries", "cluster", "accessConfig.authenticationMode", "CONFIG_MAP"),
    Case(
        "eks-administrators-are-few", "access", "policyArn", "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    ),
    Case("eks-broken-nodes-are-repaired", "gpu", "nodeRepairConfig.enabled", False),
    Case("eks-cluster-kept-in-production", "cluster", "deletionProtection", False),
    Case("eks-control-plane-logs", "cluster", "enabledClusterLogTypes", ["api"]),
    Case("eks-endpoint-not-public", "cluster", "vpcConfig.endpointPublicAccess", True),
    Case("eks-endpoint-private", "cluster", "vpcConfig.endpointPrivateAccess", False),
    Case("eks-no-hidden-administrator", "cluster", "accessConfig.bootstrapClusterCreatorAdminPermissions", True),
    Case("eks-nodes-come-from-a-template", "gpu", "launchTemplate"),
    Case("eks-nodes-take-no-ssh", "gpu", "remoteAccess", {"ec2SshKey": "me"}),
    Case(
        "eks-public-networks-are-small",
        "cluster",
        "vpcConfig",
        {
            "endpointPublicAccess": True,
            "endpointPrivateAccess": True,
            "publicAccessCidrs": ["0.0.0.0/1", "128.0.0.0/1"],
            "subnetIds": ["s-1", "s-2"],
        },
    ),
    Case("eks-secrets-encrypted", "cluster", "encryptionConfig"),
    Case("eks-subnets-are-given", "cluster", "vpcConfig.subnetIds", ["s-1"]),
    # --- gpu
    Case("gpu-efa-group-talks-to-itself", "efa-out", REMOVE),
    Case("gpu-efa-group-talks-to-itself", "efa-in", "ipProtocol", "tcp"),
    Case("gpu-efa-machines-are-close", "template", "placement"),
    Case("gpu-efa-pool-is-in-one-zone", "gpu", "subnetIds", ["s-1", "s-2"]),
    Case("gpu-pool-has-a-maximum", "gpu", "scalingConfig.maxSize", 1000),
    Case("gpu-pool-has-a-maximum", "gpu", "scalingConfig.maxSize"),
    Case("gpu-pool-has-a-maximum", "karpenter", "spec.limits"),
    Case("gpu-pool-has-a-maximum", "asg", "maxSize"),
    Case("gpu-pool-is-tainted", "gpu", "taints", []),
    Case("gpu-pool-is-tainted", "karpenter", "spec.template.spec.taints", []),
    Case("gpu-spot-pool-has-a-choice", "gpu", "instanceTypes", ["p5.48xlarge"]),
    # --- iam
    Case("iam-document-is-valid", "policy", "policy", "{"),
    Case("iam-document-is-valid", "role", "assumeRolePolicy", '{"Version": "2020-01-01", "Statement": []}'),
    Case("iam-no-admin-managed-policy", "attachment", "policyArn", ADMIN),
    Case("iam-no-admin-managed-policy", "role", "managedPolicyArns", [ADMIN]),
    Case(
        "iam-no-allow-by-exception",
        "policy",
        "policy",
        document({"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::data"}),
    ),
    Case("iam-no-data-read-everywhere", "policy", "policy", document(allow("s3:Get*", "*"))),
    Case("iam-no-decrypt-with-every-key", "policy", "policy", document(allow("kms:Decrypt", f"arn:aws:kms:*:{ACCOUNT}:key/*"))),
    Case("iam-no-full-administration", "role-policy", "policy", document(allow("*", "*"))),
    Case("iam-no-full-administration", "role", "inlinePolicies.0.policy", document(allow("*:*", "arn:aws:*"))),
    Case("iam-no-privilege-escalation", "policy", "policy", document(allow("iam:PutRolePolicy", "*"))),
    Case("iam-no-resource-sharing-everywhere", "policy", "policy", document(allow("kms:CreateGrant", "*"))),
    Case(
        "iam-no-service-on-every-resource",
        "policy",
        "policy",
        document(allow("sagemaker:*", "*")),
        ("iam-no-service-wildcard",),
    ),
    Case("iam-no-service-wildcard", "policy", "policy", document(allow("s3:*", "arn:aws:s3:::data/*"))),
    Case("iam-no-users-or-keys", "person", ADD, (t.USER, {"name": "me", "tags": TAGS})),
    Case("iam-no-users-or-keys", "person-key", ADD, (t.ACCESS_KEY, {"user": "me"})),
    Case("iam-pass-role-is-confined", "policy", "policy", document(allow("iam:PassRole", ROLE_ARN))),
    Case(
        "iam-pass-role-is-confined",
        "policy",
        "policy",
        document(allow("iam:Pass*", f"arn:aws:iam::{ACCOUNT}:role/*", Condition={"StringEquals": {"iam:PassedToService": "x"}})),
    ),
    Case("iam-role-has-boundary", "role", "permissionsBoundary"),
    Case("iam-trust-names-its-source", "role", "assumeRolePolicy", trust({"Service": "sagemaker.amazonaws.com"})),
    Case("iam-trust-names-no-whole-account", "role", "assumeRolePolicy", trust({"AWS": "arn:aws:iam::999999999999:root"})),
    Case("iam-trust-not-public", "role", "assumeRolePolicy", trust("*")),
    Case("iam-trust-not-public", "role", "assumeRolePolicy", trust({"AWS": ["*"]}, {"StringLike": {"aws:PrincipalOrgID": "*"}})),
    Case("iam-trust-oidc-is-pinned", "pod-role", "assumeRolePolicy", _oidc(aud="sts.amazonaws.com")),
    Case("iam-trust-oidc-is-pinned", "pod-role", "assumeRolePolicy", _oidc(sub="system:serviceaccount:a:b")),
    Case("iam-trust-oidc-is-pinned", "pod-role", "assumeRolePolicy", _oidc(aud="sts.amazonaws.com", sub="*")),
    # --- kms
    Case("kms-key-deletion-window", "key", "deletionWindowInDays", 7),
    Case("kms-key-has-policy", "key", "policy"),
    Case("kms-key-is-enabled", "key", "isEnabled", False),
    Case("kms-key-policy-not-public", "key", "policy", document(allow("kms:Decrypt", "*", Principal="*"))),
    Case(
        "kms-key-policy-not-public",
        "key",
        "policy",
        document(
            allow("kms:*", "*", Principal="*", Condition={"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}})
        ),
    ),
    Case("kms-key-rotates", "key", "enableKeyRotation", False),
    Case("kms-key-rotates", "key", "enableKeyRotation"),
    # --- logs
    Case("logs-alarm-decides-on-silence", "alarm", "treatMissingData"),
    Case("logs-alarm-tells-somebody", "alarm", "alarmActions", []),
    Case("logs-alarm-tells-somebody", "alarm", "actionsEnabled", False),
    Case("logs-group-has-retention", "log-group", "retentionInDays"),
    Case("logs-group-has-retention", "log-group", "retentionInDays", 0),
    Case("logs-group-is-encrypted", "log-group", "kmsKeyId"),
    # --- messaging
    Case("messaging-queue-has-a-dead-letter-queue", "queue", "redrivePolicy"),
    Case("messaging-queue-is-encrypted", "queue", "kmsMasterKeyId"),
    Case("messaging-queue-is-encrypted", "queue", "kmsMasterKeyId", "alias/aws/sqs"),
    Case(
        "messaging-queue-not-public",
        "queue-policy",
        "policy",
        document({"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage"}),
    ),
    Case(
        "messaging-queue-policy-names-actions",
        "queue-policy",
        "policy",
        document(allow("sqs:*", "*", Principal={"AWS": ROLE_ARN})),
    ),
    Case("messaging-topic-is-encrypted", "topic", "kmsMasterKeyId"),
    Case("messaging-topic-not-public", "topic-policy", "policy", document(allow("sns:Publish", "*", Principal={"AWS": "*"}))),
    # --- network
    Case(
        "network-default-group-is-closed",
        "vpc-default-group",
        "ingress",
        [{"protocol": "-1", "self": True, "fromPort": 0, "toPort": 0}],
    ),
    Case("network-default-group-is-declared", "vpc-default-group", REMOVE),
    Case(
        "network-egress-is-confined",
        "group",
        "egress",
        [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}],
    ),
    Case("network-endpoint-answers-by-name", "vpc-logs", "privateDnsEnabled", False),
    Case("network-endpoint-policy-is-confined", "vpc-s3", "policy", document(allow("*", "*", Principal="*"))),
    Case("network-flow-log-records-everything", "vpc-flow-log", "trafficType", "REJECT"),
    Case("network-no-admin-port-to-the-world", "group", "ingress", [{**WORLD_OPEN, "fromPort": 20, "toPort": 25}]),
    Case("network-no-all-ports-to-the-world", "group", "ingress", [{**WORLD_OPEN, "fromPort": 0, "toPort": 65535}]),
    Case(
        "network-no-all-ports-to-the-world",
        "open",
        ADD,
        (
            t.INGRESS_RULE,
            {"description": "x", "securityGroupId": id_of("group"), "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0", "tags": TAGS},
        ),
    ),
    Case("network-no-data-port-to-the-world", "group", "ingress.0.cidrBlocks", ["0.0.0.0/0"]),
    Case("network-private-route-avoids-the-internet", "private-route", "gatewayId", "igw-1"),
    Case("network-rules-are-described", "group", "description"),
    Case("network-subnet-gives-no-public-address", "private-a", "mapPublicIpOnLaunch", True),
    Case("network-vpc-has-flow-log", "vpc-flow-log", REMOVE),
    Case("network-vpc-reaches-s3-inside", "vpc-s3", REMOVE),
    # --- builds
    Case("codebuild-builds-are-logged", "builds", "logsConfig"),
    Case("codebuild-builds-are-logged", "builds", "logsConfig.cloudwatchLogs.status", "DISABLED"),
    Case("codebuild-builds-run-in-the-vpc", "builds", "vpcConfig"),
    Case("codebuild-privileged-builds-say-why", "builds", "tags.Privileged"),
    Case("codebuild-project-is-encrypted-with-our-key", "builds", "encryptionKey"),
    Case("codebuild-project-is-encrypted-with-our-key", "builds", "encryptionKey", "arn:aws:kms:us-east-1:1:alias/aws/s3"),
    # --- notebooks, features, monitors
    Case("notebooks-no-direct-internet", "notebook", "directInternetAccess", "Enabled"),
    Case("notebooks-no-direct-internet", "notebook", "directInternetAccess"),
    Case("notebooks-no-root", "notebook", "rootAccess", "Enabled"),
    Case("notebooks-notebook-in-our-network", "notebook", "subnetId"),
    Case("notebooks-home-is-encrypted", "notebook", "kmsKeyId"),
    Case("notebooks-home-is-encrypted", "studio", "kmsKeyId"),
    Case("notebooks-imds-needs-a-token", "notebook", "instanceMetadataServiceConfiguration"),
    Case("notebooks-notebook-stops-when-idle", "notebook", "lifecycleConfigName"),
    Case("notebooks-studio-stays-in-the-vpc", "studio", "appNetworkAccessType"),
    Case("notebooks-studio-stays-in-the-vpc", "studio", "defaultUserSettings.securityGroups", []),
    Case("notebooks-studio-signs-on-by-sso", "studio", "authMode", "IAM"),
    Case("notebooks-studio-stops-when-idle", "studio", "defaultUserSettings.jupyterLabAppSettings"),
    Case("features-online-store-is-encrypted", "features", "onlineStoreConfig.securityConfig"),
    Case("features-offline-store-is-encrypted", "features", "offlineStoreConfig.s3StorageConfig.kmsKeyId"),
    Case("monitors-job-in-our-network", "monitor", "networkConfig.vpcConfig"),
    Case("monitors-job-output-is-encrypted", "monitor", "dataQualityJobOutputConfig.kmsKeyId"),
    Case("monitors-job-volume-is-encrypted", "monitor", "jobResources.clusterConfig.volumeKmsKeyId"),
    Case("monitors-job-traffic-is-encrypted", "monitor", "networkConfig.enableInterContainerTrafficEncryption", False),
    Case("monitors-job-is-isolated", "monitor", "networkConfig.enableNetworkIsolation", False),
    # --- databases
    Case("rds-not-public", "database", "publiclyAccessible", True),
    Case("rds-not-public", "aurora-a", "publiclyAccessible", True),
    Case("rds-storage-is-encrypted", "database", "storageEncrypted", False),
    Case("rds-storage-is-encrypted", "aurora", "kmsKeyId"),
    Case("rds-password-is-managed", "database", "password", "open sesame"),
    Case("rds-password-is-managed", "aurora", "manageMasterUserPassword"),
    Case("rds-backups-are-kept", "database", "backupRetentionPeriod", 1),
    Case("rds-backups-are-kept", "aurora", "backupRetentionPeriod"),
    Case("rds-kept-in-production", "database", "deletionProtection", False),
    Case("rds-two-zones-in-production", "database", "multiAz", False),
    Case("rds-signs-on-by-role", "aurora", "iamDatabaseAuthenticationEnabled", False),
    Case("rds-log-is-exported", "database", "enabledCloudwatchLogsExports", []),
    Case("dynamodb-table-is-encrypted-with-our-key", "table", "serverSideEncryption.kmsKeyArn"),
    Case("dynamodb-table-is-encrypted-with-our-key", "table", "serverSideEncryption.enabled", False),
    Case("dynamodb-table-goes-back-in-time", "table", "pointInTimeRecovery.enabled", False),
    Case("dynamodb-table-kept-in-production", "table", "deletionProtectionEnabled", False),
    # --- streams, search, caches, files
    Case(
        "streams-broker-not-public",
        "kafka",
        "brokerNodeGroupInfo.connectivityInfo.publicAccess.type",
        "SERVICE_PROVIDED_EIPS",
    ),
    Case("streams-broker-asks-who", "kafka", "clientAuthentication.unauthenticated", True),
    Case("streams-broker-asks-who", "kafka", "clientAuthentication"),
    Case("streams-broker-traffic-is-encrypted", "kafka", "encryptionInfo.encryptionInTransit.clientBroker", "TLS_PLAINTEXT"),
    Case("streams-broker-traffic-is-encrypted", "kafka", "encryptionInfo.encryptionInTransit.inCluster", False),
    Case("streams-broker-is-encrypted-with-our-key", "kafka", "encryptionInfo.encryptionAtRestKmsKeyArn"),
    Case("streams-stream-is-encrypted", "stream", "encryptionType", "NONE"),
    Case("streams-stream-is-encrypted", "stream", "kmsKeyId", "alias/aws/kinesis"),
    Case("streams-delivery-is-encrypted", "delivery", "serverSideEncryption.keyArn"),
    Case("search-domain-in-our-network", "vectors", "vpcOptions"),
    Case("search-domain-is-encrypted", "vectors", "encryptAtRest.enabled", False),
    Case("search-domain-is-encrypted", "vectors", "encryptAtRest.kmsKeyId"),
    Case("search-domain-speaks-tls", "vectors", "nodeToNodeEncryption.enabled", False),
    Case("search-domain-speaks-tls", "vectors", "domainEndpointOptions.tlsSecurityPolicy", "Policy-Min-TLS-1-0-2019-07"),
    Case("search-domain-has-access-control", "vectors", "advancedSecurityOptions.enabled", False),
    Case("search-collection-not-public", "collection", "policy", '[{"AllowFromPublic": true}]'),
    Case("caches-cache-is-encrypted", "cache", "transitEncryptionEnabled", False),
    Case("caches-cache-is-encrypted", "cache", "kmsKeyId"),
    Case("caches-cache-asks-who", "cache", "userGroupIds", []),
    Case("caches-cache-fails-over", "cache", "automaticFailoverEnabled", False),
    Case("files-files-are-encrypted-with-our-key", "files", "encrypted", False),
    Case("files-files-are-encrypted-with-our-key", "lustre", "kmsKeyId"),
    Case("files-access-point-is-confined", "files-team", "rootDirectory.path", "/"),
    Case("files-access-point-is-confined", "files-team", "posixUser"),
    Case("files-checkpoints-outlive-a-server", "lustre", "deploymentType", "SCRATCH_2"),
    Case("files-backups-carry-tags", "lustre", "copyTagsToBackups", False),
    # --- functions, Airflow, trails, load balancers
    Case("functions-function-not-public", "function-url", "authorizationType", "NONE"),
    Case("functions-function-not-public", "function-permission", "principal", "*"),
    Case("functions-permission-names-its-source", "function-permission", "sourceArn"),
    Case("functions-runtime-is-supported", "function", "runtime", "python3.8"),
    Case("functions-environment-is-encrypted", "function", "kmsKeyArn"),
    Case("airflow-web-server-not-public", "airflow", "webserverAccessMode", "PUBLIC_ONLY"),
    Case("airflow-environment-is-encrypted", "airflow", "kmsKey"),
    Case("trails-trail-covers-every-region", "trail", "isMultiRegionTrail", False),
    Case("trails-trail-is-validated", "trail", "enableLogFileValidation", False),
    Case("trails-trail-is-encrypted", "trail", "kmsKeyId"),
    Case("trails-trail-is-watched", "trail", "cloudWatchLogsGroupArn"),
    Case("balancers-listener-speaks-tls", "listener", "protocol", "HTTP"),
    Case("balancers-tls-is-of-today", "listener", "sslPolicy", "ELBSecurityPolicy-2016-08"),
    Case("balancers-tls-is-of-today", "listener", "sslPolicy"),
    Case("balancers-invalid-headers-are-dropped", "balancer", "dropInvalidHeaderFields", False),
    Case("balancers-access-is-logged", "balancer", "accessLogs"),
    Case("balancers-balancer-kept-in-production", "balancer", "enableDeletionProtection", False),
    # --- Kubernetes objects
    Case("kubernetes-no-privileged-containers", "pod", f"{POD}.securityContext.privileged", True),
    Case("kubernetes-no-privilege-escalation", "pod", f"{POD}.securityContext.allowPrivilegeEscalation"),
    Case("kubernetes-runs-as-a-user", "pod", "spec.securityContext.runAsNonRoot"),
    Case("kubernetes-runs-as-a-user", "deployment", f"{TEMPLATE}.securityContext.runAsUser", 0),
    Case("kubernetes-drops-capabilities", "pod", f"{POD}.securityContext.capabilities.drop", ["NET_RAW"]),
    Case("kubernetes-drops-capabilities", "stateful", f"{TEMPLATE}.securityContext.capabilities.add", ["SYS_ADMIN"]),
    Case("kubernetes-has-a-seccomp-profile", "pod", "spec.securityContext.seccompProfile"),
    Case("kubernetes-no-host-namespaces", "daemons", "spec.template.spec.hostNetwork", True),
    Case("kubernetes-no-host-namespaces", "pod", f"{POD}.ports.0.hostPort", 8080),
    Case("kubernetes-no-host-paths", "pod", "spec.volumes.0.hostPath", {"path": "/var/run/docker.sock"}),
    Case("kubernetes-root-is-read-only", "nightly", f"spec.jobTemplate.{TEMPLATE}.securityContext.readOnlyRootFilesystem"),
    Case("kubernetes-resources-are-bounded", "pod", f"{POD}.resources.limits", {"nvidia.com/gpu": 1}),
    Case("kubernetes-resources-are-bounded", "pod", f"{POD}.resources.requests", {"memory": "1Gi"}),
    Case("kubernetes-gpus-are-limited", "pod", f"{POD}.resources.limits", {"memory": "16Gi"}),
    Case("kubernetes-gpus-are-limited", "deployment", f"{TEMPLATE}.resources", HALF),
    Case("kubernetes-image-is-pinned", "kubernetes-job", f"{TEMPLATE}.image", "vllm/vllm-openai:latest"),
    Case("kubernetes-no-secrets-in-the-environment", "pod", f"{POD}.env.0", {"name": "WANDB_API_KEY", "value": "abc"}),
    Case("kubernetes-job-has-a-time-limit", "kubernetes-job", "spec.activeDeadlineSeconds"),
    Case("kubernetes-role-is-confined", "namespaced-role", "rules.0.verbs", ["*"]),
    Case("kubernetes-role-is-confined", "cluster-role", "rules.0.verbs", ["get", "escalate"]),
    Case("kubernetes-service-is-internal", "service", "metadata.annotations", {}),
    # --- registry
    Case("registry-images-are-encrypted", "repository", "encryptionConfigurations"),
    Case("registry-images-are-encrypted", "repository", "encryptionConfigurations.0.kmsKey"),
    Case("registry-images-are-scanned", "repository", "imageScanningConfiguration.scanOnPush", False),
    Case("registry-old-images-expire", "repository-lifecycle", REMOVE),
    Case("registry-repository-kept-in-production", "repository", "forceDelete", True),
    Case(
        "registry-repository-not-public",
        "repository-policy",
        "policy",
        document({"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}),
    ),
    Case("registry-tags-are-immutable", "repository", "imageTagMutability", "MUTABLE"),
    # --- s3
    Case("s3-acl-not-public", "data-acl", "acl", "public-read"),
    Case("s3-bucket-ages", "data-lifecycle", REMOVE),
    Case("s3-bucket-denies-plain-http", "data-policy", REMOVE),
    Case("s3-bucket-denies-plain-http", "data-policy", "policy", document({**DENY_HTTP, "Action": "s3:PutObject"})),
    Case("s3-bucket-encrypted-with-customer-key", "data-encryption", REMOVE),
    Case(
        "s3-bucket-encrypted-with-customer-key",
        "data-encryption",
        "rules.0.applyServerSideEncryptionByDefault",
        {"sseAlgorithm": "AES256"},
    ),
    Case("s3-bucket-kept-in-production", "data", "forceDestroy", True),
    Case("s3-bucket-logs-access", "data-logging", REMOVE),
    Case("s3-bucket-public-access-blocked", "data-block", REMOVE),
    Case("s3-bucket-versioned", "data-versioning", REMOVE),
    Case("s3-bucket-versioned", "data-versioning", "versioningConfiguration.status", "Suspended"),
    Case("s3-encryption-uses-bucket-key", "data-encryption", "rules.0.bucketKeyEnabled", False),
    Case("s3-lifecycle-aborts-uploads", "data-lifecycle", "rules.0.abortIncompleteMultipartUpload"),
    Case("s3-ownership-is-enforced", "data-ownership", "rule.objectOwnership", "ObjectWriter"),
    Case("s3-policy-not-public", "data", "policy", EVERYBODY),
    Case("s3-public-access-block-complete", "data-block", "blockPublicAcls", False),
    Case("s3-public-access-block-complete", "data-block", "restrictPublicBuckets"),
    # --- sagemaker
    Case("sagemaker-capture-is-encrypted", "configuration", "dataCaptureConfig.kmsKeyId"),
    Case("sagemaker-endpoint-autoscales", "endpoint-target", REMOVE),
    Case(
        "sagemaker-endpoint-autoscales",
        "configuration",
        "productionVariants.+",
        {"variantName": "b", "instanceType": "ml.m5.large", "initialInstanceCount": 2, "modelName": "m2"},
    ),
    Case("sagemaker-endpoint-captures-data", "configuration", "dataCaptureConfig"),
    Case("sagemaker-endpoint-captures-data", "configuration", "dataCaptureConfig.enableCapture", False),
    Case("sagemaker-endpoint-captures-data", "configuration", "dataCaptureConfig.initialSamplingPercentage", 0),
    Case("sagemaker-endpoint-has-alarms", "alarm", REMOVE),
    Case("sagemaker-endpoint-has-no-shell", "configuration", "productionVariants.0.enableSsmAccess", True),
    Case("sagemaker-endpoint-is-encrypted", "configuration", "kmsKeyArn"),
    Case("sagemaker-endpoint-rolls-back", "endpoint", "deploymentConfig"),
    Case("sagemaker-model-image-is-pinned", "model", "primaryContainer.image", IMAGE.rsplit(":", 1)[0]),
    Case("sagemaker-model-image-is-pinned", "model", "primaryContainer.image", "registry:5000/a/b:latest"),
    Case("sagemaker-model-in-our-network", "model", "vpcConfig"),
    Case("sagemaker-model-is-complete", "model", "primaryContainer"),
    Case("sagemaker-model-is-complete", "model", "executionRoleArn"),
    Case("sagemaker-model-is-isolated", "model", "enableNetworkIsolation", False),
    Case("sagemaker-target-has-a-policy", "endpoint-scaling", REMOVE),
    Case("sagemaker-target-has-room", "endpoint-target", "maxCapacity", 2),
    Case("sagemaker-two-machines-in-production", "configuration", "productionVariants.0.initialInstanceCount", 1),
    # --- secrets
    Case("secretsmanager-secret-can-be-restored", "secret", "recoveryWindowInDays", 0),
    Case("secretsmanager-secret-is-encrypted", "secret", "kmsKeyId"),
    Case(
        "secretsmanager-secret-not-public",
        "secret-policy",
        "policy",
        document(allow("secretsmanager:GetSecretValue", "*", Principal="*")),
    ),
    Case("secretsmanager-secret-rotates", "secret-rotation", REMOVE),
    # --- tags
    Case("tags-data-is-classified", "data", "tags.DataClass"),
    Case("tags-required-tags-are-there", "vpc", "tags.Owner"),
    Case("tags-required-tags-are-there", "job", "tags.CostCenter", ""),
    Case("tags-tags-are-taken-by-aws", "vpc", "tags.aws:x", "y"),
    Case("tags-tags-are-taken-by-aws", "vpc", "tags.Note", "y" * 257),
    # --- training
    Case("training-job-has-a-time-limit", "job", "stoppingCondition.maxRuntimeInSeconds"),
    Case(
        "training-job-has-a-time-limit", "job", "stoppingCondition", {"maxRuntimeInSeconds": 10**7, "maxWaitTimeInSeconds": 10**7}
    ),
    Case("training-job-image-is-pinned", "job", "algorithmSpecification.trainingImage", "training"),
    Case("training-job-in-our-network", "job", "vpcConfig"),
    Case("training-job-is-isolated", "job", "enableNetworkIsolation", False),
    Case("training-job-output-is-encrypted", "job", "outputDataConfig.kmsKeyId"),
    Case("training-job-traffic-is-encrypted", "job", "enableInterContainerTrafficEncryption", False),
    Case("training-job-volume-is-encrypted", "job", "resourceConfig.volumeKmsKeyId"),
    Case("training-spot-job-bounds-its-wait", "job", "stoppingCondition.maxWaitTimeInSeconds"),
    Case("training-spot-job-bounds-its-wait", "job", "stoppingCondition.maxWaitTimeInSeconds", 60),
    Case("training-spot-job-keeps-checkpoints", "job", "checkpointConfig"),
)
# Rules that only a second change can break: what is changed first, as (resource, path, value), then the case.
PAIRS: Final = (
    (
        ("reservation", ADD, (t.CAPACITY_RESERVATION, {"instanceType": "p5.48xlarge", "instanceCount": 4, "tags": TAGS})),
        Case("compute-placement-fits-the-reservation", "template", "capacityReservationSpecification", _BORROWED),
    ),
    (
        (
            "template",
            "capacityReservationSpecification",
            {"capacityReservationTarget": {"capacityReservationResourceGroupArn": "arn"}},
        ),
        Case("compute-spot-takes-no-reservation", "template", "instanceMarketOptions", {"marketType": "spot"}),
    ),
    (
        ("old-rule", "toPort", 3389),
        Case(
            "network-no-admin-port-to-the-world", "old-rule", "cidrBlocks", ["0.0.0.0/0"], ("network-no-data-port-to-the-world",)
        ),
    ),
    (
        ("data-policy", "policy", document(DENY_HTTP, READ)),
        Case(
            "s3-policy-not-public",
            "data-policy",
            "policy",
            document(
                DENY_HTTP, {"Effect": "Allow", "NotPrincipal": {"AWS": ROLE_ARN}, "Action": "s3:GetObject", "Resource": "*"}
            ),
        ),
    ),
    (
        ("data-encryption", "rules.0.bucketKeyEnabled", True),
        Case(
            "s3-bucket-encrypted-with-customer-key",
            "data-encryption",
            "rules.0.applyServerSideEncryptionByDefault.kmsMasterKeyId",
            KEY_ARN.replace("key/11111111-2222-3333-4444-555555555555", "alias/aws/s3"),
        ),
    ),
)
