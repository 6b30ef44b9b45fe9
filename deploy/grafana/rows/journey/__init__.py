"""The rows of the journey: one for each step of the table in the README, and two around it."""
