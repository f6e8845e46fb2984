"""Kubernetes objects: pods that cannot take their node, bounded in what they use, and roles that say what they are for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from catalog.types import kubernetes
from policies.checks import pinned
from policies.pods import PODS, containers, pod_of
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict, every
from tools.plan.reader import Block
from tools.plan.view import ResourceView

# The resource names under which device plugins offer accelerators: https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/
_GPUS: Final = ("nvidia.com/gpu", "aws.amazon.com/neuron", "aws.amazon.com/neuroncore", "amd.com/gpu")
# Capabilities that a container may add. RDMA (EFA) pins memory, which takes IPC_LOCK.
_CAPABILITIES: Final = frozenset({"NET_BIND_SERVICE", "IPC_LOCK"})
_SECRET_NAME: Final = re.compile(r"(?:^|_)(?:TOKEN|PASSWORD|PASSWD|SECRET|SECRET_KEY|API_KEY|ACCESS_KEY|PRIVATE_KEY)$")
_INTERNAL: Final = (
    ("service.beta.kubernetes.io/aws-load-balancer-scheme", "internal"),
    ("service.beta.kubernetes.io/aws-load-balancer-internal", "true"),
)


def _confined(resource: ResourceView) -> Iterable[Block]:
    """The containers that must not reach their node: all but a driver's, whose purpose it is."""
    return () if _is_driver(resource) else containers(resource)


def _label(container: Block) -> str:
    return f"container {container.text('name') or '?'}"


def _text_of(entries: Mapping[str, Block], key: str) -> str:
    """The value of an entry as text; "" where there is none."""
    return entries[key].in_words() if key in entries else ""


def _asks_for_gpus(resource: ResourceView) -> bool:
    return any(_text_of(one.entries("resources.limits"), key) for one in containers(resource) for key in _GPUS)


def _is_driver(resource: ResourceView) -> bool:
    """Whether it is a DaemonSet of kube-system, as device plugins and network and storage drivers are."""
    return resource.type == kubernetes.DAEMON_SET.token and Block.of(resource).text("metadata.namespace") == "kube-system"


@rule(
    *PODS,
    severity="mandatory",
    anchors=("CKV_K8S_16",),
    why="A privileged container is root on its node, and so on every pod beside it; GPU pods need no privilege.",
    fix="leave securityContext.privileged false (device plugins are DaemonSets in kube-system)",
)
def no_privileged_containers(resource: ResourceView) -> Verdict:
    return every(
        _confined(resource),
        lambda one: Fail(f"{_label(one)} is privileged") if one.flag("securityContext.privileged") else PASS,
    )


@rule(
    *PODS,
    severity="mandatory",
    anchors=("CKV_K8S_20",),
    why="A setuid program in the image makes root of any user.",
    fix="set securityContext.allowPrivilegeEscalation to false in every container",
)
def no_privilege_escalation(resource: ResourceView) -> Verdict:
    return every(
        _confined(resource),
        lambda one: (
            Fail(f"{_label(one)} may gain privileges")
            if one.flag("securityContext.allowPrivilegeEscalation", default=True)
            else PASS
        ),
    )


@rule(
    *PODS,
    severity="mandatory",
    anchors=("CKV_K8S_23", "CKV_K8S_40"),
    why="Root in a container is one kernel fault away from root on the node.",
    fix="set securityContext.runAsNonRoot to true, in the pod or in each container, and no runAsUser of 0",
)
def runs_as_a_user(resource: ResourceView) -> Verdict:
    pod = pod_of(resource)

    def is_user(one: Block) -> Verdict:
        user = one.number("securityContext.runAsUser")
        user = pod.number("securityContext.runAsUser") if user is None else user
        if user == 0:
            return Fail(f"{_label(one)} runs as user 0")
        asked = one.flag("securityContext.runAsNonRoot", default=pod.flag("securityContext.runAsNonRoot"))
        return PASS if asked else Fail(f"{_label(one)} may run as root")

    return every(_confined(resource), is_user)


@rule(
    *PODS,
    severity="mandatory",
    anchors=("CKV_K8S_37", "CKV_K8S_25", "CKV_K8S_28", "CKV_K8S_39"),
    why="Each capability is a piece of root; the runtime gives fourteen that no model needs.",
    fix=f"set securityContext.capabilities.drop to [ALL] and add at most {', '.join(sorted(_CAPABILITIES))}",
)
def drops_capabilities(resource: ResourceView) -> Verdict:
    def dropped(one: Block) -> Verdict:
        if "ALL" not in one.strings("securityContext.capabilities.drop"):
            return Fail(f"{_label(one)} keeps capabilities")
        more = set(one.strings("securityContext.capabilities.add")) - _CAPABILITIES
        return Fail(f"{_label(one)} adds {', '.join(sorted(more))}") if more else PASS

    return every(_confined(resource), dropped)


@rule(
    *PODS,
    severity="advisory",
    anchors=("CKV_K8S_31",),
    why="Without a seccomp profile a container may make every call that the kernel has, its faulty ones among them.",
    fix="set securityContext.seccompProfile.type to RuntimeDefault in the pod",
)
def has_a_seccomp_profile(resource: ResourceView) -> Verdict:
    good = ("RuntimeDefault", "Localhost")
    whole = pod_of(resource).text("securityContext.seccompProfile.type")

    def profiled(one: Block) -> Verdict:
        return (
            PASS if (one.text("securityContext.seccompProfile.type") or whole) in good else Fail(f"{_label(one)} has no profile")
        )

    return every(containers(resource), profiled)


@rule(
    *PODS,
    severity="mandatory",
    anchors=("CKV_K8S_17", "CKV_K8S_18", "CKV_K8S_19", "CKV_K8S_26"),
    why="In the node's own namespaces a pod sees other pods' traffic and reaches the node's metadata service.",
    fix="leave hostNetwork, hostPID and hostIPC false and set no hostPort (NCCL: an emptyDir of medium Memory at /dev/shm)",
)
def no_host_namespaces(resource: ResourceView) -> Verdict:
    if _is_driver(resource):
        return PASS
    pod = pod_of(resource)
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.flag(key):
            return Fail(f"{key} is true")

    def no_port(one: Block) -> Verdict:
        return every(
            one.items("ports"),
            lambda port: Fail(f"{_label(one)} has a hostPort") if (port.number("hostPort") or 0) > 0 else PASS,
        )

    return every(containers(resource), no_port)


@rule(
    *PODS,
    severity="mandatory",
    anchors=("CKV_K8S_27",),
    why="A folder of the node is a way onto the node, and is not there when the pod moves.",
    fix="use an emptyDir, a PersistentVolumeClaim or an ephemeral volume instead of hostPath",
)
def no_host_paths(resource: ResourceView) -> Verdict:
    if _is_driver(resource):
        return PASS
    return every(
        pod_of(resource).items("volumes"),
        lambda one: Fail(f"volume {one.text('name') or '?'} is {one.text('hostPath.path')}") if one.given("hostPath") else PASS,
    )


@rule(
    *PODS,
    severity="advisory",
    anchors=("CKV_K8S_22",),
    why="What cannot write to its own image cannot be changed in place by whoever gets in.",
    fix="set securityContext.readOnlyRootFilesystem to true, and an emptyDir for caches (HF_HOME, TRITON_CACHE_DIR)",
)
def root_is_read_only(resource: ResourceView) -> Verdict:
    return every(
        containers(resource),
        lambda one: (
            PASS if one.flag("securityContext.readOnlyRootFilesystem") else Fail(f"{_label(one)} may change its own image")
        ),
    )


@rule(
    *PODS,
    severity="mandatory",
    anchors=("CKV_K8S_10", "CKV_K8S_11", "CKV_K8S_12", "CKV_K8S_13"),
    why="A pod without requests lands where there is no room, and one without a memory limit takes its neighbours down.",
    fix="set resources.requests for cpu and memory and resources.limits for memory (a limit stands for its request)",
)
def resources_are_bounded(resource: ResourceView) -> Verdict:
    def bounded(one: Block) -> Verdict:
        requests, limits = one.entries("resources.requests"), one.entries("resources.limits")
        missing = [f"requests.{key}" for key in ("cpu", "memory") if key not in (*requests, *limits)]
        missing += [] if "memory" in limits else ["limits.memory"]
        return Fail(f"{_label(one)} has no {', '.join(missing)}") if missing else PASS

    return every(containers(resource), bounded)


@rule(
    *PODS,
    severity="mandatory",
    why="Kubernetes refuses a GPU request without the same limit, and whole GPUs only.",
    fix="set resources.limits of the GPU to a whole number, equal to the request",
)
def gpus_are_limited(resource: ResourceView) -> Verdict:
    def limited(one: Block) -> Verdict:
        requests, limits = one.entries("resources.requests"), one.entries("resources.limits")
        for key in _GPUS:
            asked, most = _text_of(requests, key), _text_of(limits, key)
            if asked and asked != most:
                return Fail(f"{_label(one)} asks for {asked} {key} and is limited to {most or 'nothing'}")
            if most and not most.isdigit():
                return Fail(f"{_label(one)} is limited to {most} {key}")
        return PASS

    return every(containers(resource), limited)


@rule(
    *PODS,
    severity="advisory",
    why="GPU nodes are tainted, so that only GPU work lands there; a pod that tolerates no taint waits for ever.",
    fix="add a toleration such as nvidia.com/gpu with operator Exists",
)
def gpu_pods_tolerate_the_taint(resource: ResourceView) -> Verdict:
    if not _asks_for_gpus(resource):
        return PASS
    return PASS if pod_of(resource).has("tolerations") else Fail("the pod asks for GPUs and tolerates no taint")


@rule(
    *PODS,
    severity="mandatory",
    anchors=("CKV_K8S_14", "CKV_K8S_43"),
    why="With a moving tag, tomorrow's pod runs other code than today's.",
    fix="name the image by digest, or by a tag that is never moved (not latest)",
)
def image_is_pinned(resource: ResourceView) -> Verdict:
    return every(containers(resource), lambda one: pinned(one.text("image")))


@rule(
    *PODS,
    severity="mandatory",
    anchors=("CKV_K8S_35",),
    why="A value in a pod's environment is in the state, in every preview, and in `kubectl describe`.",
    fix="take it from a Secret (valueFrom.secretKeyRef), better as a file that the secrets driver mounts",
)
def no_secrets_in_the_environment(resource: ResourceView) -> Verdict:
    def open_(one: Block) -> Verdict:
        return every(
            one.items("env"),
            lambda row: (
                Fail(f"{_label(one)} has the value of {row.text('name')}")
                if _SECRET_NAME.search(row.text("name").upper()) and row.has("value")
                else PASS
            ),
        )

    return every(containers(resource), open_)


@rule(
    *PODS,
    severity="advisory",
    why="A pod that needs no GPU and tolerates their taint keeps a machine of several dollars an hour for itself.",
    fix="drop the toleration (DaemonSets, which belong on every node, may have it)",
)
def gpu_taint_is_for_gpu_pods(resource: ResourceView) -> Verdict:
    if resource.type == kubernetes.DAEMON_SET.token:
        return PASS
    if _asks_for_gpus(resource):
        return PASS
    keys = [(one.text("key"), one.text("operator")) for one in pod_of(resource).items("tolerations")]
    tolerated = [key or "every taint" for key, operator in keys if key in _GPUS or (not key and operator == "Exists")]
    return Fail(f"the pod asks for no GPU and tolerates {tolerated[0]}") if tolerated else PASS


@rule(
    *PODS,
    severity="advisory",
    anchors=("CKV_K8S_38", "CKV_K8S_42"),
    why="A token in every pod is a way to the API server for whoever gets into one; under the default account, a shared one.",
    fix="set automountServiceAccountToken to false, or serviceAccountName to an account of the workload's own",
)
def token_is_not_everybodys(resource: ResourceView) -> Verdict:
    pod = pod_of(resource)
    if not pod.flag("automountServiceAccountToken", default=True):
        return PASS
    account = pod.text("serviceAccountName")
    return PASS if account not in ("", "default") else Fail("the pod has a token of the default account")


@rule(
    kubernetes.ROLE,
    kubernetes.CLUSTER_ROLE,
    severity="mandatory",
    anchors=("CKV_K8S_49", "CKV_K8S_157", "CKV_K8S_158", "CKV2_K8S_2", "CKV2_K8S_3", "CKV2_K8S_5"),
    why="A wildcard, and what gives more than one has (a node's own API too), make an administrator of whoever wears the role.",
    fix="name verbs and resources; leave out escalate, bind, impersonate and nodes/proxy",
)
def role_is_confined(resource: ResourceView) -> Verdict:
    def confined(row: Block) -> Verdict:
        verbs, resources = row.strings("verbs"), row.strings("resources")
        for verb in ("escalate", "bind", "impersonate"):
            if verb in verbs:
                return Fail(f"the role may {verb}")
        if "nodes/proxy" in resources:
            return Fail("the role reaches into every pod by its node (nodes/proxy)")
        return Fail("the role has a wildcard") if "*" in (*verbs, *resources) else PASS

    return every(Block.of(resource).items("rules"), confined)


@rule(
    kubernetes.SERVICE,
    severity="mandatory",
    why="A LoadBalancer service is open to the internet unless it says otherwise.",
    fix="annotate it service.beta.kubernetes.io/aws-load-balancer-scheme: internal",
)
def service_is_internal(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if block.text("spec.type") != "LoadBalancer":
        return PASS
    notes = block.entries("metadata.annotations")
    inside = any(_text_of(notes, key) == value for key, value in _INTERNAL)
    return PASS if inside else Fail("the service is open to the internet")
