"""What runs on the platform: PyTorch workloads that know only the SageMaker container contract, never Pulumi or infra."""
