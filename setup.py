"""The description for a package index: README, with the links that lead nowhere there as paths.

Everything else stands in setup.cfg.
"""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import setup

_NOTE = "Commands are for the unpacked source distribution; paths in parentheses are its files.\n\n"


def description(readme: str) -> str:
    """Return README with relative links and pictures replaced by the paths of their files."""
    text = re.sub(r'<img src="([^"]*)"[^>]*alt="([^"]*)">', r"*\2* (`\1`)", readme)
    text = re.sub(r"\[([^]]*)\]\((?!https?:)([^)#]*)[^)]*\)", r"\1 (`\2`)", text)
    # A distribution has no tests.
    text = re.sub(r"## Test it\n.*?\n```\n\n", "", text, flags=re.DOTALL)
    heading, rest = text.split("\n\n", 1)
    return f"{heading}\n\n{_NOTE}{rest}"


setup(long_description=description(Path("README.md").read_text(encoding="utf-8")))
