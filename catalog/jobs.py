"""What SageMaker fixes about a training job: its limits, its phases, and the hyperparameters that are not the script's own."""

from __future__ import annotations

from typing import Final

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
HYPERPARAMETERS: Final = 100
CHANNELS: Final = 20
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AlgorithmSpecification.html
METRICS: Final = 40

# Every hyperparameter of this prefix is the SageMaker SDK's or the toolkit's, never the script's.
# https://github.com/aws/sagemaker-training-toolkit/blob/master/src/sagemaker_training/params.py
SDK_PREFIX: Final = "sagemaker_"
# The script that the SDK brings, and the folder or archive that it is in: a job with the first runs that script.
PROGRAM: Final = "sagemaker_program"
SUBMIT_DIRECTORY: Final = "sagemaker_submit_directory"

# Hyperparameters of our own launcher: the stack's settings decide them, and another value is another job.
OURS: Final = ("workload", "processes_per_host", "data_uri", "checkpoint_uri", "output_uri")

# The log group of every training job.
# https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
LOG_GROUP: Final = "/aws/sagemaker/TrainingJobs"
# The metrics by which our workloads tell their speed; a job has one of them.
RATES: Final = ("tokens_per_second", "samples_per_second")

# A job's TrainingJobStatus once nothing more happens to it.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html
ENDED: Final = frozenset({"Completed", "Failed", "Stopped"})
# Its SecondaryStatus, in the order of a job's life; what ends one last.
PHASES: Final = (
    "Starting",
    "Pending",
    "LaunchingMLInstances",
    "PreparingTrainingStack",
    "Downloading",
    "DownloadingTrainingImage",
    "Training",
    "Uploading",
    "Restarting",
    "Updating",
    "Interrupted",
    "MaxRuntimeExceeded",
    "MaxWaitTimeExceeded",
    "Stopping",
    "Completed",
    "Failed",
    "Stopped",
)
