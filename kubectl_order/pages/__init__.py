"""What people read: a page for each document. Pure.

A page never says more than its document, so that -o json hides nothing; it only leaves out and
words it. Times are told as ages from the document's own `time`. `parts` and `proof` are
what several pages share.
"""
