"""What the answers of moto are worth, service by service: which operations really happen, and which moto only says have happened.

An operation that moto answers and that is named in neither way is kept: what is asked for is recorded and given back, and nothing
behaves. What runs here (training jobs, endpoints) is told by the code that runs it, and needs no line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

ALL: Final = frozenset({"*"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """done      operations whose effect really happens; ALL for every one that is answered and not invented
    invented  why nothing of what moto says has happened -> the operations that say it: they are refused
    """

    done: frozenset[str] = frozenset()
    invented: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def reason(self, operation: str) -> str:
        """Why the operation is refused; "" where it is not invented."""
        return next((why for why, operations in self.invented.items() if operation in operations), "")


def _invented(why: str, *operations: str) -> Mapping[str, tuple[str, ...]]:
    return {why: operations}


_NO_MODEL: Final = "no model answers here, so what it would find cannot be said"
_NO_CONTAINER: Final = "no container runs for it here"
_NO_ENGINE: Final = "no engine runs here that would execute it"
_NO_COPY: Final = "nothing is copied or converted here"
_RESULTS_OF_NO_ENGINE: Final = "the rows would be made up: no engine runs here that executes statements"

CONDUCT: Final[Mapping[str, Conduct]] = {
    # Data that is put and comes back, by services that are whole here.
    "cloudformation": Conduct(done=ALL),
    "cloudwatch": Conduct(done=frozenset({"PutMetricData", "GetMetricData", "GetMetricStatistics", "ListMetrics"})),
    "dynamodb": Conduct(done=ALL),
    "dynamodbstreams": Conduct(done=ALL),
    "ebs": Conduct(done=ALL),
    "events": Conduct(done=frozenset({"PutEvents", "TestEventPattern", "StartReplay"})),
    "firehose": Conduct(done=frozenset({"PutRecord", "PutRecordBatch"})),
    "glacier": Conduct(done=ALL),
    "iot-data": Conduct(done=frozenset({"GetThingShadow", "UpdateThingShadow", "DeleteThingShadow"})),
    "kinesis": Conduct(done=ALL),
    "kms": Conduct(done=ALL),
    "logs": Conduct(done=ALL),
    "mediastore-data": Conduct(done=ALL),
    "resourcegroupstaggingapi": Conduct(done=ALL),
    "s3": Conduct(
        done=frozenset(
            {
                *("CreateBucket", "DeleteBucket", "HeadBucket", "ListBuckets", "GetBucketLocation"),
                *("PutObject", "GetObject", "HeadObject", "DeleteObject", "DeleteObjects", "CopyObject", "GetObjectAttributes"),
                *("ListObjects", "ListObjectsV2", "ListObjectVersions", "GetBucketVersioning", "PutBucketVersioning"),
                *("CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload", "AbortMultipartUpload"),
                *("ListParts", "ListMultipartUploads", "SelectObjectContent"),
                *("PutObjectTagging", "GetObjectTagging", "DeleteObjectTagging"),
                *("PutBucketPolicy", "GetBucketPolicy", "DeleteBucketPolicy", "GetBucketPolicyStatus"),
            }
        )
    ),
    "sdb": Conduct(done=ALL),
    "secretsmanager": Conduct(done=ALL),
    "sns": Conduct(done=frozenset({"Publish", "PublishBatch"})),
    "sqs": Conduct(done=ALL),
    "sts": Conduct(done=ALL),
    "swf": Conduct(done=ALL),
    "timestream-write": Conduct(done=ALL),
    "iam": Conduct(done=frozenset({"GenerateCredentialReport", "GetCredentialReport"})),
    "ssm": Conduct(
        done=frozenset(
            {"PutParameter", "GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory", "DescribeParameters"}
            | {"DeleteParameter", "DeleteParameters", "LabelParameterVersion", "UnlabelParameterVersion"}
        ),
        invented=_invented("no agent runs on an instance here that would execute it", "SendCommand"),
    ),
    # Machine learning: moto says Completed, and nothing has run.
    "sagemaker": Conduct(
        done=frozenset({"Search", "DescribeTrainingJob", "ListTrainingJobs", "DescribeEndpoint", "ListEndpoints"}),
        invented={
            _NO_CONTAINER: (*("CreateTransformJob", "CreateAutoMLJobV2", "StartPipelineExecution"),),
            "no compiler runs here": ("CreateCompilationJob",),
        },
    ),
    "sagemaker-runtime": Conduct(
        invented=_invented("no queue of an asynchronous endpoint runs here; InvokeEndpoint does", "InvokeEndpointAsync")
    ),
    "bedrock": Conduct(invented=_invented("no model is trained for it here", "CreateModelCustomizationJob")),
    "bedrock-runtime": Conduct(invented=_invented(_NO_MODEL, "InvokeModel")),
    "comprehend": Conduct(
        invented={
            _NO_MODEL: (
                *("DetectPiiEntities", "DetectKeyPhrases", "DetectSentiment", "StartPiiEntitiesDetectionJob"),
                *("StartKeyPhrasesDetectionJob", "StartSentimentDetectionJob", "StartTargetedSentimentDetectionJob"),
                *("StartDominantLanguageDetectionJob", "StartEntitiesDetectionJob", "StartTopicsDetectionJob"),
                *("StartDocumentClassificationJob", "StartEventsDetectionJob"),
            ),
            "no model is trained or served for it here": (
                *("CreateEntityRecognizer", "CreateDocumentClassifier", "CreateEndpoint", "StartFlywheelIteration"),
            ),
        }
    ),
    "polly": Conduct(invented=_invented("no voice speaks here", "SynthesizeSpeech")),
    "rekognition": Conduct(
        invented={
            _NO_MODEL: (
                *("CompareFaces", "DetectLabels", "DetectText", "DetectCustomLabels", "StartFaceSearch", "StartTextDetection"),
                *("GetFaceSearch", "GetTextDetection"),
            )
        }
    ),
    "textract": Conduct(
        invented=_invented(_NO_MODEL, "DetectDocumentText", "StartDocumentTextDetection", "StartDocumentAnalysis")
    ),
    "transcribe": Conduct(invented=_invented(_NO_MODEL, "StartTranscriptionJob", "StartMedicalTranscriptionJob")),
    # Queries, jobs and builds: moto says that they succeeded, and nothing was executed.
    "athena": Conduct(invented=_invented(_RESULTS_OF_NO_ENGINE, "StartQueryExecution")),
    "rds-data": Conduct(invented=_invented(_RESULTS_OF_NO_ENGINE, "ExecuteStatement")),
    "redshift-data": Conduct(invented=_invented(_RESULTS_OF_NO_ENGINE, "ExecuteStatement")),
    "batch": Conduct(invented=_invented(_NO_CONTAINER, "SubmitJob")),
    "codebuild": Conduct(invented=_invented("nothing is built here", "StartBuild")),
    "codedeploy": Conduct(invented=_invented("nothing is deployed here", "CreateDeployment")),
    "codepipeline": Conduct(invented=_invented("no stage of a pipeline runs here", "StartPipelineExecution")),
    "datasync": Conduct(invented=_invented(_NO_COPY, "StartTaskExecution")),
    "dms": Conduct(invented=_invented(_NO_COPY, "StartReplicationTask", "TestConnection")),
    "ecs": Conduct(invented=_invented(_NO_CONTAINER, "RunTask", "StartTask")),
    "emr": Conduct(invented=_invented(_NO_ENGINE, "AddJobFlowSteps")),
    "emr-containers": Conduct(invented=_invented(_NO_ENGINE, "StartJobRun")),
    "emr-serverless": Conduct(invented=_invented(_NO_ENGINE, "StartJobRun")),
    "fis": Conduct(invented=_invented("no fault is injected here", "StartExperiment")),
    "glue": Conduct(
        invented=_invented(_NO_ENGINE, "StartJobRun", "StartCrawler", "StartTrigger", "StartWorkflowRun", "CreateSession")
    ),
    "lambda": Conduct(invented=_invented("no function runs here", "Invoke", "InvokeAsync")),
    "stepfunctions": Conduct(invented=_invented("no state machine is executed here", "StartExecution", "StartSyncExecution")),
    "quicksight": Conduct(invented=_invented("nothing is ingested here", "CreateIngestion")),
    "rds": Conduct(invented=_invented(_NO_COPY, "StartExportTask")),
    # Findings and effects that nobody has had.
    "ec2-instance-connect": Conduct(
        invented=_invented("no instance runs here", "SendSSHPublicKey", "SendSerialConsoleSSHPublicKey")
    ),
    "ecr": Conduct(invented=_invented("no image is scanned here", "StartImageScan", "DescribeImageScanFindings")),
    "kinesis-video-archived-media": Conduct(
        invented=_invented("no video is kept here", "GetClip", "GetDASHStreamingSessionURL", "GetHLSStreamingSessionURL")
    ),
    "route53domains": Conduct(invented=_invented("no domain is registered here", "RegisterDomain")),
    "support": Conduct(invented=_invented("nothing is checked here", "RefreshTrustedAdvisorCheck")),
}

# The operations of services whose methods in moto are not named after their operations.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html; the rest falls through to another operation in moto.
NAMED_OTHERWISE: Final[Mapping[str, frozenset[str]]] = {
    "s3": frozenset(
        {
            *CONDUCT["s3"].done,
            *("GetBucketAcl", "GetBucketCors", "GetBucketEncryption", "GetBucketLifecycle", "GetBucketLifecycleConfiguration"),
            *("GetBucketLogging", "GetBucketNotification", "GetBucketNotificationConfiguration", "GetBucketOwnershipControls"),
            *("GetBucketReplication", "GetBucketTagging", "GetBucketWebsite", "GetPublicAccessBlock"),
            *("GetBucketAccelerateConfiguration", "GetBucketInventoryConfiguration", "ListBucketInventoryConfigurations"),
            *("GetObjectAcl", "GetObjectLegalHold", "GetObjectLockConfiguration"),
            *("PutBucketAcl", "PutBucketCors", "PutBucketEncryption", "PutBucketLifecycle", "PutBucketLifecycleConfiguration"),
            *("PutBucketLogging", "PutBucketNotification", "PutBucketNotificationConfiguration", "PutBucketOwnershipControls"),
            *("PutBucketReplication", "PutBucketTagging", "PutBucketWebsite", "PutPublicAccessBlock"),
            *("PutBucketAccelerateConfiguration", "PutBucketInventoryConfiguration", "PutObjectAcl", "PutObjectLegalHold"),
            *("PutObjectLockConfiguration", "PutObjectRetention", "RestoreObject"),
            *("DeleteBucketCors", "DeleteBucketEncryption", "DeleteBucketLifecycle", "DeleteBucketOwnershipControls"),
            *("DeleteBucketReplication", "DeleteBucketTagging", "DeleteBucketWebsite", "DeletePublicAccessBlock"),
        }
    ),
    "polly": frozenset({"DescribeVoices", "ListLexicons", "GetLexicon", "PutLexicon", "DeleteLexicon", "SynthesizeSpeech"}),
    "xray": frozenset({"PutTelemetryRecords", "PutTraceSegments", "GetTraceSummaries", "BatchGetTraces"}),
    "es": frozenset(
        {
            *("CreateElasticsearchDomain", "DescribeElasticsearchDomain", "DeleteElasticsearchDomain", "ListDomainNames"),
            *("DescribeElasticsearchDomainConfig", "DescribeElasticsearchDomains", "AddTags", "ListTags", "RemoveTags"),
        }
    ),
}
