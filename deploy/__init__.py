"""What starts Arvio where it runs: topics, the embedded stack, simulated e-services."""
