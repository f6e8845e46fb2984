"""What others change in the cloud, refresh tells by value; a preview of it leaves the state alone."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.slipway import Slipway


def test_refresh_tells_exactly_what_was_changed_outside_and_up_puts_it_back(looked_at: Slipway, tmp_path: Path) -> None:
    here = looked_at
    looks = ("refresh", "--preview-only", "--expect-no-changes")
    assert here.ask(*looks)["drift"] == []

    s3, ec2 = here.boto("s3"), here.boto("ec2")
    bucket = next(item["Name"] for item in s3.list_buckets()["Buckets"] if "-raw-" in item["Name"])
    tags = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    moved = [{**tag, "Value": "someone-else"} if tag["Key"] == "Owner" else tag for tag in tags]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": moved})
    named = [{"Name": "group-name", "Values": ["slipway-local-training"]}]
    group = ec2.describe_security_groups(Filters=named)["SecurityGroups"][0]["GroupId"]
    ec2.create_tags(Resources=[group], Tags=[{"Key": "Owner", "Value": "nobody"}])

    state = here.place("local").state_file
    before = state.read_bytes()
    found = here.ask(*looks, code=1)["drift"]
    told = {item["name"]: [(one["path"], one["was"], one["now"]) for one in item["properties"]] for item in found}
    owner = next(tag["Value"] for tag in tags if tag["Key"] == "Owner")
    assert told == {
        "slipway-local-raw": [("tags.Owner", owner, "someone-else")],
        "slipway-local-training": [("tags.Owner", owner, "nobody")],
    }
    assert state.read_bytes() == before
    look = here.run(*looks, "--json", code=1)
    assert look.json["drift"] == found
    saved = tmp_path / "drift.json"
    saved.write_text(look.out)
    page = here.run("report", "--from", str(saved)).out
    assert page.startswith("<!-- slipway-drift:local -->")
    assert f"| <code>tags.Owner</code> | {owner} | someone-else |" in page

    # A plain refresh takes it into the state; then there is nothing left to tell.
    assert here.ask("refresh")["drift"] == found
    assert here.ask(*looks)["drift"] == []
    mended = {item["name"]: item["op"] for item in here.ask("up")["resources"] if item["op"] != "same"}
    assert mended == {"slipway-local-raw": "update", "slipway-local-training": "update"}
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
