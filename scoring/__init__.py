"""What runs inside Azure ML batch deployments: scores files and tells how it went."""
