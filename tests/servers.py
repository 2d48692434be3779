"""A pytest plugin that starts the embedded servers before Django reads its settings."""

import os

from cs_platform.embedded import ensure

ensure()
os.environ.setdefault("LOG_FORMAT", "console")
