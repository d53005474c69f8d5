"""Pictures of one circuit: its distributions and the history of its scores."""
