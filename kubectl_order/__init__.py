"""`kubectl order`: what an Order waits for, why, until when, and who must act.

    access/    one API server over one connection; knows Kubernetes, knows nothing of Orders
    cluster    reads what belongs to one Order: facts
    explain/   facts in, one finding out; pure
    report     what `-o json` prints: the documents, and `describe` that makes them of facts
    view/      the same for people: pages, in plain text or on a terminal
    live/      asks the CA, DNS and the router from where it runs, for `why --live`
    commands/  one verb a file: read, explain, print

It reads, and sets one condition (`renew`, `retry`); it never writes a spec. It shares orderapi with
the controller and the webhook, and nothing else.
"""
