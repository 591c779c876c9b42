"""`kubectl order`: what an Order waits for, why, until when, and who must act.

What goes through the program, from the left to the right:

    a name → naming → cluster: facts → explain: finding → describe: report → pages → output, view

How it begins and ends:

    __main__    the process: its streams, signals and exit code
    cli/        the command line: which command is meant, its help, what the shell completes
    commands/   one verb a file: read, explain, print
    session     what a command gets: flags, streams, the cluster
    flags       kubectl's own flags, once for all commands
    failure     exit codes, and the one line for what went wrong

What is read:

    access/     one API server over one connection; knows Kubernetes, knows nothing of Orders
    cluster     one cluster: chains, lists, events, and the one write
    reading/    how objects are read, and what is made of a refusal
    naming/     from a name to the Certificate, request or Order that it leads to
    live/       asks the CA, DNS and the router from where it runs, for `why --live`

Plain values:

    facts       what was read about one certificate and its Order: the chain
    rows        Orders and Certificates as a list has them: few fields
    finding     one cause, its evidence, who must act
    report      what `-o json` prints

What is thought about it, without I/O:

    chain       which object belongs to which
    explain/    facts in, one finding out
    solving     who answers a challenge and why that one; a CA's problem read out of a reason
    describe/   facts and a finding in, the documents of `report` out
    pages/      the same for people: a page for each document
    text        foreign text made safe to print, and secrets taken out

What is printed:

    output/     pages, documents, errors: everything that reaches a stream
    view/       a page as plain text, or in colour on a terminal

What lasts:

    attempting  whether a new attempt may begin now, and its beginning: `renew` and `retry`
    following/  an issuance or all Orders to their end: `watch` and `--wait`

It reads, and sets one condition (`renew`, `retry`); it never writes a spec. It shares orderapi with
the controller and the webhook, and nothing else.
"""
