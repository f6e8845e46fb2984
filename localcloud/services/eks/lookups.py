"""The look-ups of EKS: clusters, what lives in them, and a token for their API."""

from __future__ import annotations

import base64
from typing import Any

from botocore.signers import RequestSigner

from catalog import functions
from localcloud.kernel.context import Call, Context
from localcloud.kernel.lookup import Lookup

# How long a token may be used; source: https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
_TOKEN_SECONDS = 60

CLUSTER = Lookup(
    function=functions.EKS_CLUSTER,
    service="eks",
    ask=Call(op="describe_cluster", take=("name",), path="cluster"),
    id="{name}",
    none="reading EKS Cluster ({name}): couldn't find resource",
    missing=("ResourceNotFoundException",),
    rename={
        "accessConfigs": "accessConfig",
        "certificateAuthorities": "certificateAuthority",
        "clusterId": "id",
        "identities": "identity",
        "identities.oidcs": "oidc",
        "kubernetesNetworkConfigs": "kubernetesNetworkConfig",
        "upgradePolicies": "upgradePolicy",
        "vpcConfig": "resourcesVpcConfig",
    },
    outputs={
        "enabledClusterLogTypes": lambda c: sorted(
            kind
            for setup in (c.data.get("logging") or {}).get("clusterLogging", ())
            if setup.get("enabled")
            for kind in setup.get("types", ())
        )
    },
)

CLUSTERS = Lookup(
    function=functions.EKS_CLUSTERS,
    service="eks",
    ask=Call(op="list_clusters", take=()),
    id="{region}",
    outputs={"names": "{data.clusters}"},
)


def _token(c: Context) -> dict[str, str]:
    """A signed question to STS who asks, which a cluster's API asks in turn: the form of `aws eks get-token`."""
    client = c.client("sts")
    signer = RequestSigner(
        client.meta.service_model.service_id, c.region, "sts", "v4", client._request_signer._credentials, client.meta.events
    )
    request = {
        "method": "GET",
        "url": f"https://sts.{c.region}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
        "body": {},
        "headers": {"x-k8s-aws-id": c.props["name"]},
        "context": {},
    }
    signed = signer.generate_presigned_url(request, region_name=c.region, expires_in=_TOKEN_SECONDS, operation_name="")
    return {"token": "k8s-aws-v1." + base64.urlsafe_b64encode(signed.encode()).decode().rstrip("=")}


CLUSTER_AUTH = Lookup(function=functions.EKS_CLUSTER_AUTH, service="eks", ask=_token, id="{name}", secret=frozenset({"token"}))

ADDON = Lookup(
    function=functions.EKS_ADDON,
    service="eks",
    ask=Call(op="describe_addon", take=("clusterName", "addonName"), path="addon"),
    id="{clusterName}:{addonName}",
    none="reading EKS Add-On ({clusterName}:{addonName}): couldn't find resource",
    missing=("ResourceNotFoundException",),
    rename={"arn": "addonArn"},
)


def _one(name: str) -> Any:
    """A block of AWS's answer, which pulumi-aws gives as a list."""
    return lambda c: [c.data[name]] if c.data.get(name) else []


NODE_GROUP = Lookup(
    function=functions.EKS_NODE_GROUP,
    service="eks",
    ask=Call(op="describe_nodegroup", take=("clusterName", "nodeGroupName"), path="nodegroup"),
    id="{clusterName}:{nodeGroupName}",
    none="reading EKS Node Group ({clusterName}:{nodeGroupName}): couldn't find resource",
    missing=("ResourceNotFoundException",),
    rename={"arn": "nodegroupArn", "nodeRoleArn": "nodeRole", "subnetIds": "subnets"},
    outputs={
        "scalingConfigs": _one("scalingConfig"),
        "updateConfigs": _one("updateConfig"),
        "launchTemplates": _one("launchTemplate"),
        "remoteAccesses": _one("remoteAccess"),
        "resources": _one("resources"),
    },
)

NODE_GROUPS = Lookup(
    function=functions.EKS_NODE_GROUPS,
    service="eks",
    ask=Call(op="list_nodegroups", take=("clusterName",)),
    id="{clusterName}",
    outputs={"names": "{data.nodegroups}"},
)

LOOKUPS = (CLUSTER, CLUSTERS, CLUSTER_AUTH, ADDON, NODE_GROUP, NODE_GROUPS)
