"""Forms: a base that checks tenant-wide uniqueness before the database does."""

from django import forms
from django.core.exceptions import ValidationError

from cs_platform.kernel.tenancy import TenantModel


class TenantForm(forms.ModelForm):
    """A model form of a tenant row: stamps the tenant and validates constraints that name it (else a 500)."""

    instance: TenantModel

    def _post_clean(self) -> None:
        self.instance.stamp_tenant()
        super()._post_clean()
        if not self.errors:
            try:
                self.instance.validate_constraints()
            except ValidationError as error:
                self._update_errors(error)

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - {"tenant"}
