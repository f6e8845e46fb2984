# The model server's image. Build from the repository's root:
#   docker build -f workloads/images/serving.Dockerfile -t slipway-serving .
# The base is named by digest, so the same source is the same image. Renew it with
#   docker buildx imagetools inspect python:3.11-slim-bookworm
ARG BASE_IMAGE=python:3.11.16-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

FROM ${BASE_IMAGE} AS dependencies
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN ["python", "-m", "venv", "/opt/venv"]
# Before the source, so that a changed line of ours does not install PyTorch anew.
COPY requirements/workloads.txt /tmp/workloads.txt
RUN ["/opt/venv/bin/pip", "install", "--require-hashes", "--no-deps", "-r", "/tmp/workloads.txt"]

FROM ${BASE_IMAGE}
# SageMaker may put several containers behind one endpoint, each on a port of its own (SAGEMAKER_BIND_TO_PORT).
LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true
COPY --from=dependencies /opt/venv /opt/venv
COPY workloads /opt/slipway/workloads
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/opt/slipway PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1
WORKDIR /opt/slipway
EXPOSE 8080
# SageMaker asks /ping itself; this is for Docker and Compose. start-period: PyTorch takes seconds to import.
HEALTHCHECK --interval=10s --timeout=2s --start-period=60s --retries=3 CMD ["python", "-m", "workloads.serving.healthcheck"]
# No USER: SageMaker runs containers as root. On Kubernetes set securityContext.runAsUser; the server only reads /opt/ml/model.
# Exec form: the shell form would put a shell at PID 1, and SIGTERM would never reach the server.
ENTRYPOINT ["python", "-m", "workloads.entrypoint"]
CMD ["serve"]
