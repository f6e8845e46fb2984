"""Files in a folder or under an S3 prefix, by one small interface: the only S3 of `workloads`."""
