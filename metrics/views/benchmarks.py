"""Benchmarks as data (MET-25): the settings where a company says its own, and the help page of each metric."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.htmx import page
from metrics.catalogue import METRICS
from metrics.enums import Metric
from metrics.figures.bands import bands_for_all
from metrics.insights import benchmarks, peers
from metrics.insights.benchmarks import BENCHMARKS
from metrics.showing import cells


class BenchmarkForm(forms.Form):
    text = forms.CharField(label=gettext_lazy("What it says"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    range = forms.CharField(label=gettext_lazy("Range"), max_length=120, required=False)
    source = forms.CharField(
        label=gettext_lazy("Source"), max_length=200, help_text=gettext_lazy("Who says so, and where.")
    )


@requires(Permission.MANAGE_SETTINGS)
def show_benchmarks(request: TenantRequest) -> HttpResponse:
    """Every benchmark with its range, source and caveat, and the metrics that it stands beside."""
    rows = [
        {
            "key": each.key,
            "text": each.text,
            "range": each.range,
            "source": each.source,
            "caveat": each.caveat,
            "own": each.own,
            "url": url(request, "benchmark", each.key),
            "metrics": [
                {"label": metric.label, "url": reverse("metric_help", args=[request.tenant.slug, metric])}
                for metric in each.metrics
            ],
        }
        for each in benchmarks.every()
    ]
    return section_page(request, "benchmarks", "metrics/benchmarks.html", {"rows": rows})


@requires(Permission.MANAGE_SETTINGS)
def edit(request: TenantRequest, benchmark: str) -> HttpResponse:
    """One benchmark: the company's own words, or back to ours."""
    if benchmark not in BENCHMARKS:
        raise Http404
    if request.method == "POST" and "reset" in request.POST:
        benchmarks.reset(key=benchmark, by=request.member)
        messages.success(request, _("Back to the benchmark that Setia brings along."))
        return redirect(url(request, "benchmarks"))
    now = next(each for each in benchmarks.every() if each.key == benchmark)
    initial = {"text": str(now.text), "range": str(now.range), "source": str(now.source)}
    form = BenchmarkForm(request.POST or None, initial=initial)

    def keep(data: dict[str, Any]) -> None:
        benchmarks.save(
            key=benchmark, text=data["text"], range_=data["range"], source=data["source"], by=request.member
        )

    if request.method == "POST" and accepted(form, keep):
        messages.success(request, _("Saved."))
        return redirect(url(request, "benchmarks"))
    context = {
        "title": str(now.range) or _("Benchmark"),
        "form": form,
        "own": now.own,
        "usual": BENCHMARKS[benchmark],
        "back": url(request, "benchmarks"),
    }
    return section_page(
        request, "benchmarks", "metrics/benchmark_edit.html", context, status=422 if form.is_bound else 200
    )


@requires(Permission.VIEW_BOARD)
def metric_help(request: TenantRequest, metric: str) -> HttpResponse:
    """What a metric is, what is said of it elsewhere, and how peers define it."""
    if metric not in Metric.values:
        raise Http404
    said = METRICS[Metric(metric)]
    facts = [
        (_("Who counts"), said.cohort),
        (_("Currency"), said.currency),
        (_("A customer that comes back"), said.reactivation),
        (_("The same within a month"), said.reactivation_month),
        (_("Moves"), said.outcome.label if said.outcome else ""),
        (_("To bear in mind"), said.note),
    ]
    context = {
        "metric": said,
        "facts": [(label, text) for label, text in facts if text],
        "kinds": [said.level.label, said.timing.label, said.purpose.label, said.unit.label],
        "bands": [cells.pill(metric, band) for band in bands_for_all().get(metric, ())],
        "benchmarks": benchmarks.of_metric(metric),
        "points": peers.of_metric(metric),
        "settings_url": url(request, "benchmarks") if may(request, Permission.MANAGE_SETTINGS) else "",
        "others": [
            {
                "label": each.label,
                "url": reverse("metric_help", args=[request.tenant.slug, each]),
                "current": each == metric,
            }
            for each in METRICS
        ],
    }
    return page(request, "metrics/metric_help.html", context)
