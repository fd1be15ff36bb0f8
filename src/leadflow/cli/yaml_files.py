"""YAML, in and out."""

from pathlib import Path
from typing import Any

import yaml

from leadflow.errors import InputError


def read_yaml(path: Path) -> Any:
    """Read a file as plain data.

    Raises:
        InputError: it cannot be read, or is no YAML; the message names the line.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path} is no YAML: {' '.join(str(error).split())}") from error


def write_yaml(value: Any) -> str:
    """Write plain data, in its order."""
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100).rstrip()
