"""Where the values of secrets come from: environment variables, and an Azure Key Vault.

The configuration has names of secrets only. Who notifies or deploys asks `Secrets` for the values,
when they are needed and not before; nothing writes one down.
"""

from vault.secrets import MissingSecretError, Secrets

__all__ = ["MissingSecretError", "Secrets"]
