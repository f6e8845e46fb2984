"""Results for people. Each module prints what flows return; the same as JSON is in `tools/cli/documents`."""
