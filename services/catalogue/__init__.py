"""Catalogue: who provides which e-services, by which channels, what is asked, and who may call.

Takes in PTV data from files, manual entries and settings over HTTP and on the command
line; gives out `organisation.changed.v1`, `eservice.changed.v1`, `question-set.changed.v1`
and `api-key.changed.v1`; keeps a relational store with an outbox, as its only owner.
"""
