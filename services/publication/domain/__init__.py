"""The rules of publication: what may be seen by whom, in which order, as plain values."""
