"""What two or more programs need and would have to change together.

Vocabulary, events, topics, errors, Kafka plumbing, the outbox, HTTP conventions,
page layout, settings and logs. Nothing here imports a program.
"""
