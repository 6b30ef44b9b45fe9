"""Catalogue: who provides which e-services, by which channels, what is asked, and who may what.

Takes in PTV data from its API and from files, entries and settings over HTTP, on pages and
on the command line, and scores for those who run e-services; gives out the present state of
organisations, e-services, question sets, thresholds, keys and people on compacted topics;
keeps a relational store with an outbox, as its only owner.
"""
