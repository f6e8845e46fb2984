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
# One of these on any identity is enough to become an administrator.
# https://github.com/salesforce/cloudsplaining, shared/constants.py; https://bishopfox.com/blog/privilege-escalation-in-aws
ESCALATIONS: Final = (
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:AttachUserPolicy",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:PutUserPolicy",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:AddUserToGroup",
    "iam:UpdateAssumeRolePolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
    # Other code, or a shell, under a role that is there already.
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "glue:UpdateDevEndpoint",
    "cloudformation:ExecuteChangeSet",
    "ec2-instance-connect:SendSSHPublicKey",
    "ecs:ExecuteCommand",
    "ssm:SendCommand",
    "ssm:StartSession",
    "sagemaker:CreatePresignedDomainUrl",
    "sagemaker:CreatePresignedNotebookInstanceUrl",
    "sagemaker:UpdateNotebookInstance",
)
DATA_READS: Final = (
    "s3:GetObject",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "dynamodb:GetItem",
    "dynamodb:Scan",
)
DECRYPTIONS: Final = ("kms:Decrypt", "kms:ReEncryptFrom")
# Services whose roles can be borrowed for somebody else's resource unless the source is named.
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
