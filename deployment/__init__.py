"""Compiles and deploys what was rendered, with the real Bicep CLI and the real Azure CLI."""
