"""What Prometheus is told."""

from tests.webhook.asgi import BODY, DENIED, admission, encoded, giving, metrics, review, told
from webhook.verdict import ALLOWED, Fault, Verdict


async def test_every_answer_is_counted() -> None:
    """By resource, operation, verdict and the rule of the first fault."""
    counted = metrics()
    await told(admission(giving(ALLOWED), counted=counted), BODY)
    await told(admission(giving(DENIED), counted=counted), BODY)
    await told(admission(giving(DENIED), counted=counted), encoded(review(subResource="status")))
    await told(admission(giving(DENIED), counted=counted), b"")
    page = counted.page().decode()
    for resource, operation, verdict, rule in [
        ("orders", "UPDATE", "allowed", ""),
        ("orders", "UPDATE", "denied", "labels"),
        ("orders/status", "UPDATE", "denied", "labels"),
        ("", "", "malformed", "unreadable"),
    ]:
        labels = f'operation="{operation}",resource="{resource}",rule="{rule}",verdict="{verdict}"'
        assert f"order_webhook_requests_total{{{labels}}} 1.0" in page
    assert 'order_webhook_request_seconds_count{resource="orders"} 2.0' in page
    assert "order_webhook_serving_certificate_days_left 6.5" in page
    assert 'order_webhook_build_info{version="1.2.3"} 1.0' in page


async def test_labels_are_bounded() -> None:
    """Whatever requests bring."""
    counted = metrics()
    tomorrow = Fault("", "x", "a rule of tomorrow")  # type: ignore[arg-type]
    app = admission(giving(Verdict((tomorrow,))), counted=counted)
    for number in range(50):
        group = {"group": "g", "version": "v", "resource": f"r{number}"}
        await told(app, encoded(review(resource=group, operation=f"O{number}")))
    samples = [line for line in counted.page().decode().splitlines() if "requests_total{" in line]
    assert samples == [
        'order_webhook_requests_total{operation="other",resource="other",rule="other",'
        'verdict="denied"} 50.0'
    ]
