"""The values of secrets that a deployment hands to Azure, and to nobody else."""

from collections.abc import Mapping

from generator.render import Rendered


def read_secrets(rendered: Rendered, environ: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Read the secrets of the action groups, by the names of their environment variables.

    Returns:
        The values, and what is wrong with those that are missing; empty if none is.
    """
    names = dict.fromkeys(n for entry_point in rendered.entry_points for n in entry_point.secrets)
    values = {name: environ[name] for name in names if environ.get(name, "").strip()}
    missing = [name for name in names if name not in values]
    return values, f"{', '.join(missing)} must be set, and not empty" if missing else ""
