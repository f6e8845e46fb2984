"""Where EKS rows differ from the golden provider, and why no row can mend it."""

from __future__ import annotations

_REMOTE = (
    "moto 5.2.5 opens remote access that nobody asked for (Terraform replaces the group at every plan); AWS does not, nor do we"
)
_VERSION = "moto 5.2.5 makes clusters of 1.19 where no version is named; EKS makes none of it any more, and so do we"

DIFFERENCES = {
    "eks.Cluster": {
        "minimal/output endpoint": "the golden file names its own process's random `eTW`",
        "minimal/output identities": "the golden file names its own process's random issuer",
        "minimal/change {'version': '1.31'}/applied": _VERSION,
        "minimal/output version": _VERSION,
        "minimal/output vpcConfig": "moto 5.2.5 knows neither the VPC nor the cluster's security group; AWS reports both, and so do we",
    },
    "eks.NodeGroup": {
        "minimal/output remoteAccess": _REMOTE,
        "minimal/output releaseVersion": _VERSION,
        "minimal/output resources": _REMOTE,
        "minimal/output version": _VERSION,
    },
}
