"""Metrics and events that the jobs and the scoring script send to Application Insights."""
