"""Rating capture: the door through which ratings and completions come in.

Takes in what the widget, the plain rating page and e-services' servers send over HTTP; gives
out `rating.captured.v1`, `completion.recorded.v1` and `question.shown.v1`; keeps nothing: its
tables of e-services, question sets and keys are in memory, rebuilt from compacted topics.
"""
