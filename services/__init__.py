"""The programs of Arvio; each runs alone and knows the others only through topics and HTTP."""
