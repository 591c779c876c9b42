"""One run of one command: its flags, where it writes, and the cluster it talks to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, TextIO

from kubectl_order.flags import Flags
from kubectl_order.report import Top
from kubectl_order.view.page import Page

if TYPE_CHECKING:
    from kubectl_order.cluster import Cluster

PROGRAM: Final = "kubectl order"
"""How the program is called, unless it is installed by another name."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """What a command gets. `environ` is the environment; nothing else reads it.

    `program` is how this program is called, such as `kubectl acme-order`.
    """

    flags: Flags
    environ: Mapping[str, str]
    stdout: TextIO
    stderr: TextIO
    program: str = PROGRAM

    @cached_property
    def cluster(self) -> "Cluster":
        """The cluster that the flags and the kubeconfig name; connected at the first use."""
        from kubectl_order.cluster import connect

        return connect(self.flags, self.environ, self.stderr)

    def close(self) -> None:
        """Close the connection to the cluster, where there is one."""
        if "cluster" in self.__dict__:
            self.cluster.close()

    @property
    def wide(self) -> bool:
        """Whether -o wide asks for all columns."""
        return self.flags.output == "wide"

    @property
    def for_people(self) -> bool:
        """Whether a page is to be printed, and no document."""
        return self.flags.output in ("", "wide")

    def show(self, document: Top, page: Page) -> None:
        """Print the page, or the document where -o asks for one."""
        from kubectl_order.output import write

        if self.program != PROGRAM:
            from kubectl_order.text import renamed

            # Commands in findings are to be run as they are.
            document, page = renamed((document, page), PROGRAM, self.program)
        write(self, document, page)
