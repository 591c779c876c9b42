"""Questions of every kind."""

from orderapi.names import GROUP
from orderapi.resources import CERTIFICATE_REQUEST
from webhook.questions import Claims, May, Question, Read, Served
from webhook.request import User

TENANT = User("tenant", "1", ("editors",), {"a": ("b",), "c": ("d",)})
READ = Read(CERTIFICATE_REQUEST, "shop", "web-1")
APPROVE = May(TENANT, "approve", GROUP, "signers", "", "issuers.cert-manager.io/shop.x")
ISSUER = Served(GROUP, "Issuer")
QUESTIONS: tuple[Question, ...] = (READ, Claims("shop", "tls"), APPROVE, ISSUER)
