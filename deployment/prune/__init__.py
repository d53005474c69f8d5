"""Finds and deletes what is this project's own and no longer rendered."""
