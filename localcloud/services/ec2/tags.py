"""EC2's tagging: by two operations of its own, and at creation in the form of tag specifications."""

from __future__ import annotations

from localcloud.kernel.spec import Tags


def ec2_tags(resource_type: str) -> Tags:
    """How one of EC2's resource types takes tags; `resource_type` is its name in tag specifications."""
    return Tags(
        create=f"TagSpecifications:{resource_type}",
        target=("Resources", lambda c: [c.id]),
        add="create_tags",
        remove="delete_tags",
        remove_member="Tags",
        read="Tags",
    )
