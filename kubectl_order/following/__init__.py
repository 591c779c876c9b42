"""Following an issuance, or all Orders, until they have ended: `watch` and `--wait`.

    phases     what has changed between two looks, and how it ended; pure
    lines      what is printed for each change
    deadline   when it gives up
    issuance   one certificate, to its end
    orders     all Orders of a namespace, or of all, until none is under way

It watches; it does not poll.
"""
