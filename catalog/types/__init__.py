"""A card a resource type: what is true of it, in one place for whoever asks. One file a service, one constant a type."""
