# The training image. Build from the repository's root:
#   docker build -f workloads/images/training.Dockerfile -t slipway-training .
# The base is named by digest, so the same source is the same image. Renew it with
#   docker buildx imagetools inspect python:3.11-slim-bookworm
ARG BASE_IMAGE=python:3.11.16-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

FROM ${BASE_IMAGE} AS dependencies
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN ["python", "-m", "venv", "/opt/venv"]
# Before the source, so that a changed line of ours does not install PyTorch anew. Its wheels bring CUDA, the host the driver.
COPY requirements/workloads.txt /tmp/workloads.txt
RUN ["/opt/venv/bin/pip", "install", "--require-hashes", "--no-deps", "-r", "/tmp/workloads.txt"]

FROM ${BASE_IMAGE}
COPY --from=dependencies /opt/venv /opt/venv
COPY workloads /opt/slipway/workloads
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/opt/slipway PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /opt/slipway
# No USER: SageMaker runs containers as root and owns /opt/ml so. On Kubernetes set securityContext.runAsUser: nothing needs root
# but the folders of the contract, which that user must be able to write (SAGEMAKER_BASE_DIR moves them).
# Exec form: the shell form would put a shell at PID 1, and SIGTERM would never reach the job.
ENTRYPOINT ["python", "-m", "workloads.entrypoint"]
CMD ["train"]
