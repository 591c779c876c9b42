"""All that can be told of a Certificate's spec from its text."""

from collections.abc import Iterator

from orderapi import defaults
from orderapi.certificate import CertificateSpec, OutputFormat
from orderapi.validation.constraints import constraint_faults
from orderapi.validation.fault import SpecFault, quoted
from orderapi.validation.key import key_faults, signature_faults
from orderapi.validation.keystores import keystore_faults, password_faults
from orderapi.validation.names import name_faults, wildcard_faults
from orderapi.validation.objectnames import is_object_name
from orderapi.validation.references import issuer_ref_faults
from orderapi.validation.renewal import renewal_faults
from orderapi.validation.secret_template import reserved_annotation_faults, template_faults
from orderapi.validation.subject import subject_faults, unnamed_literal_faults
from orderapi.validation.terms import default_term_faults, term_faults
from orderapi.validation.usages import usage_faults


def faults_of(spec: CertificateSpec) -> tuple[SpecFault, ...]:
    """All that keeps a certificate from being issued, at once, so that one change can mend it."""
    return (
        *_secret_name(spec),
        *issuer_ref_faults(spec.issuer_ref),
        *keystore_faults(spec.keystores),
        *template_faults(spec.secret_template),
        *_history(spec),
        *request_faults(spec),
    )


def request_faults(spec: CertificateSpec) -> tuple[SpecFault, ...]:
    """All that keeps a signing request from being made of `spec`."""
    return (
        *key_faults(spec.private_key),
        *content_faults(spec),
        *signature_faults(spec.signature_algorithm, defaults.key_algorithm(spec.private_key)),
        *term_faults(spec),
    )


def content_faults(spec: CertificateSpec) -> tuple[SpecFault, ...]:
    """What is wrong with what a request or certificate holds, apart from the key."""
    return (
        *subject_faults(spec),
        *name_faults(spec),
        *usage_faults(spec.usages, is_ca=spec.is_ca),
        *constraint_faults(spec),
    )


def oversights_of(spec: CertificateSpec) -> tuple[SpecFault, ...]:
    """What issuing copes with, and none should write anew: each is without effect, or with another
    one than it seems to have. Only admission refuses it."""
    return (
        *wildcard_faults(spec),
        *unnamed_literal_faults(spec),
        *default_term_faults(spec),
        *renewal_faults(spec.renewal),
        *reserved_annotation_faults(spec.secret_template),
        *password_faults(spec.keystores),
        *_formats(spec.additional_output_formats),
    )


def _secret_name(spec: CertificateSpec) -> Iterator[SpecFault]:
    if not spec.secret_name:
        yield SpecFault("spec.secretName", "is empty; it names the Secret for key and certificate")
    elif not is_object_name(spec.secret_name):
        yield SpecFault(
            "spec.secretName", f"{quoted(spec.secret_name)} is not a name that a Secret can have"
        )


def _history(spec: CertificateSpec) -> Iterator[SpecFault]:
    limit = spec.revision_history_limit
    if limit is not None and limit < 1:
        yield SpecFault(
            "spec.revisionHistoryLimit", f"{limit} is less than 1; the request in use is kept"
        )


def _formats(formats: tuple[OutputFormat, ...]) -> Iterator[SpecFault]:
    seen: set[str] = set()
    for index, form in enumerate(formats):
        if form.type in seen:
            path = f"spec.additionalOutputFormats[{index}].type"
            yield SpecFault(path, f"{quoted(form.type)} is listed twice; once is enough")
        seen.add(form.type)
