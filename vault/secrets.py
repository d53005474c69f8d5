"""Secrets by their names."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Self

from generator.conventions import secret_variable

if TYPE_CHECKING:
    from vault.key_vault import KeyVault


class MissingSecretError(Exception):
    """Secrets cannot be had, or are something else than they should be."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        """Say what is wrong with each secret, by its environment variable; never its value."""
        alike: dict[str, list[str]] = {}
        for variable, problem in problems.items():
            alike.setdefault(problem, []).append(variable)
        super().__init__(
            "; ".join(f"{', '.join(names)}: {problem}" for problem, names in alike.items())
        )
        self.problems = dict(problems)


class Secrets:
    """Reads secrets from environment variables, and those that are not set from a key vault."""

    def __init__(self, environ: Mapping[str, str], vault: "KeyVault | None" = None) -> None:
        """Take where secrets are; nothing is read yet.

        Args:
            environ: environment variables, named by `generator.conventions.secret_variable`.
            vault: what has the secrets that no variable has, under the same names; None: nothing.
        """
        self._environ = environ
        self._vault = vault
        self._found: dict[str, str] = {}

    @classmethod
    def of(cls, environ: Mapping[str, str], key_vault: str | None) -> Self:
        """Read from environment variables, and from the key vault of a name if there is one."""
        if key_vault is None:
            return cls(environ)
        from vault.key_vault import KeyVault

        return cls(environ, KeyVault.named(key_vault))

    def read(self, names: Sequence[str]) -> list[str]:
        """Read secrets; each is asked for once.

        Raises:
            MissingSecretError: some cannot be had; all of them at once.
        """
        problems = dict(self._read_all(names))
        if problems:
            raise MissingSecretError(problems)
        return [self._found[name] for name in names]

    def _read_all(self, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Find secrets, and tell of each variable that is missing why."""
        for name in names:
            variable = secret_variable(name)
            value = self._environ.get(variable, "").strip()
            # A pipeline that maps a secret it does not have hands over the reference itself.
            if value and not value.startswith("$("):
                self._found[name] = value
            elif self._vault is None:
                yield variable, "not set"
            elif name not in self._found:
                yield from self._read_vault(self._vault, name)

    def _read_vault(self, vault: "KeyVault", name: str) -> Iterator[tuple[str, str]]:
        from vault.key_vault import KeyVaultError

        try:
            self._found[name] = vault.read(name)
        except KeyVaultError as error:
            yield secret_variable(name), f"not set, and {error}"
