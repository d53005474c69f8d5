"""The page: the view in the template, everything escaped, nothing from outside."""

import base64
import hashlib
from pathlib import Path

import jinja2
from markupsafe import Markup

from monitoring.report.model import Report, UnjudgedNight

_FOLDER = Path(__file__).parent / "template"


def page(report: Report) -> str:
    """Write the report as one HTML file that loads nothing."""
    return _rendered("report.html.j2", _text("filter.js"), report=report)


def unjudged_page(night: UnjudgedNight) -> str:
    """Write what became of a night without results, as one HTML file that loads nothing."""
    return _rendered("unjudged.html.j2", "", night=night)


def _rendered(template: str, script: str, **view: object) -> str:
    """Fill a template in.

    The policy names the style and the script by their digests, so that nothing that got into the
    page otherwise is run or drawn.
    """
    style = _text("report.css")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    return environment.get_template(template).render(
        **view,
        policy=policy,
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
    )


def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
