"""Makes what must exist before the first `up` of an AWS environment: the state's bucket, the key of its secrets, CI's roles."""
