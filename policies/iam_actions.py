"""IAM grants that are too wide: managed policies, actions that lead to more rights, reads of all data, and services that another
account can use."""

from __future__ import annotations

from typing import Final

# Managed policies that grant the whole account, or a service together with PassRole and every bucket.
TOO_WIDE_POLICIES: Final = frozenset(
    {
        "AdministratorAccess",
        "IAMFullAccess",
        "PowerUserAccess",
        "AmazonSageMakerFullAccess",
        "AmazonBedrockFullAccess",
        "AmazonS3FullAccess",
        "AmazonEC2FullAccess",
        "AWSKeyManagementServicePowerUser",
        "SecretsManagerReadWrite",
    }
)
# Actions that suffice alone to act as an existing role or to remove a permissions boundary. cloudsplaining does not list them, or
# lists them only together with actions that every workload has. https://bishopfox.com/blog/privilege-escalation-in-aws
ESCALATING_ACTIONS: Final = (
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
    "lambda:UpdateFunctionConfiguration",
    "cloudformation:ExecuteChangeSet",
    "ec2-instance-connect:SendSSHPublicKey",
    "ecs:ExecuteCommand",
    "ssm:SendCommand",
    "ssm:StartSession",
    "sagemaker:CreatePresignedDomainUrl",
    "sagemaker:UpdateNotebookInstance",
)
# Reads of all data of a kind that cloudsplaining does not list: objects, and the rows of tables.
DATA_READS: Final = ("s3:GetObject", "dynamodb:GetItem", "dynamodb:Scan")
# Logins that take no resource and return a token for the caller's own pulls. Every workload that pulls images needs one.
REGISTRY_LOGINS: Final = frozenset({"ecr:getauthorizationtoken", "ecr-public:getauthorizationtoken"})
DECRYPTIONS: Final = ("kms:Decrypt", "kms:ReEncryptFrom")
# Services that another customer can make use a role of ours, unless the role's trust policy names the source.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
DEPUTIES: Final = frozenset(
    {
        "bedrock.amazonaws.com",
        "budgets.amazonaws.com",
        "cloudtrail.amazonaws.com",
        "delivery.logs.amazonaws.com",
        "sagemaker.amazonaws.com",
        "scheduler.amazonaws.com",
        "states.amazonaws.com",
        "vpc-flow-logs.amazonaws.com",
    }
)
