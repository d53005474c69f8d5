"""What runs in Azure Machine Learning: jobs, their definitions and environments."""
