"""The look-ups of SageMaker: the registry of AWS's own images."""

from __future__ import annotations

from catalog import accounts, functions
from localcloud.kernel.context import Context
from localcloud.kernel.lookup import Lookup, NoAnswer
from localcloud.kernel.rules import one_of


def _image(c: Context) -> dict[str, str]:
    repository = str(c.props["repositoryName"])
    account = accounts.SAGEMAKER_REGISTRIES.get((accounts.SAGEMAKER_IMAGES[repository], c.region), "")
    if not account:
        raise NoAnswer(f"no registry ID available for region ({c.region}) and repository ({repository})")
    suffix, tag = c.props.get("dnsSuffix") or "amazonaws.com", c.props.get("imageTag") or "1"
    path = f"{account}.dkr.ecr.{c.region}.{suffix}/{repository}:{tag}"
    return {"registryId": account, "registryPath": path, "imageTag": tag}


PREBUILT_ECR_IMAGE = Lookup(
    function=functions.SAGEMAKER_PREBUILT_ECR_IMAGE,
    ask=_image,
    id="{data.registryId}",
    checks=(one_of("repositoryName", *sorted(accounts.SAGEMAKER_IMAGES)),),
)

LOOKUPS = (PREBUILT_ECR_IMAGE,)
