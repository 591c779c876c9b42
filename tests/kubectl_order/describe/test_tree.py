from kubectl_order.describe.tree import Wood, tree, wood_of
from kubectl_order.report import Node
from kubectl_order.rows import Meta, OrderRow, OrderRowStatus, Owner
from orderapi.meta import Object, ObjectMeta, OwnerReference
from tests.kubectl_order.build import (
    NOW,
    a_certificate,
    a_chain,
    a_challenge,
    a_request,
    a_secret,
    an_order,
    meta,
)


def under(owner: Object | None, name: str, *, kind: str = "X") -> ObjectMeta:
    uid = owner.metadata.uid if owner is not None else f"uid-{kind}"
    named = owner.metadata.name if owner is not None else "front"
    reference = OwnerReference(api_version="v1", kind=kind, name=named, uid=uid, controller=True)
    return ObjectMeta(name=name, namespace="shop", uid=f"uid-{name}", owner_references=(reference,))


def drawn(node: Node, depth: int = 0) -> list[str]:
    line = f"{'  ' * depth}{node.ref} {node.state}".rstrip()
    return [line, *(each for child in node.below for each in drawn(child, depth + 1))]


CERTIFICATE = a_certificate(metadata=under(None, "web", kind="Ingress"))
OLD = a_request(revision=1, metadata=under(CERTIFICATE, "web-1"))
NEW = a_request(revision=2, metadata=under(CERTIFICATE, "web-2"))
ORDER = an_order(metadata=under(NEW, "web-order"))
CHALLENGE = a_challenge(metadata=under(ORDER, "web-order-0"))


def test_one_chain_from_its_ingress_down_with_the_orders_of_past_requests() -> None:
    owners = (Owner(kind="CertificateRequest", name="web-1", uid="uid-web-1", controller=True),)
    old = OrderRow(
        metadata=Meta(name="old", namespace="shop", uid="uid-old", owner_references=owners),
        status=OrderRowStatus(state="invalid"),
    )
    foreign = OrderRow(metadata=Meta(name="foreign", namespace="shop", uid="uid-foreign"))
    chain = a_chain(
        certificate=CERTIFICATE,
        request=NEW,
        past=(OLD,),
        order=ORDER,
        challenges=(CHALLENGE,),
        secret=a_secret(),
    )

    (root,) = tree(wood_of(chain, [old, foreign]), NOW).items

    assert drawn(root) == [
        "ingress/front",
        "  certificate/web issuing",
        "    certificaterequest/web-1 pending",
        "      order/old invalid",
        "    certificaterequest/web-2 pending",
        "      order/web-order pending",
        "        challenge/web-order-0 pending",
        "    secret/web-tls present",
    ]


def test_certificates_of_one_ingress_are_together_and_what_has_no_owner_is_alone() -> None:
    other = a_certificate(metadata=under(None, "api", kind="Ingress"), secret="")
    alone = an_order(metadata=meta("by-hand"))
    lost = a_challenge(metadata=under(an_order(metadata=meta("gone")), "lost"))
    wood = Wood(
        certificates=(CERTIFICATE, other, a_certificate(name="zone", secret="")),
        orders=(alone,),
        challenges=(lost,),
    )

    found = [drawn(root) for root in tree(wood, NOW).items]

    assert found == [
        ["order/by-hand pending"],
        [
            "ingress/front",
            "  certificate/web issuing",
            "    secret/web-tls",
            "  certificate/api issuing",
        ],
        ["challenge/lost pending"],
        ["certificate/zone issuing"],
    ]


def test_objects_that_all_own_each_other_are_there_once() -> None:
    several = 30
    requests = [
        a_request(metadata=under(CERTIFICATE, f"web-{number}")) for number in range(several)
    ]
    owners = tuple(
        OwnerReference(api_version="v1", kind="X", name="x", uid=f"uid-{each}-{number}")
        for each in ("web", "order")
        for number in range(several)
    )
    of_all = [
        ObjectMeta(name=f"{each}-{number}", uid=f"uid-{each}-{number}", owner_references=owners * 2)
        for each in ("order", "challenge")
        for number in range(several)
    ]
    orders = [an_order(metadata=each) for each in of_all[:several]]
    challenges = [a_challenge(metadata=each) for each in of_all[several:]]
    (root,) = tree(
        Wood(certificates=[CERTIFICATE], requests=requests, orders=orders, challenges=challenges),
        NOW,
    ).items
    assert len(drawn(root)) == 2 + 3 * several + 1
