"""Members, roles, invitations and the profile (ROL-01): who gets in, who stays in, and who can always change it."""

import datetime as dt
import re

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import invitations, people
from accounts.models import Invitation, Member, Role, Team, User
from accounts.services import add_member
from cs_platform.kernel import queue
from cs_platform.kernel.access import Permission
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.models import AuditEntry, Work

PASSWORD = "correct horse battery"


def at(world, name, *args):
    return reverse(f"settings_{name}", args=[world.tenant.slug, *args])


def send_mails():
    """Do what the worker does; the mails of the outbox are the only place that holds the secrets."""
    queue.drain(5)
    return mail.outbox


def invite(world, email="new@person.example", role="csm", team=None):
    """An invitation that was sent, and the path of its link."""
    with world.open():
        invitation = invitations.invite_member(
            email=email, role=Role.objects.get(key=role), team=team, by=world.members["admin"]
        )
    return invitation, link(send_mails()[-1])


def link(message):
    return re.search(r"http://localhost:8000(/join/\S+)", message.body)[1]


# Members


def role_form(world, role):
    with world.open():
        return {"role": Role.objects.get(key=role).id, "title": "x"}


def test_the_last_who_manages_members_keeps_doing_so(world):
    client, admin = world.client("admin"), world.members["admin"]
    refused = client.post(at(world, "members_edit", admin.id), role_form(world, "csm"))
    assert refused.status_code == 422
    assert "Somebody has to be able to manage members" in refused.content.decode()
    assert client.post(at(world, "members_switch", admin.id), {"active": "no"}).status_code == 422
    with world.open():
        assert Member.objects.get(id=admin.id).role.key == "admin"
        add_member(email="second@acme.example", name="Second", role="admin", password=PASSWORD)
    assert client.post(at(world, "members_edit", admin.id), role_form(world, "csm")).status_code == 302
    with world.open():
        assert Member.objects.get(id=admin.id).role.key == "csm"


def test_taking_the_right_from_a_role_counts_as_well(world):
    with world.open():
        ops = Role.objects.get(key="ops")
        ops.permissions = [*ops.permissions, str(Permission.MANAGE_MEMBERS)]
        ops.save()
        Member.objects.filter(id=world.members["admin"].id).update(is_active=False)
        grant = people.Grant(permissions=["home.view"], scope="all", home="today")
        with pytest.raises(DomainError) as error:
            people.set_grants(grants={ops.id: grant}, by=world.members["ops"])
        assert error.value.code == "last_admin"
        assert str(Permission.MANAGE_MEMBERS) in Role.objects.get(key="ops").permissions


def test_who_is_deactivated_is_out_at_once_and_signed_out(worlds):
    mine, theirs = worlds
    client = Client()
    client.post(reverse("account_login"), {"login": "csm@acme.example", "password": "correct horse"})
    assert client.get(mine.url("palette/")).status_code == 200
    assert UserSession.objects.filter(user=mine.members["csm"].user).count() == 1
    admin = mine.client("admin")
    assert admin.post(at(mine, "members_switch", theirs.members["csm"].id), {"active": "no"}).status_code == 404
    assert admin.post(at(mine, "members_switch", mine.members["csm"].id), {"active": "no"}).status_code == 302
    assert not UserSession.objects.filter(user=mine.members["csm"].user).exists()
    assert client.get(mine.url("palette/")).url.startswith(reverse("account_login")), "the session is gone"
    admin.post(at(mine, "members_switch", mine.members["csm"].id), {"active": "yes"})
    assert mine.client("csm").get(mine.url("palette/")).status_code == 200


def test_a_session_that_another_company_needs_stays(worlds):
    mine, theirs = worlds
    with theirs.open():
        add_member(email="csm@acme.example", name="Csm Person", role="csm")
    client = Client()
    client.post(reverse("account_login"), {"login": "csm@acme.example", "password": "correct horse"})
    mine.client("admin").post(at(mine, "members_switch", mine.members["csm"].id), {"active": "no"})
    assert client.get(mine.url("palette/")).status_code == 404
    assert client.get(theirs.url("palette/")).status_code == 200


def test_members_page_shows_own_people_only(worlds, django_assert_max_num_queries):
    mine, _theirs = worlds
    client = mine.client("admin")
    with django_assert_max_num_queries(20):
        page = client.get(at(mine, "members")).content.decode()
    assert "leader@acme.example" in page
    assert "leader@rival.example" not in page
    for role in ("ops", "leader", "csm"):
        assert mine.client(role).get(at(mine, "members")).status_code == 403


# Roles


def matrix(world, **changes):
    """The matrix as the page sends it."""
    form = {}
    with world.open():
        for role in Role.objects.all():
            wished = changes.get(role.key, {})
            form[f"may-{role.id}"] = wished.get("may", role.permissions)
            form[f"scope-{role.id}"] = wished.get("scope", role.scope)
            form[f"home-{role.id}"] = wished.get("home", role.home)
    return form


def test_the_matrix_changes_what_a_role_may_do_at_once(world):
    """ROL-01: permissions and scope are data of the company."""
    assert world.client("csm").get(reverse("runs", args=["acme"])).status_code == 403
    form = matrix(world, csm={"may": ["runs.view", "nonsense"], "scope": "team", "home": "runs"})
    assert world.client("admin").post(at(world, "roles"), form).status_code == 302
    assert world.client("csm").get(reverse("runs", args=["acme"])).status_code == 200
    with world.open():
        role = Role.objects.get(key="csm")
        assert (role.permissions, role.scope, role.home) == (["home.view", "runs.view"], "team", "runs")
        assert AuditEntry.objects.filter(table="accounts_role", action="update").count() == 1, "only what changed"


def test_saving_the_matrix_unchanged_writes_nothing(world):
    assert world.client("admin").post(at(world, "roles"), matrix(world)).status_code == 302
    with world.open():
        assert not AuditEntry.objects.filter(table="accounts_role", action="update").exists()


def test_administrators_keep_the_right_and_nobody_gets_a_closed_first_page(world):
    client = world.client("admin")
    form = matrix(world, admin={"may": ["home.view", "board.view"]})
    assert client.post(at(world, "roles"), form).status_code == 302
    with world.open():
        assert "members.edit" in Role.objects.get(key="admin").permissions
    refused = client.post(at(world, "roles"), matrix(world, csm={"may": [], "home": "board"}))
    assert refused.status_code == 422
    assert "first page" in refused.content.decode()


def test_a_role_of_ones_own(world):
    client = world.client("admin")
    with world.open():
        csm = Role.objects.get(key="csm")
    assert client.post(at(world, "roles_add"), {"name": "Onboarding specialist", "like": csm.id}).status_code == 302
    assert client.post(at(world, "roles_add"), {"name": "onboarding Specialist", "like": csm.id}).status_code == 422
    with world.open():
        role = Role.objects.get(key="onboarding-specialist")
        assert (role.permissions, role.scope) == (csm.permissions, csm.scope)
    assert client.post(at(world, "roles_remove", role.id)).status_code == 302
    assert client.post(at(world, "roles_remove", csm.id)).status_code == 422, "people have it"


def test_a_role_of_another_company_is_no_choice(worlds):
    mine, theirs = worlds
    with theirs.open():
        foreign = Role.objects.get(key="admin")
    form = {"role": foreign.id, "title": ""}
    response = mine.client("admin").post(at(mine, "members_edit", mine.members["csm"].id), form)
    assert response.status_code == 422
    with mine.open():
        assert Member.objects.get(id=mine.members["csm"].id).role.key == "csm"


# Invitations


def test_an_invited_person_joins_with_role_team_and_password(world):
    with world.open():
        team = Team.objects.create(name="North")
    User.objects.filter(id=world.members["admin"].user_id).update(language="id")
    form = {"email": "New@Person.example", "role": role_form(world, "leader")["role"], "team": team.id}
    assert world.client("admin").post(at(world, "members"), form).status_code == 302
    message = send_mails()[0]
    assert message.to == ["new@person.example"]
    assert "Administrator" in message.subject
    with world.open():
        assert not Work.objects.exists(), "the secret never stood in the work list"
        digest = Invitation.objects.get().token_hash
    path = link(message)
    assert path.rsplit("/", 2)[1] not in digest
    visitor = Client()
    page = visitor.get(path)
    assert page.status_code == 200
    assert "CS leader" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    joined = visitor.post(path, {"name": "Nia Baru", "password": PASSWORD})
    assert joined.url == reverse("home", args=["acme"])
    assert visitor.get(world.url("palette/")).status_code == 200, "signed in"
    with world.open():
        member = Member.objects.get(user__email="new@person.example")
        assert (member.name, member.role.key, member.team_id) == ("Nia Baru", "leader", team.id)
        assert AuditEntry.objects.filter(table="accounts_member", actor="Nia Baru").exists()
    assert EmailAddress.objects.get(user=member.user).verified, "the link was in the mailbox"
    assert (
        Client().post(reverse("account_login"), {"login": member.user.email, "password": PASSWORD}).status_code == 302
    )


@pytest.mark.parametrize("password", ["short", "password123", "new@person", ""])
def test_weak_passwords_are_refused_and_nothing_is_made(world, password):
    _invitation, path = invite(world)
    response = Client().post(path, {"name": "Nia", "password": password})
    assert response.status_code == 422
    assert not User.objects.filter(email="new@person.example").exists()


def test_a_link_that_is_not_good_answers_always_alike(worlds):
    mine, theirs = worlds
    used, used_path = invite(mine, "used@person.example")
    assert Client().post(used_path, {"name": "U", "password": PASSWORD}).status_code == 302
    expired, expired_path = invite(mine, "late@person.example")
    _revoked, revoked_path = invite(mine, "revoked@person.example")
    with mine.open():
        Invitation.objects.filter(id=expired.id).update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    mine.client("admin").post(at(mine, "invitation_revoke", _revoked.id))
    _good, good_path = invite(mine, "good@person.example")
    paths = [
        used_path,
        expired_path,
        revoked_path,
        good_path.replace("/acme/", "/rival/"),
        good_path.replace("/acme/", "/nobody/"),
        "/join/acme/guess/",
    ]
    bodies = set()
    for path in paths:
        for response in (Client().get(path), Client().post(path, {"name": "X", "password": PASSWORD})):
            assert response.status_code == 404, path
            bodies.add(re.sub(r'value="[^"]+"', "", response.content.decode()))
    assert len(bodies) == 1
    with theirs.open():
        assert Member.objects.count() == 5
    with mine.open():
        assert not Member.objects.filter(user__email="late@person.example").exists()
        assert Invitation.objects.get(id=used.id).accepted_at
    assert Client().get(good_path).status_code == 200


def test_a_known_person_signs_in_first_and_keeps_the_password(worlds):
    mine, theirs = worlds
    _invitation, path = invite(mine, "leader@rival.example", role="ops")
    anonymous = Client()
    page = anonymous.get(path).content.decode()
    assert f"{reverse('account_login')}?next={path}" in page
    assert 'name="password"' not in page
    assert anonymous.post(path, {"name": "Thief", "password": PASSWORD}).status_code == 403
    other = theirs.client("csm")
    assert "csm@rival.example" in other.get(path).content.decode()
    assert other.post(path).status_code == 403
    client = theirs.client("leader")
    assert client.post(path).url == reverse("home", args=["acme"])
    assert client.get(mine.url("palette/")).status_code == 200
    user = User.objects.get(email="leader@rival.example")
    assert user.check_password("correct horse")
    with mine.open():
        assert Member.objects.get(user=user).role.key == "ops"


def test_the_same_person_is_not_invited_twice(world):
    form = {"email": "new@person.example", "role": role_form(world, "csm")["role"]}
    client = world.client("admin")
    assert client.post(at(world, "members"), form).status_code == 302
    assert client.post(at(world, "members"), form).status_code == 422
    assert client.post(at(world, "members"), form | {"email": "CSM@acme.example"}).status_code == 422
    with world.open():
        assert Invitation.objects.count() == 1


def test_sending_again_ends_the_old_link(world):
    invitation, first = invite(world)
    world.client("admin").post(at(world, "invitation_resend", invitation.id))
    second = link(send_mails()[-1])
    assert first != second
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200


def test_a_mail_that_fails_is_tried_again_and_shown(world, monkeypatch):
    def fail(message):
        raise OSError("mail server away")

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", fail)
    with world.open():
        invitations.invite_member(
            email="new@person.example", role=Role.objects.get(key="csm"), team=None, by=world.members["admin"]
        )
    assert queue.drain(2) == 0
    assert "mail server away" in world.client("admin").get(at(world, "members")).content.decode()
    with world.open():
        assert Work.objects.get(name=invitations.WORK).attempts == 1


@pytest.mark.parametrize(("language", "words"), [("en", "invites you to Acme"), ("id", "Acme"), ("ms", "Acme")])
def test_the_mail_speaks_the_language_of_who_invites(world, language, words):
    client = world.client("admin")
    User.objects.filter(id=world.members["admin"].user_id).update(language=language)
    client.post(at(world, "members"), {"email": "a@b.example", "role": role_form(world, "csm")["role"]})
    message = send_mails()[0]
    assert words in message.subject
    html = message.alternatives[0].content
    assert f'lang="{language}"' in html
    assert link(message) in html
    assert "<script" not in html
    assert "src=" not in html, "a mail loads nothing"


def test_names_cannot_break_mail_or_page(world):
    with world.open():
        Member.objects.filter(id=world.members["admin"].id).update(name="<b>Eve</b>\r\nBcc: all@acme.example")
        world.members["admin"].refresh_from_db()
    _invitation, path = invite(world)
    message = mail.outbox[-1]
    assert "\n" not in message.subject
    assert message.recipients() == ["new@person.example"]
    assert "<b>Eve" not in message.alternatives[0].content
    assert "<b>Eve" not in Client().get(path).content.decode()


# Profile and companies


def test_profile_keeps_how_it_looks_and_the_name_in_every_company(worlds):
    mine, theirs = worlds
    with theirs.open():
        add_member(email="csm@acme.example", name="Csm Person", role="csm")
    client = mine.client("csm")
    form = {"name": "Siti Nurhaliza", "language": "ms", "theme": "dark", "density": "comfortable"}
    assert client.post(reverse("profile"), form).status_code == 302
    user = User.objects.get(email="csm@acme.example")
    assert (user.language, user.theme, user.density, user.shortcuts) == ("ms", "dark", "comfortable", False)
    page = client.get(reverse("profile")).content.decode()
    assert '<html lang="ms" data-theme="dark" data-density="comfortable" data-keys="off"' in page
    for world in worlds:
        with world.open():
            assert Member.objects.get(user=user).name == "Siti Nurhaliza"
            assert Member.objects.exclude(user=user).filter(name="Siti Nurhaliza").count() == 0


def test_the_theme_button_sends_the_theme_alone(world):
    client = world.client("csm")
    assert client.post(reverse("profile"), {"theme": "dark"}, headers={"HX-Request": "true"}).status_code == 204
    assert client.post(reverse("profile"), {"theme": "pink"}).status_code == 422
    user = User.objects.get(email="csm@acme.example")
    assert (user.theme, user.name, user.shortcuts) == ("dark", "Csm Person", True)


@pytest.mark.parametrize("change", [{"name": ""}, {"name": "x" * 121}, {"language": "tlh"}, {"theme": "pink"}])
def test_a_profile_that_cannot_be_is_refused(world, change):
    form = {"name": "Csm Person", "language": "", "theme": "", "density": ""} | change
    assert world.client("csm").post(reverse("profile"), form).status_code == 422
    assert User.objects.get(email="csm@acme.example").name == "Csm Person"


def test_profile_and_companies_ask_for_sign_in(db):
    for name in ("profile", "tenants"):
        assert Client().get(reverse(name)).url.startswith(reverse("account_login"))


def test_language_is_remembered_for_strangers_and_for_people(world):
    stranger = Client()
    stranger.post(reverse("set_language"), {"language": "id", "next": "/auth/login/"})
    assert '<html lang="id"' in stranger.get(reverse("account_login")).content.decode()
    client = world.client("csm")
    away = client.post(reverse("set_language"), {"language": "ms", "next": "https://evil.example/"})
    assert away.url == "/"
    assert User.objects.get(email="csm@acme.example").language == "ms"
    client.post(reverse("set_language"), {"language": "tlh"})
    assert User.objects.get(email="csm@acme.example").language == "ms"


def test_companies_lists_own_companies_only(worlds):
    mine, theirs = worlds
    with theirs.open():
        add_member(email="csm@acme.example", name="Csm Person", role="csm")
    both = mine.client("csm").get(reverse("tenants")).content.decode()
    assert mine.url() in both
    assert theirs.url() in both
    assert theirs.url() not in mine.client("leader").get(reverse("tenants")).content.decode()
    loner = User.objects.create_user("loner@acme.example", PASSWORD)
    client = Client()
    client.force_login(loner)
    assert "No company yet" in client.get(reverse("tenants")).content.decode()
