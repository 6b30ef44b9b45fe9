"""Aggregation: takes in all facts, stores each of them once, counts them, calculates scores.

Takes in `rating.captured.v1`, `completion.recorded.v1`, `question.shown.v1` and the
catalogue's compacted topics; gives out `score.published.v1` and report queries over
HTTP; keeps ClickHouse, as its only owner.
"""
