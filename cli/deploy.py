"""Deploys an environment and tells a person how it goes."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

import typer
from rich.console import Console

from cli.app import count, note, print_result
from cli.tables import text_table
from deployment.azure_cli import AzureCli, azure_cli_credential, find_azure_cli
from deployment.bicep import BicepError, find_bicep
from deployment.closing import closing_page, live_receivers
from deployment.component import is_registered, needed_component, register_component
from deployment.deploy import Interrupted, Result, delete_stack, deploy
from deployment.errors import DeploymentError
from deployment.link import link_workspace
from deployment.preflight import Check, check_azure, check_here, is_refused
from deployment.preflight.tools import bicep_variables
from deployment.resource_manager import resource_manager
from deployment.secret_values import read_secrets
from deployment.stacks import left_stacks, stacks
from deployment.target import Target, Wanted, make_target
from generator.diagnostics import printable
