"""Routes of the benchmark's server (see ingest_server.py)."""

from typing import Any

from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from rest_framework import serializers
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.views import APIView

from cs_platform.api import bodies
from cs_platform.urls import urlpatterns as product
from health.usage import wire


class NaiveEvent(models.Model):
    """A plain table with the same columns."""

    message_id = models.UUIDField(primary_key=True)
    occurred_at = models.DateTimeField()
    account_id = models.CharField(max_length=200)
    user_ref = models.CharField(max_length=200)
    event = models.CharField(max_length=120)
    quantity = models.DecimalField(max_digits=20, decimal_places=6)

    class Meta:
        app_label = "health"
        managed = False
        db_table = "naive_event"


class NaiveSerializer(serializers.Serializer):
    message_id = serializers.UUIDField()
    account = serializers.CharField(max_length=200)
    user = serializers.CharField(max_length=200)
    event = serializers.CharField(max_length=120)
    quantity = serializers.DecimalField(max_digits=20, decimal_places=6)
    timestamp = serializers.DateTimeField()
    properties = serializers.DictField(required=False)


class Naive(APIView):
    """As it is written first: a serializer for each item and bulk_create."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    parser_classes = [JSONParser]

    def post(self, request: Any) -> Response:
        serializer = NaiveSerializer(data=request.data["events"], many=True)
        serializer.is_valid(raise_exception=True)
        NaiveEvent.objects.bulk_create(
            [
                NaiveEvent(
                    message_id=row["message_id"],
                    occurred_at=row["timestamp"],
                    account_id=row["account"],
                    user_ref=row["user"],
                    event=row["event"],
                    quantity=row["quantity"],
                )
                for row in serializer.validated_data
            ],
            ignore_conflicts=True,
        )
        return Response({"accepted": len(serializer.validated_data)})


@csrf_exempt
@transaction.non_atomic_requests
def no_database(request: HttpRequest) -> HttpResponse:
    """Everything but the database."""
    return JsonResponse({"received": wire.read(bodies.read_body(request)).received})


urlpatterns = [path("bench/none", no_database), path("bench/naive", Naive.as_view()), *product]
