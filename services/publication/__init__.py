"""Publication shows scores to everybody who may see them, while they change.

Takes in: scores, e-services, organisations, question sets and API keys, as topics.
Gives out: public pages, badges, a public API, and streams of scores.
Keeps: nothing; its tables are in memory and are rebuilt from the topics.
"""
