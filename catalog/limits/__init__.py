"""AWS's fixed limits, and those that our guards draw inside them. Each stands under its source.

What an account's quota may raise is AWS's default here; `slipway preflight` asks the account.
"""

from __future__ import annotations

from typing import Final

# Names, in characters.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
S3_BUCKET_NAME: Final = 63
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
IAM_ROLE_NAME: Final = 64
IAM_POLICY_NAME: Final = 128
# https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
EKS_CLUSTER_NAME: Final = 100
# https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html
EKS_NODE_GROUP_NAME: Final = 63
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
SAGEMAKER_NAME: Final = 63
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
SQS_QUEUE_NAME: Final = 80
# https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
SCHEDULE_NAME: Final = 64
# https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/management-limits.html
BUDGET_NAME: Final = 100
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
ALARM_NAME: Final = 255
# https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
TAG_KEY: Final = 128
TAG_VALUE: Final = 256
TAGS_A_RESOURCE: Final = 50

# Nodes of a managed node group: the quota L-BD136A63 as a new account has it.
# https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html
NODES_A_GROUP: Final = 450
# The guard's: 64 machines of eight H100 are about $2.5 million a month. A larger pool is a decision of its own, not a default.
GUARDED_GPU_NODES: Final = 64

# Seconds that a training job may run, or a spot job may wait and run: what CreateTrainingJob takes.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html
JOB_SECONDS: Final = 28 * 24 * 3600
# What a job that says nothing may run, by the same page.
DEFAULT_JOB_SECONDS: Final = 24 * 3600
# The guard's: the quota "Longest run time for a training job" as a new account has it.
# https://docs.aws.amazon.com/general/latest/gr/sagemaker.html
GUARDED_JOB_SECONDS: Final = 5 * 24 * 3600

# Addresses of a subnet that are AWS's: the first four and the last.
# https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
RESERVED_ADDRESSES: Final = 5
