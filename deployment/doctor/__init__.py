"""Tells whether the monitoring itself works: data, rules, and the way a signal takes."""
