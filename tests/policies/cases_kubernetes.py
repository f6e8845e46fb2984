"""What breaks the rules on Kubernetes objects; see cases.py."""

from __future__ import annotations

from typing import Final

from catalog.types import kubernetes
from tests.policies.case import ADD, REMOVE, Case

POD: Final = "spec.containers.0"
TEMPLATE: Final = "spec.template.spec.containers.0"
HALF: Final = {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi", "nvidia.com/gpu": "0.5"}}
_NO_GPU: Final = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}
_ENFORCE: Final = "pod-security.kubernetes.io/enforce"

KUBERNETES_CASES: Final = (
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
    Case(
        "kubernetes-gpus-are-limited",
        "pod",
        f"{POD}.resources.limits",
        {"memory": "16Gi"},
        ("kubernetes-gpu-taint-is-for-gpu-pods",),
    ),
    Case("kubernetes-gpus-are-limited", "deployment", f"{TEMPLATE}.resources", HALF),
    Case("kubernetes-gpu-pods-tolerate-the-taint", "pod", "spec.tolerations"),
    Case("kubernetes-image-is-pinned", "kubernetes-job", f"{TEMPLATE}.image", "vllm/vllm-openai:latest"),
    Case("kubernetes-no-secrets-in-the-environment", "pod", f"{POD}.env.0", {"name": "WANDB_API_KEY", "value": "abc"}),
    Case("kubernetes-job-has-a-time-limit", "kubernetes-job", "spec.activeDeadlineSeconds"),
    Case("kubernetes-role-is-confined", "namespaced-role", "rules.0.verbs", ["*"]),
    Case("kubernetes-role-is-confined", "cluster-role", "rules.0.verbs", ["get", "escalate"]),
    Case("kubernetes-service-is-internal", "service", "metadata.annotations", {}),
    Case("kubernetes-role-is-confined", "cluster-role", "rules.0.resources", ["nodes/proxy"]),
    Case("kubernetes-gpu-taint-is-for-gpu-pods", "deployment", f"{TEMPLATE}.resources", _NO_GPU),
    Case("kubernetes-token-is-not-everybodys", "pod", "spec.automountServiceAccountToken"),
    Case("kubernetes-token-is-not-everybodys", "device-plugin", "spec.template.spec.serviceAccountName", "default"),
    Case("kubernetes-job-gives-up-and-goes-away", "kubernetes-job", "spec.backoffLimit"),
    Case("kubernetes-job-gives-up-and-goes-away", "kubernetes-job", "spec.ttlSecondsAfterFinished"),
    Case("kubernetes-serving-pods-say-whether-they-can", "deployment", f"{TEMPLATE}.readinessProbe"),
    Case("kubernetes-serving-pods-say-whether-they-can", "stateful", f"{TEMPLATE}.livenessProbe"),
    Case("kubernetes-serving-two-replicas-in-production", "deployment", "spec.replicas"),
    Case("kubernetes-serving-two-replicas-in-production", "stateful", "spec.replicas", 1),
    Case("kubernetes-serving-budget-lets-nodes-go", "budget-of-pods", "spec", {"maxUnavailable": 0}),
    Case("kubernetes-serving-budget-lets-nodes-go", "budget-of-pods", "spec", {"minAvailable": "100%"}),
    Case("kubernetes-serving-budget-lets-nodes-go", "budget-of-pods", "spec.maxUnavailable"),
    Case("namespaces-pods-are-held-to-a-standard", "training", "metadata.labels"),
    Case(
        "namespaces-pods-are-held-to-a-standard",
        "training",
        "metadata.labels",
        {_ENFORCE: "privileged"},
    ),
    Case("namespaces-network-is-policed", "training-network", REMOVE),
    Case("namespaces-network-is-policed", "training-network", "metadata.namespace", "elsewhere"),
    Case("namespaces-network-is-policed", "training-network", "spec.podSelector", {"matchLabels": {"app": "ray"}}),
    Case("namespaces-gpus-have-a-quota", "training-quota", REMOVE),
    Case("namespaces-gpus-have-a-quota", "training-quota", "spec.hard", {"requests.cpu": "64", "pods": "10"}),
    Case("namespaces-default-is-left-empty", "pod", "metadata.namespace"),
    Case("namespaces-default-is-left-empty", "nightly", "metadata.namespace", "default"),
    Case("namespaces-nobody-is-cluster-admin", "binding", "roleRef.name", "cluster-admin"),
)
# What is right however near it comes: no rule speaks.
KUBERNETES_KEPT: Final = (
    Case("", "budget-of-pods", "spec", {"minAvailable": 1}),
    Case("", "budget-of-pods", "spec", {"maxUnavailable": "25%"}),
    Case("", "deployment", "spec.replicas", 0),
    Case("", "pod", "spec.tolerations", [{"key": "team", "operator": "Exists"}, {"operator": "Exists"}]),
    Case("", "training", "metadata.labels", {_ENFORCE: "baseline"}),
    Case("", "system", ADD, (kubernetes.NAMESPACE.token, {"metadata": {"name": "kube-system"}})),
)
