"""What a template asks of the Secret beside what is written into it anyway."""

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.certificates.observed import Wishes
from controller.certificates.secret import drift, manifest
from controller.pki.leaf import read_chain
from controller.runtime.objects import SECRET, Secret
from controller.runtime.schedule import Again
from controller.secretnote import note
from orderapi import names
from orderapi.certificate import SecretTemplate
from orderapi.references import IssuerRef
from orderapi.resources import CERTIFICATE
from tests.controller.certificates.build import a_certificate, a_chain, a_secret, a_spec
from tests.controller.certificates.living import a_server, issue, ready
from tests.controller.certificates.world import Process, certificate, run

OURS = [value for value in vars(names).values() if isinstance(value, str) and "/" in value]
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
keys = st.sampled_from([*OURS, APPLIED, "cert-manager.io/", "cert-manager.io", "app"]) | st.text(
    max_size=30
)
entries = st.dictionaries(keys, st.sampled_from(["", "true", "web", "x"]), max_size=5)
templates = st.builds(SecretTemplate, labels=entries, annotations=entries)


def applied(template: SecretTemplate, *, owned: bool = False) -> Secret:
    """The Secret as it is applied."""
    wire = manifest(
        a_certificate(spec=msgspec.structs.replace(a_spec(), secret_template=template)),
        data=a_secret().data,
        leaf=read_chain(a_chain()),
        issuer=IssuerRef(name="letsencrypt"),
        type="kubernetes.io/tls",
        owned=owned,
    )
    return msgspec.convert(wire, Secret)


@pytest.mark.parametrize(
    ("key", "kept"),
    [
        pytest.param("example.com/team", True, id="own"),
        pytest.param("acme.cert-manager.io/x", True, id="another-domain"),
        pytest.param(names.ALLOW_DIRECT_INJECTION, True, id="injection"),
        pytest.param(names.ISSUER_NAME, False, id="issuer"),
        pytest.param(names.ALT_NAMES, False, id="names"),
        pytest.param("cert-manager.io/of-tomorrow", False, id="unknown"),
        pytest.param(APPLIED, False, id="of-kubectl"),
    ],
)
def test_which_annotations_are_taken_from_a_template(key: str, kept: bool) -> None:
    found = applied(SecretTemplate(annotations={key: "of the template"})).metadata.annotations
    assert (found.get(key) == "of the template") is kept
    assert found[names.ISSUER_NAME] == "letsencrypt"


def test_a_label_that_marks_keys_is_not_taken() -> None:
    labels = {names.NEXT_PRIVATE_KEY: "true", names.WATCHED_SECRET: "false", "app": "web"}
    found = applied(SecretTemplate(labels=labels)).metadata.labels
    assert found == {names.WATCHED_SECRET: "true", "app": "web"}


@given(templates, st.booleans())
def test_nothing_is_missing_in_what_was_just_written(template: SecretTemplate, owned: bool) -> None:
    spec = msgspec.structs.replace(a_spec(), secret_template=template)
    target = note(applied(template, owned=owned))
    assert drift(a_certificate(spec=spec), target, owned=owned) == ""


@settings(max_examples=30, deadline=None)
@given(templates, st.booleans())
@example(SecretTemplate(labels={names.NEXT_PRIVATE_KEY: "true"}), True)
def test_a_second_look_after_the_write_is_at_rest(template: SecretTemplate, owned: bool) -> None:
    run(_live(template, owned=owned))


async def _live(template: SecretTemplate, *, owned: bool) -> None:
    server = a_server()
    process = Process(server, Wishes(owner_ref=owned))
    await issue(server, process)
    spec = msgspec.structs.replace(a_spec(), secret_template=template)
    server.put(CERTIFICATE, msgspec.structs.replace(certificate(server), spec=spec))
    rest: Again = await process.look()
    written = len(server.writes)
    for life in (process, Process(server, Wishes(owner_ref=owned))):
        assert await life.look() == rest
    assert len(server.writes) == written
    assert ready(server) == ("True", "Ready")
    assert [each.metadata.name for each in server.all(SECRET)] == ["web-tls"]
