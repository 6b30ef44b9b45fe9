"""The rows about many e-services: an organisation's, or the nation's."""
