#!/usr/bin/env python
"""Django's command line; starts the embedded servers first where no others are configured."""

import os
import sys

from django.core.management import execute_from_command_line

from cs_platform.embedded.commands import prepare


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cs_platform.settings")
    prepare(sys.argv)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
