"""The emulated AWS: a typed row a resource type, one engine for their behaviour, one endpoint for everybody."""
