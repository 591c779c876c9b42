"""The ACME accounts of issuers: from an Issuer or ClusterIssuer to a client that is ready to ask.

    answer.py      what an account answers a challenge with
    accounts.py    which client is the right one, and what to do when an account is not
    client.py      a client that tells when the CA does not know its account
    key.py         the account key out of its Secret
    present.py     whether an issuer is still there
    sessions.py    connections, shared by all that trust the same roots

Registration is the issuers' room's; it opens its clients here, so that limits and connections are
the same for everybody.
"""

from controller.accounts.accounts import Accounts, AccountUnavailable, Doubt
from controller.accounts.answer import expected_key
from controller.accounts.client import UNKNOWN_ACCOUNT
from controller.accounts.key import KeyFault, read_account_key

__all__ = [
    "UNKNOWN_ACCOUNT",
    "AccountUnavailable",
    "Accounts",
    "Doubt",
    "KeyFault",
    "expected_key",
    "read_account_key",
]
