"""The page on which whoever got a mail of a playbook says that it was the last one: no account, a signed link (RFC 8058)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from accounts import opt_outs
from accounts.models import Tenant
from journey.playbooks import sending
from journey.views.customer import public_answer, spoken


@never_cache
@csrf_exempt  # the signed link is the proof; mail programs post it without a page (RFC 8058)
def mail_stop(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """A GET asks, because mail programs look at links; a POST stops. Unknown links are 404."""

    def answer(tenant: Tenant) -> HttpResponse | None:
        letter = sending.by_token(token)
        if letter is None or not letter.address:
            return None
        if request.method == "POST":
            sending.stop(letter)
        elif request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD, POST"})
        done = bool(opt_outs.stopped([letter.address]))
        context = {"company": tenant.name, "address": letter.address, "done": done}
        return spoken(request, letter.language, lambda: render(request, "journey/mail_stop.html", context))

    return public_answer(request, slug, answer)
