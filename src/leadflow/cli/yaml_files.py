"""Files that people write, and YAML to be read by them."""

from pathlib import Path

from leadflow.errors import InputError


def read_text(path: Path) -> str:
    """Read a file, with or without a byte order mark.

    Raises:
        InputError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8") from error


def read_yaml(path: Path) -> object:
    """Read a file as plain data.

    Raises:
        InputError: it cannot be read, or is no YAML; the problem names the line.
    """
    from leadflow.sources.yaml import read_document

    return read_document(read_text(path))


def write_yaml(value: object) -> str:
    """Write plain data, in its order."""
    import yaml

    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100).rstrip()
