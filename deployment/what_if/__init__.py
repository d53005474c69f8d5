"""What a deployment would change: asked of Azure, noise taken out, told with its origin."""

from deployment.what_if.markdown import markdown
from deployment.what_if.preflight import require_ready
from deployment.what_if.record import record
from deployment.what_if.result import WhatIf
from deployment.what_if.running import what_if
from deployment.what_if.text import text

__all__ = ["WhatIf", "markdown", "record", "require_ready", "text", "what_if"]
