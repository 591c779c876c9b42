"""A real Kubernetes control plane, ACME CA, DNS server and router on this computer.

    binary.py     the one Go binary behind all servers: found in the cache, or built
    pki.py        the certificates and keys that the servers need
    process.py    a server as a process: started, awaited, stopped, found again after a crash
    servers.py    how each of the five servers is started
    cluster.py    all of them together in one folder, with a kubeconfig and an env file
    kubectl.py    the kubectl that tests and the demo use
    controller.py the controller as a local process under its own ServiceAccount
    zone.py       what is in the DNS zones: read, changed, held back
    traefik.py    Traefik as a local process, for Ingresses and the Gateway API
    gatewayapi.py the CRDs of the Gateway API
    netns.py      a command in a network namespace, with addresses that are not loopback
    demo.py       the Certificates of examples/, by DNS-01 and HTTP-01, issued and verified
    __main__.py   `python -m devcluster up | down | status | demo | fetch`

Everything listens on loopback, on ports that were free; in the network namespace of `netns.py` also
on the addresses that it makes. Nothing here is meant for production.
"""
