"""The command line: works on the store, beside the running catalogue or without it."""
