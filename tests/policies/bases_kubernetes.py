"""Valid Kubernetes objects, as pulumi-kubernetes spells them."""

from __future__ import annotations

from typing import Any, Final

from catalog.types import kubernetes
from tests.policies.parts import IMAGE


def pod() -> dict[str, Any]:
    """A pod's specification that keeps every rule: a new one for each object, so that changing one changes no other."""
    return {
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
        "volumes": [{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "8Gi"}}],
        "containers": [
            {
                "name": "main",
                "image": IMAGE,
                "env": [{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "token"}}}],
                "ports": [{"containerPort": 8080}],
                "readinessProbe": {"httpGet": {"path": "/ping", "port": 8080}},
                "livenessProbe": {"httpGet": {"path": "/ping", "port": 8080}},
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"], "add": ["IPC_LOCK"]},
                },
                "resources": {
                    "requests": {"cpu": "4", "memory": "16Gi", "nvidia.com/gpu": 1},
                    "limits": {"memory": "16Gi", "nvidia.com/gpu": 1},
                },
            }
        ],
    }


def in_training() -> dict[str, Any]:
    """The metadata of an object in the namespace `training`, new for each object."""
    return {"metadata": {"namespace": "training"}}


KUBERNETES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    # --- Kubernetes objects
    "pod": (kubernetes.POD.token, {**in_training(), "spec": pod()}),
    "deployment": (kubernetes.DEPLOYMENT.token, {**in_training(), "spec": {"replicas": 2, "template": {"spec": pod()}}}),
    "stateful": (kubernetes.STATEFUL_SET.token, {**in_training(), "spec": {"replicas": 2, "template": {"spec": pod()}}}),
    "daemons": (kubernetes.DAEMON_SET.token, {"metadata": {"namespace": "tools"}, "spec": {"template": {"spec": pod()}}}),
    "kubernetes-job": (
        kubernetes.JOB.token,
        {
            **in_training(),
            "spec": {
                "activeDeadlineSeconds": 3600,
                "backoffLimit": 0,
                "ttlSecondsAfterFinished": 86400,
                "template": {"spec": pod()},
            },
        },
    ),
    "nightly": (kubernetes.CRON_JOB.token, {**in_training(), "spec": {"jobTemplate": {"spec": {"template": {"spec": pod()}}}}}),
    "device-plugin": (
        kubernetes.DAEMON_SET.token,
        {
            "metadata": {"namespace": "kube-system"},
            "spec": {
                "template": {
                    "spec": {
                        "serviceAccountName": "device-plugin",
                        "hostNetwork": True,
                        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
                        "volumes": [{"name": "plugins", "hostPath": {"path": "/var/lib/kubelet/device-plugins"}}],
                        "containers": [
                            {
                                "name": "plugin",
                                "image": IMAGE,
                                "securityContext": {"privileged": True, "readOnlyRootFilesystem": True},
                                "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
                            }
                        ],
                    }
                }
            },
        },
    ),
    "service": (
        kubernetes.SERVICE.token,
        {
            "metadata": {"annotations": {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"}},
            "spec": {"type": "LoadBalancer", "ports": [{"port": 443}]},
        },
    ),
    "namespaced-role": (kubernetes.ROLE.token, {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]}),
    "training": (
        kubernetes.NAMESPACE.token,
        {"metadata": {"name": "training", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
    ),
    "training-network": (
        kubernetes.NETWORK_POLICY.token,
        {**in_training(), "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}},
    ),
    "training-quota": (kubernetes.RESOURCE_QUOTA.token, {**in_training(), "spec": {"hard": {"requests.nvidia.com/gpu": "16"}}}),
    "budget-of-pods": (kubernetes.POD_DISRUPTION_BUDGET.token, {**in_training(), "spec": {"maxUnavailable": 1}}),
    "binding": (kubernetes.CLUSTER_ROLE_BINDING.token, {"roleRef": {"kind": "ClusterRole", "name": "view"}}),
    "cluster-role": (kubernetes.CLUSTER_ROLE.token, {"rules": [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}]}),
}
