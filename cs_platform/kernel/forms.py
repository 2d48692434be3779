"""Forms: a base that checks tenant-wide uniqueness before the database does, choices that wait for the tenant, days."""

from collections.abc import Callable
from typing import Any, Self

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _

from cs_platform.kernel.errors import DomainError


def day_input(**attrs: str) -> forms.DateInput:
    """The browser's own date field. It always speaks ISO: in the form of another language it would stand empty."""
    return forms.DateInput(attrs={"type": "date", **attrs}, format="%Y-%m-%d")


def refuse(form: forms.BaseForm, error: DomainError) -> None:
    """Let a refusal stand in the form, at the field that it names."""
    for field, text in (error.fields or {"": error.message}).items():
        form.add_error(field if field in form.fields else None, text)


def accepted(form: forms.BaseForm, act: Callable[[dict[str, Any]], Any], *, entries_only: bool = False) -> bool:
    """Whether the form is valid and `act` did not refuse its values; a refusal then stands in the form. With `entries_only`
    one that is not about what was entered (a conflict, a right that is missing) goes on to its own page."""
    if not form.is_valid():
        return False
    try:
        act(form.cleaned_data)
    except DomainError as error:
        if entries_only and error.status != DomainError.status:
            raise
        refuse(form, error)
        return False
    return True


class TenantForm(forms.ModelForm):
    """A model form of a tenant row: stamps the tenant and validates constraints that name it (else a 500)."""

    instance: Any  # a TenantModel; tenancy itself needs the field below

    def _post_clean(self) -> None:
        self.instance.stamp_tenant()
        super()._post_clean()  # type: ignore[misc]  # Django's own hook, which its stubs leave out
        if not self.errors:
            try:
                self.instance.validate_constraints()
            except ValidationError as error:
                self._update_errors(error)

    def _update_errors(self, errors: ValidationError) -> None:
        """A key of several columns is said under the one that can be typed, not as a sentence about columns."""
        found = errors.error_dict if hasattr(errors, "error_dict") else {NON_FIELD_ERRORS: errors.error_list}
        for name, problems in found.items():
            for problem in problems:
                keys = [field for field in (problem.params or {}).get("unique_check", ()) if field in self.fields]
                if keys:
                    self.add_error(keys[-1], _("There is one already."))
                else:
                    super()._update_errors(ValidationError({name: [problem]}))  # type: ignore[misc]  # as above

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - {"tenant"}  # type: ignore[misc]  # as above


class TenantChoiceField(forms.ModelChoiceField):
    """A choice among the tenant's rows. Form classes are made at import, before any tenant: each form asks anew."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        self.model = model
        super().__init__(queryset=None, **{"empty_label": "–", **kwargs})

    def __deepcopy__(self, memo: Any) -> Self:
        copy = super().__deepcopy__(memo)
        copy.queryset = self.model.objects.all()
        return copy
