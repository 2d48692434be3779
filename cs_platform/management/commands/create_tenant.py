"""`create_tenant SLUG --name NAME --currency USD --timezone UTC`: a tenant with an admin and an API key."""

from argparse import ArgumentParser
from typing import Any

from django.db import transaction

from accounts.services import create_tenant
from cs_platform.kernel.commands import ProductCommand


class Command(ProductCommand):
    help = "Creates a tenant with an admin member and an API key; the secrets are printed this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--name", default="")
        parser.add_argument("--currency", default="USD")
        parser.add_argument("--timezone", default="UTC")
        parser.add_argument("--admin-email", default="")

    def answer(self, **options: Any) -> dict[str, Any]:
        with transaction.atomic():
            made = create_tenant(
                slug=options["slug"],
                name=options["name"] or options["slug"],
                currency=options["currency"].upper(),
                time_zone=options["timezone"],
                admin_email=options["admin_email"],
            )
        return {
            "slug": made.tenant.slug,
            "admin": {"email": made.admin.user.email, "password": made.password},
            "api_key": made.api_key,
        }
