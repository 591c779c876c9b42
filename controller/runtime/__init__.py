"""A small controller runtime: it knows Kubernetes, and nothing of ACME.

From below to above:

- `errors`, `objects`, `schedule`, `clock`, `patches`: values, and pure functions over them.
- `credentials`, `kubeconfig`, `authorization`, `transport`, `decoding`, `kube`: the API server.
  `kubeconfig` runs in a process of its own and is the only importer of `kubernetes`; `kube` has the
  verbs.
- `cache`, `informer`, `named`: what the cluster holds, and how it is kept current.
- `delays`, `workqueue`, `worker`, `steps`: which object is looked at when, and how a look becomes
  a step.
- `lease`, `telling`, `recorder`, `metrics`, `logs`, `serving`: leadership, and what the world is
  told.
"""
