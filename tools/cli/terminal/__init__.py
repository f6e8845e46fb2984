"""The terminal of a verb: its streams, what is said of errors, the progress of long work."""
