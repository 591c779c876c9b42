"""A source and its Certificates, from caches and from what this process knows. Asks nobody."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from controller.cluster import Cluster
from controller.runtime.cache import Cache
from controller.runtime.schedule import Key
from controller.settings import Settings
from controller.shims.knowledge import Notebook
from controller.shims.observed import Observed
from controller.shims.source import Kind
from controller.shims.wishes import Unasked, Wishes, read
from orderapi.certificate import Certificate
from orderapi.meta import Object

S = TypeVar("S", bound=Object)


@dataclass(frozen=True, slots=True)
class Observer(Generic[S]):
    """Looks at sources of one kind."""

    cluster: Cluster
    settings: Settings
    kind: Kind[S]
    cache: Cache[S]
    notebook: Notebook

    async def observe(self, key: Key) -> Observed | None:
        """The source as it is now; None when it is gone or asks for nothing."""
        source = self.cache.get(*key)
        reading = read(self.kind, source, self.settings) if source is not None else Unasked()
        if source is None or isinstance(reading, Unasked):
            self.notebook.forget(key)
            return None
        wishes = reading.certificates if isinstance(reading, Wishes) else ()
        self.notebook.names(source, [Key(key.namespace, wish.metadata.name) for wish in wishes])
        return Observed(
            resource=self.kind.resource,
            source=source,
            now=self.cluster.clock.now(),
            settings=self.settings,
            reading=reading,
            found=self._found(key.namespace, wishes),
            owned=self._owned(key.namespace, source.metadata.uid),
            told=self.notebook.told(source),
            attempts=self.notebook.attempts(source),
        )

    def _found(self, namespace: str, wishes: tuple[Certificate, ...]) -> dict[str, Certificate]:
        cached = (self.cluster.certificates.get(namespace, wish.metadata.name) for wish in wishes)
        return {each.metadata.name: each for each in cached if each is not None}

    def _owned(self, namespace: str, uid: str) -> tuple[Certificate, ...]:
        # Owners never cross a namespace, whatever a reference says.
        owned = self.cluster.certificates.by("owner", uid)
        return tuple(each for each in owned if each.metadata.namespace == namespace)
