"""The folder of a run, and the table of every run's records."""
