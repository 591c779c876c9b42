"""One API server over one connection: knows Kubernetes, knows nothing of Orders.

    kubeconfig   flags and kubeconfig in, `Credentials` out
    api          `Credentials` in, answers out: the bytes of objects, lists and watches
    errors       what both raise

`http.client` and `ssl` are imported by `api`, the `kubernetes` package by `exec` alone.
"""
