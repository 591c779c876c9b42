"""Labels and annotations for the Secret."""

import pytest

from orderapi.certificate import SecretTemplate
from orderapi.validation.secret_template import reserved_annotation_faults, template_faults
from tests.orderapi.validation.build import sentences

LABELS, ANNOTATIONS = "spec.secretTemplate.labels", "spec.secretTemplate.annotations"


@pytest.mark.parametrize(
    ("template", "paths"),
    [
        pytest.param(None, [], id="none"),
        pytest.param(SecretTemplate(labels={"a.example/b": "C_d", "e": ""}), [], id="labels"),
        pytest.param(SecretTemplate(labels={"-a": "b"}), [LABELS], id="key of a label"),
        pytest.param(SecretTemplate(labels={"a": "b c"}), [LABELS], id="value of a label"),
        pytest.param(SecretTemplate(labels={"a": "b" * 64}), [LABELS], id="long value"),
        pytest.param(
            SecretTemplate(annotations={"A.Example/B": "any\ntext at all: ü"}), [], id="annotations"
        ),
        pytest.param(SecretTemplate(annotations={"a b": ""}), [ANNOTATIONS], id="annotation's key"),
        pytest.param(
            SecretTemplate(annotations={"a": "b" * 256 * 1024}), [ANNOTATIONS], id="too much"
        ),
        pytest.param(
            SecretTemplate(annotations={"a": "b" * (256 * 1024 - 1)}), [], id="as much as fits"
        ),
    ],
)
def test_faults(template: SecretTemplate | None, paths: list[str]) -> None:
    assert [fault.path for fault in template_faults(template)] == paths


def test_bytes_are_counted() -> None:
    template = SecretTemplate(annotations={"a": "ü" * 150_000})
    assert sentences(template_faults(template)) == [
        f"{ANNOTATIONS}: are longer than 262,144 bytes together"
    ]


def test_annotations_of_cert_manager_are_reserved_but_for_one() -> None:
    template = SecretTemplate(
        annotations={
            "cert-manager.io/issuer-name": "x",
            "cert-manager.io/allow-direct-injection": "true",
            "acme.cert-manager.io/x": "y",
            "cert-manager.iox/y": "z",
        }
    )
    (fault,) = reserved_annotation_faults(template)
    assert fault.path == ANNOTATIONS
    assert fault.text.startswith('"cert-manager.io/issuer-name" is not taken')
    assert not list(reserved_annotation_faults(None))
