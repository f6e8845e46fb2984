"""The look-ups of ECR: repositories and the images in them."""

from __future__ import annotations

from typing import Any

from catalog import functions
from localcloud.kernel.context import Call, Context
from localcloud.kernel.lookup import Lookup, NoAnswer


def _repository(c: Context) -> dict[str, Any]:
    client, registry = c.client(), {"registryId": c.props["registryId"]} if c.props.get("registryId") else {}
    found: dict[str, Any] = client.describe_repositories(repositoryNames=[c.props["name"]], **registry)["repositories"][0]
    images = client.describe_images(repositoryName=c.props["name"], **registry)["imageDetails"]
    tagged = sorted((image for image in images if image.get("imageTags")), key=lambda image: str(image["imagePushedAt"]))
    tags = client.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
    return {**found, "tags": tags, "mostRecentImageTags": tagged[-1]["imageTags"] if tagged else []}


REPOSITORY = Lookup(
    function=functions.ECR_REPOSITORY,
    service="ecr",
    ask=_repository,
    id="{name}",
    none="ECR Repository ({name}) not found",
    missing=("RepositoryNotFoundException",),
    rename={
        "arn": "repositoryArn",
        "name": "repositoryName",
        "repositoryUrl": "repositoryUri",
        "encryptionConfigurations": "encryptionConfiguration",
        "imageScanningConfigurations": "imageScanningConfiguration",
    },
)

REPOSITORIES = Lookup(
    function=functions.ECR_REPOSITORIES,
    service="ecr",
    ask=Call(op="describe_repositories", take=(), path="repositories"),
    id="{region}",
    outputs={"names": lambda c: [each["repositoryName"] for each in c.data]},
)


def _image(c: Context) -> dict[str, Any] | None:
    ways = [prop for prop in ("imageDigest", "imageTag", "mostRecent") if c.props.get(prop)]
    if not ways:
        raise NoAnswer("Missing required argument: one of imageDigest,imageTag,mostRecent must be specified")
    client, name = c.client(), str(c.props["repositoryName"])
    wanted = {prop: c.props[prop] for prop in ways if prop != "mostRecent"}
    found = client.describe_images(repositoryName=name, **({"imageIds": [wanted]} if wanted else {}))["imageDetails"]
    if not found:
        return None
    image = max(found, key=lambda each: each["imagePushedAt"])
    uri = client.describe_repositories(repositoryNames=[name])["repositories"][0]["repositoryUri"]
    return {
        **image,
        "imageUri": f"{uri}@{image['imageDigest']}",
        "imagePushedAt": int(image["imagePushedAt"].timestamp()),
    }


IMAGE = Lookup(
    function=functions.ECR_IMAGE,
    service="ecr",
    ask=_image,
    id="{data.imageDigest}",
    none="reading ECR Images: couldn't find resource",
    missing=("ImageNotFoundException",),
    outputs={"imageTag": lambda c: c.props.get("imageTag")},
)

LOOKUPS = (REPOSITORY, REPOSITORIES, IMAGE)
