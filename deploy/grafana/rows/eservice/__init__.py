"""The rows about one e-service."""
