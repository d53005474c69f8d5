"""The values of secrets that a deployment hands to Azure, and to nobody else."""

from collections.abc import Mapping

from generator.conventions import secret_variable
from generator.render import Rendered
from vault import MissingSecretError, Secrets


def read_secrets(rendered: Rendered, environ: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Read the secrets of the action groups: from the environment, else from its key vault.

    Returns:
        The values by the names of their variables, and what is wrong with those that cannot be
        had; empty if nothing is.
    """
    fleet = rendered.fleet
    names = sorted({name for group in fleet.action_groups for name in group.secrets})
    try:
        values = Secrets.of(environ, fleet.environment.key_vault).read(names)
    except MissingSecretError as error:
        return {}, str(error)
    return dict(zip(map(secret_variable, names), values, strict=True)), ""
