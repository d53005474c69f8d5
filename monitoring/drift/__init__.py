"""Whether data still look like what a model was trained on."""
