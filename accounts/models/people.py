"""People who use Setia: users (global), members, roles and teams (of a tenant), invitations, keys, saved views."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.enums import KeyScope
from cs_platform.kernel.access import Permission, Scope
from cs_platform.kernel.tenancy import Door, EntityModel, TenantForeignKey, TenantManager, TenantQuerySet


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person, known by e-mail, who may be a member of several tenants. Preferences go with the person."""

    class Theme(models.TextChoices):
        SYSTEM = "", _("Like the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        COMPACT = "", _("Compact")
        COMFORTABLE = "comfortable", _("Comfortable")

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=5, blank=True)
    theme = models.CharField(max_length=12, choices=Theme, blank=True)
    density = models.CharField(max_length=12, choices=Density, blank=True)
    shortcuts = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    last_tenant = models.CharField(max_length=60, blank=True)
    date_joined = models.DateTimeField(db_default=Now())

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = []

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def initials(self) -> str:
        words = (self.name or self.email.split("@")[0].replace(".", " ")).split()
        return "".join(word[0] for word in words[:2]).upper()


class Role(EntityModel):
    """What its members may do and how far they see. The five default roles are rows like any other (ROL-01)."""

    audited: ClassVar[bool] = True

    key = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    permissions = ArrayField(models.CharField(max_length=40, choices=Permission), default=list)
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.ALL)
    # Where a member of this role lands after sign-in: the name of a page.
    home = models.CharField(max_length=20, default="today")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["position", "name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "key"], name="role_key")]

    def __str__(self) -> str:
        return self.name


class Team(EntityModel):
    """Members who share a leader."""

    audited: ClassVar[bool] = True

    name = models.CharField(max_length=80)
    leader = TenantForeignKey("accounts.Member", models.SET_NULL, null=True, blank=True, related_name="leads")

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "name"], name="team_name")]

    def __str__(self) -> str:
        return self.name


class Member(EntityModel):
    """A person in a tenant. The door lets a signed-in user find the tenants they belong to."""

    doors: ClassVar = (Door("own_memberships", "app.user_id", "user_id = {setting}::bigint"),)
    audited: ClassVar[bool] = True

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    role = TenantForeignKey(Role, models.PROTECT, related_name="members")
    team = TenantForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="members")
    name = models.CharField(max_length=120)
    title = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "user"], name="member_once")]

    def __str__(self) -> str:
        return self.name

    def may(self, permission: Permission) -> bool:
        return self.is_active and str(permission) in self.role.permissions

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split()[:2]).upper()


class AbsenceQuerySet(TenantQuerySet):
    """Words of queries for absences."""

    def on(self, first: dt.date, last: dt.date | None = None) -> Self:
        """Those that hold on this day, or on any of the days from `first` to `last`."""
        return self.filter(first_on__lte=last or first, last_on__gte=first)


class Absence(EntityModel):
    """Days on which a member is away, and who looks after their customers and tasks meanwhile (ROL-02)."""

    audited: ClassVar[bool] = True

    member = TenantForeignKey(Member, models.CASCADE, related_name="absences", verbose_name=_("Who is away"))
    cover = TenantForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="covers", verbose_name=_("Covered by")
    )
    first_on = models.DateField(_("From"))
    last_on = models.DateField(_("Last day"))
    note = models.CharField(_("Note"), max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[Any] = TenantManager.from_queryset(AbsenceQuerySet)()

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["first_on", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(last_on__gte=models.F("first_on")), name="absence_ends_after"),
            models.CheckConstraint(
                condition=models.Q(cover=None) | ~models.Q(cover=models.F("member")), name="absence_covered_by_another"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "member", "last_on"], name="absence_of_member"),
            models.Index(fields=["tenant", "cover", "last_on"], name="absence_by_cover"),
        ]


def in_care_of(member: Member, column: str = "owner_id") -> models.Q:
    """Rows whose owner is this member or somebody for whom they stand in today (ROL-02).

    One list of ids that the database makes once: a test of rows against it uses the index of the column, which an OR
    of two conditions would not.
    """
    absent = Absence.objects.on(member.tenant.today()).filter(cover=member).order_by()
    ids = models.Func(
        ArraySubquery(absent.values("member_id")),
        models.Value(member.pk, output_field=models.UUIDField()),
        function="array_append",
    )
    return models.Q(
        models.Func(
            models.F(column), ids, template="%(expressions)s)", arg_joiner=" = ANY(", output_field=models.BooleanField()
        )
    )


class Invitation(EntityModel):
    """An invitation by e-mail; the link holds a secret of which only the hash is kept."""

    audited: ClassVar[bool] = True

    email = models.EmailField()
    role = TenantForeignKey(Role, models.CASCADE, related_name="+")
    team = TenantForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="+")
    token_hash = models.CharField(max_length=64)
    invited_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "token_hash"], name="invitation_token"),
            models.UniqueConstraint(
                fields=["tenant", "email"], condition=models.Q(accepted_at=None), name="invitation_open_once"
            ),
        ]

    def __str__(self) -> str:
        return self.email


class ApiKey(EntityModel):
    """A key of an integration: SHA-256 of a 256-bit secret, shown once. The door opens the one row whose hash is shown."""

    doors: ClassVar = (Door("by_hash", "app.key_hash", "key_hash = {setting}"),)
    audited: ClassVar[bool] = True

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16)
    key_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=10, choices=KeyScope), default=list)
    created_by = TenantForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    rotates = TenantForeignKey("self", models.SET_NULL, null=True, related_name="rotated_by")

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "key_hash"], name="apikey_hash")]
        indexes: ClassVar = [models.Index(fields=["key_hash"], name="apikey_by_hash")]

    def __str__(self) -> str:
        return self.name


class SavedView(EntityModel):
    """A list as somebody likes it: its query string under a name."""

    member = TenantForeignKey(Member, models.CASCADE, related_name="views")
    page = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True)
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "member", "page", "name"], name="savedview_name"),
        ]
