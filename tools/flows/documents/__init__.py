"""What `--json` prints: each document as a type with a description for every key, and what makes it from a flow's result."""
