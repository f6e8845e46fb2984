"""EKS: what moto lacks of clusters and node groups, and of what lives in a cluster."""

from __future__ import annotations

from localcloud.kernel.recorded import Addition
from localcloud.services.eks.cluster_contents import RECORDED
from localcloud.services.eks.clusters import EXTRAS

ADDITION = Addition(service="eks", recorded=RECORDED, extras=EXTRAS)
