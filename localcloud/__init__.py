"""The emulated AWS: one typed row for each resource type, one engine for their behaviour, one endpoint for every client."""
