"""What in IAM is too much: managed policies, actions that lead further, reads of everything, services that can be borrowed."""

from __future__ import annotations

from typing import Final

# Managed policies that give the account, or a service with PassRole and every bucket, away.
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
# Enough by itself to act as a role that is there already, or to lift a boundary: what cloudsplaining's list has not, or only
# together with actions that every workload has. https://bishopfox.com/blog/privilege-escalation-in-aws
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
# Reads of what others keep, beside cloudsplaining's: the rows of every table.
DATA_READS: Final = ("s3:GetObject", "dynamodb:GetItem", "dynamodb:Scan")
# Logins that take no resource and hand out a token for one's own pulls: every workload that has images needs one.
REGISTRY_LOGINS: Final = frozenset({"ecr:getauthorizationtoken", "ecr-public:getauthorizationtoken"})
DECRYPTIONS: Final = ("kms:Decrypt", "kms:ReEncryptFrom")
# Services that can be made to use a role for another customer's resource, unless its trust policy names the source.
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
