"""Kafka: a real broker as a child process, and the topics on any cluster."""
