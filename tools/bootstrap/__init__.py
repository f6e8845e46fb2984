"""What must exist before the first `up` of an AWS environment: the state's bucket, the key of its secrets, the roles of CI."""
