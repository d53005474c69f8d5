"""What to do about what Azure answers: one table of error codes and messages.

Codes: https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
"""

import re
from dataclasses import dataclass
from typing import Final

_LEARN: Final = "https://learn.microsoft.com/"
_TROUBLE: Final = _LEARN + "azure/azure-resource-manager/troubleshooting/"


@dataclass(frozen=True, slots=True)
class Hint:
    """Advice for one kind of error."""

    codes: tuple[str, ...]
    """Azure's codes; empty if the message alone decides."""
    message: str
    """A regular expression, sought in code and message; empty for any."""
    advice: str
    link: str

    def fits(self, code: str, message: str) -> bool:
        """Tell whether the advice is for this error."""
        named = not self.codes or code.lower() in {c.lower() for c in self.codes}
        told = f"{code}: {message}"
        return named and re.search(self.message, told, re.IGNORECASE) is not None


def hint_of(code: str, message: str) -> Hint | None:
    """Find the advice for an error; the first that fits."""
    return next((hint for hint in HINTS if hint.fits(code, message)), None)


HINTS: Final[tuple[Hint, ...]] = (
    Hint(
        (),
        r"failed to resolve (table|scalar|column)|table .* (does not exist|was not found)",
        "the table receives no data yet: let the scoring and nightly jobs run once, or deploy with "
        "`mlmon deploy --first`, which does not validate queries",
        _LEARN + "azure/azure-monitor/alerts/alerts-troubleshoot-log",
    ),
    Hint(
        ("BadArgumentError", "SemanticError", "SyntaxError"),
        "",
        "Azure refused the query of a rule: run `mlmon test` and `mlmon lint` on it",
        _LEARN + "azure/azure-monitor/alerts/alerts-troubleshoot-log",
    ),
    Hint(
        (),
        r"AADSTS(700082|70043|50173|50078|50079|50076|700084)|refresh token has expired",
        "the sign-in has expired: run `az login`",
        _LEARN + "entra/identity-platform/reference-error-codes",
    ),
    Hint(
        ("ExpiredAuthenticationToken", "InvalidAuthenticationToken", "AuthenticationFailed"),
        "",
        "the token has expired: run `az login` and the same command again",
        _LEARN + "entra/identity-platform/reference-error-codes",
    ),
    Hint(
        (),
        r"AADSTS\d+",
        "the sign-in was refused: run `az login`; the page explains the code",
        _LEARN + "entra/identity-platform/reference-error-codes",
    ),
    Hint(
        ("SubscriptionNotFound", "InvalidSubscriptionId", "SubscriptionNotRegistered"),
        "",
        "the identity does not see this subscription: run `az account set --subscription NAME`",
        _TROUBLE + "error-not-found",
    ),
    Hint(
        ("AuthorizationFailed", "LinkedAuthorizationFailed", "RoleAssignmentUpdateNotPermitted"),
        "",
        "the identity lacks a role there: docs/deployment.md lists the least roles; one that was "
        "just assigned may take minutes to count",
        _LEARN + "azure/role-based-access-control/troubleshooting",
    ),
    Hint(
        ("DenyAssignmentAuthorizationFailed",),
        "",
        "a deny assignment, such as that of a deployment stack, forbids it: change the resource "
        "through the stack",
        _LEARN + "azure/azure-resource-manager/bicep/deployment-stacks",
    ),
    Hint(
        (),
        r"does not have (permission|authorization) to perform action",
        "the identity lacks a role there: docs/deployment.md lists the least roles",
        _LEARN + "azure/role-based-access-control/troubleshooting",
    ),
    Hint(
        ("ScopeLocked",),
        "",
        "a lock forbids it: remove the lock, or ask who set it, and run the same command again",
        _LEARN + "azure/azure-resource-manager/management/lock-resources",
    ),
    Hint(
        ("MissingSubscriptionRegistration", "NoRegisteredProviderFound"),
        "",
        "register the resource provider once: `az provider register --namespace NAME --wait`",
        _TROUBLE + "error-register-resource-provider",
    ),
    Hint(
        ("ResourceGroupNotFound",),
        "",
        "create the resource group, or correct `resource_group` in the environment's file; it is "
        "not created here",
        _TROUBLE + "error-not-found",
    ),
    Hint(
        ("DeploymentActive", "DeploymentBeingDeleted"),
        "",
        "another deployment of the same name is running: wait for its end, or cancel it with "
        "`az deployment group cancel`",
        _TROUBLE + "common-deployment-errors",
    ),
    Hint(
        (
            "AnotherOperationInProgress",
            "Conflict",
            "ConflictingOperation",
            "DeploymentStackInNonTerminalState",
            "OperationPreempted",
        ),
        "",
        "another operation on the same resource is running: wait and run the same command again",
        _TROUBLE + "common-deployment-errors",
    ),
    Hint(
        ("RequestDisallowedByPolicy", "PolicyViolation"),
        "",
        "a policy of the subscription forbids it: what it asks for can often be said in the "
        "environment, such as `tags` or `location`; else ask for an exemption",
        _TROUBLE + "error-policy-requestdisallowedbypolicy",
    ),
    Hint(
        ("DeploymentQuotaExceeded",),
        "",
        "the resource group holds 800 deployments: delete old ones with "
        "`az deployment group delete`; a lock on the group keeps Azure from doing it",
        _TROUBLE + "deployment-quota-exceeded",
    ),
    Hint(
        (
            "QuotaExceeded",
            "ResourceQuotaExceeded",
            "OperationNotAllowed",
            "SubscriptionQuotaExceeded",
        ),
        "",
        "a limit of the subscription is reached: ask for a higher one, or deploy less",
        _TROUBLE + "error-resource-quota",
    ),
    Hint(
        ("JobSizeExceeded", "DeploymentJobSizeExceeded", "RequestContentTooLarge"),
        "",
        "the deployment is too large: set `layout: plant` in the environment's file",
        _TROUBLE + "error-job-size-exceeded",
    ),
    Hint(
        ("TooManyRequests", "SubscriptionRequestsThrottled", "RequestRateExceeded", "429"),
        "",
        "Azure throttles: wait some minutes and run the same command again",
        _LEARN + "azure/azure-resource-manager/management/request-limits-and-throttling",
    ),
    Hint(
        ("PrincipalNotFound",),
        "",
        "no such principal in this tenant: correct `principal_id` under `roles`; a new one may "
        "take minutes to be known",
        _LEARN + "azure/role-based-access-control/troubleshooting",
    ),
    Hint(
        ("RoleAssignmentExists",),
        "",
        "somebody assigned the same role under another name: delete that assignment, or leave the "
        "principal out of `roles`",
        _LEARN + "azure/role-based-access-control/troubleshooting",
    ),
    Hint(
        ("DeploymentStackOutOfSync", "StackOutOfSync"),
        "",
        "the stack lost track of its resources, often after an interruption: look at it in the "
        "portal, then update it with `--bypass-stack-out-of-sync-error true`",
        _LEARN + "azure/azure-resource-manager/bicep/deployment-stacks",
    ),
    Hint(
        ("LocationNotAvailableForResourceType", "InvalidResourceLocation", "LocationRequired"),
        "",
        "correct `location` in the environment's file; a resource that exists cannot move",
        _TROUBLE + "common-deployment-errors",
    ),
    Hint(
        ("ParentResourceNotFound", "ResourceNotFound", "NotFound"),
        "",
        "what the deployment refers to is not there: check the names in the environment's file, "
        "and that the core is deployed before its plants",
        _TROUBLE + "error-not-found",
    ),
    Hint(
        ("InvalidTemplate", "InvalidRequestContent", "InvalidRequestFormat"),
        "",
        "the template is wrong, not the configuration: run `mlmon render --check` and `mlmon "
        "build`; if both pass, it is a defect of this project",
        _TROUBLE + "error-invalid-template",
    ),
    Hint(
        ("InternalServerError", "ServiceUnavailable", "GatewayTimeout", "ServerTimeout"),
        "",
        "Azure failed: run the same command again; what is there already is updated in place",
        _TROUBLE + "common-deployment-errors",
    ),
    Hint(
        (),
        r"failed to establish a new connection|max retries exceeded|timed? ?out"
        r"|connection (aborted|broken|reset)|name or service not known",
        "the network was lost: run the same command again; what is there already is updated in "
        "place",
        _LEARN + "cli/azure/use-azure-cli-successfully-troubleshooting",
    ),
    Hint(
        (),
        r"bicep cli not found|install bicep|failed to .*download.* bicep|BicepLatestRelease",
        "give the Azure CLI a Bicep CLI: `az bicep install`, or put `bicep` on PATH and run "
        "`az config set bicep.use_binary_from_path=true`",
        _LEARN + "azure/azure-resource-manager/bicep/install",
    ),
    Hint(
        (),
        r"please run 'az login'|az login",
        "nobody is signed in: run `az login`",
        _LEARN + "cli/azure/authenticate-azure-cli",
    ),
)
