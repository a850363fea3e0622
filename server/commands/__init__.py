"""The `casino` commands, a file a family."""
