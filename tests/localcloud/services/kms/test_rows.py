"""Keys: what the golden walk does not show."""

from __future__ import annotations

from tests.localcloud.cloud import Cloud


def test_a_key_made_with_no_word_on_its_use_is_imported() -> None:
    cloud = Cloud()
    key = cloud.client("kms").create_key(Description="by hand")["KeyMetadata"]["KeyId"]
    found = cloud.imported("aws:kms/key:Key", key)
    assert found is not None
    assert (found[0], found[1]["description"], found[1]["keyUsage"]) == (key, "by hand", "ENCRYPT_DECRYPT")
