"""One file a verb. Each is imported only when it is typed."""
