"""The cases of the rules on Kubernetes objects; `cases.py` explains them."""

from __future__ import annotations

from typing import Final

from catalog.types import kubernetes
from tests.policies.case import Case, added, harmless, removed, set_, without

POD: Final = "spec.containers.0"
TEMPLATE: Final = "spec.template.spec.containers.0"
HALF: Final = {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi", "nvidia.com/gpu": "0.5"}}
_NO_GPU: Final = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}
_ENFORCE: Final = "pod-security.kubernetes.io/enforce"

KUBERNETES_CASES: Final = (
    Case("kubernetes-no-privileged-containers", "pod", set_(f"{POD}.securityContext.privileged", True)),
    Case("kubernetes-no-privilege-escalation", "pod", without(f"{POD}.securityContext.allowPrivilegeEscalation")),
    Case("kubernetes-runs-as-a-user", "pod", without("spec.securityContext.runAsNonRoot")),
    Case("kubernetes-runs-as-a-user", "deployment", set_(f"{TEMPLATE}.securityContext.runAsUser", 0)),
    Case("kubernetes-drops-capabilities", "pod", set_(f"{POD}.securityContext.capabilities.drop", ["NET_RAW"])),
    Case("kubernetes-drops-capabilities", "stateful", set_(f"{TEMPLATE}.securityContext.capabilities.add", ["SYS_ADMIN"])),
    Case("kubernetes-has-a-seccomp-profile", "pod", without("spec.securityContext.seccompProfile")),
    Case("kubernetes-no-host-namespaces", "daemons", set_("spec.template.spec.hostNetwork", True)),
    Case("kubernetes-no-host-namespaces", "pod", set_(f"{POD}.ports.0.hostPort", 8080)),
    Case("kubernetes-no-host-paths", "pod", set_("spec.volumes.0.hostPath", {"path": "/var/run/docker.sock"})),
    Case(
        "kubernetes-root-is-read-only", "nightly", without(f"spec.jobTemplate.{TEMPLATE}.securityContext.readOnlyRootFilesystem")
    ),
    Case("kubernetes-resources-are-bounded", "pod", set_(f"{POD}.resources.limits", {"nvidia.com/gpu": 1})),
    Case("kubernetes-resources-are-bounded", "pod", set_(f"{POD}.resources.requests", {"memory": "1Gi"})),
    Case(
        "kubernetes-gpus-are-limited",
        "pod",
        set_(f"{POD}.resources.limits", {"memory": "16Gi"}),
        also=("kubernetes-gpu-taint-is-for-gpu-pods",),
    ),
    Case("kubernetes-gpus-are-limited", "deployment", set_(f"{TEMPLATE}.resources", HALF)),
    Case("kubernetes-gpu-pods-tolerate-the-taint", "pod", without("spec.tolerations")),
    Case("kubernetes-image-is-pinned", "kubernetes-job", set_(f"{TEMPLATE}.image", "vllm/vllm-openai:latest")),
    Case("kubernetes-no-secrets-in-the-environment", "pod", set_(f"{POD}.env.0", {"name": "WANDB_API_KEY", "value": "abc"})),
    Case("kubernetes-job-has-a-time-limit", "kubernetes-job", without("spec.activeDeadlineSeconds")),
    Case("kubernetes-role-is-confined", "namespaced-role", set_("rules.0.verbs", ["*"])),
    Case("kubernetes-role-is-confined", "cluster-role", set_("rules.0.verbs", ["get", "escalate"])),
    Case("kubernetes-service-is-internal", "service", set_("metadata.annotations", {})),
    Case("kubernetes-role-is-confined", "cluster-role", set_("rules.0.resources", ["nodes/proxy"])),
    Case("kubernetes-gpu-taint-is-for-gpu-pods", "deployment", set_(f"{TEMPLATE}.resources", _NO_GPU)),
    Case("kubernetes-token-is-not-everybodys", "pod", without("spec.automountServiceAccountToken")),
    Case("kubernetes-token-is-not-everybodys", "device-plugin", set_("spec.template.spec.serviceAccountName", "default")),
    Case("kubernetes-job-gives-up-and-goes-away", "kubernetes-job", without("spec.backoffLimit")),
    Case("kubernetes-job-gives-up-and-goes-away", "kubernetes-job", without("spec.ttlSecondsAfterFinished")),
    Case("kubernetes-serving-pods-say-whether-they-can", "deployment", without(f"{TEMPLATE}.readinessProbe")),
    Case("kubernetes-serving-pods-say-whether-they-can", "stateful", without(f"{TEMPLATE}.livenessProbe")),
    Case("kubernetes-serving-two-replicas-in-production", "deployment", without("spec.replicas")),
    Case("kubernetes-serving-two-replicas-in-production", "stateful", set_("spec.replicas", 1)),
    Case("kubernetes-serving-budget-lets-nodes-go", "budget-of-pods", set_("spec", {"maxUnavailable": 0})),
    Case("kubernetes-serving-budget-lets-nodes-go", "budget-of-pods", set_("spec", {"minAvailable": "100%"})),
    Case("kubernetes-serving-budget-lets-nodes-go", "budget-of-pods", without("spec.maxUnavailable")),
    Case("namespaces-pods-are-held-to-a-standard", "training", without("metadata.labels")),
    Case("namespaces-pods-are-held-to-a-standard", "training", set_("metadata.labels", {_ENFORCE: "privileged"})),
    Case("namespaces-network-is-policed", "training-network", removed()),
    Case("namespaces-network-is-policed", "training-network", set_("metadata.namespace", "elsewhere")),
    Case("namespaces-network-is-policed", "training-network", set_("spec.podSelector", {"matchLabels": {"app": "ray"}})),
    Case("namespaces-gpus-have-a-quota", "training-quota", removed()),
    Case("namespaces-gpus-have-a-quota", "training-quota", set_("spec.hard", {"requests.cpu": "64", "pods": "10"})),
    Case("namespaces-default-is-left-empty", "pod", without("metadata.namespace")),
    Case("namespaces-default-is-left-empty", "nightly", set_("metadata.namespace", "default")),
    Case("namespaces-nobody-is-cluster-admin", "binding", set_("roleRef.name", "cluster-admin")),
)
# Changes that come near to breaking a rule and break none.
KUBERNETES_HARMLESS: Final = (
    harmless("budget-of-pods", set_("spec", {"minAvailable": 1})),
    harmless("budget-of-pods", set_("spec", {"maxUnavailable": "25%"})),
    harmless("deployment", set_("spec.replicas", 0)),
    harmless("pod", set_("spec.tolerations", [{"key": "team", "operator": "Exists"}, {"operator": "Exists"}])),
    harmless("training", set_("metadata.labels", {_ENFORCE: "baseline"})),
    harmless("system", added(kubernetes.NAMESPACE.token, {"metadata": {"name": "kube-system"}})),
)
