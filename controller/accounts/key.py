"""The account key out of its Secret. No key byte is in a message; no key is made here."""

import asyncio

from controller.acme import AccountKey, Misconfigured
from controller.runtime.objects import Secret


class KeyFault(Exception):
    """The Secret holds no account key that can be used; the text names it, and says why."""


async def read_account_key(secret: Secret, entry: str) -> AccountKey:
    """The key in that entry of the Secret's data; raises KeyFault. Checked in a thread: 35 ms."""
    pem = secret.data.get(entry)
    if not pem:
        raise KeyFault(f'Secret "{secret.metadata.name}" has no entry "{entry}"')
    try:
        return await asyncio.to_thread(AccountKey.load, pem)
    except Misconfigured as error:
        raise KeyFault(f'entry "{entry}" of Secret "{secret.metadata.name}": {error}') from error
