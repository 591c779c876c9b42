"""A real Kubernetes control plane, a real ACME CA and a real DNS server on this computer.

    binary.py     the one Go binary behind all servers: found in the cache, or built
    pki.py        the certificates and keys that the servers need
    process.py    a server as a process: started, awaited, stopped, found again after a crash
    servers.py    how each of the five servers is started
    cluster.py    all of them together in one folder, with a kubeconfig and an env file
    kubectl.py    the kubectl that tests and the demo use
    controller.py the controller as a local process under its own ServiceAccount
    zone.py       what is in the DNS zones: read, changed, held back
    demo.py       two Certificates, issued and verified
    __main__.py   `python -m devcluster up | down | status | demo`

Everything listens on loopback, on ports that were free. Nothing here is meant for production.
"""
