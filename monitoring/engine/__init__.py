"""A daily run: every circuit judged by the same code, whatever brings its readings."""
