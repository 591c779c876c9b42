"""From a name that somebody typed to the Certificate, CertificateRequest or Order that it leads to.

    target    the search itself
    hosts     which names are for a host, and which are close to it; pure
    missing   what is said where a name leads to nothing

A name that leads to two chains is refused, never guessed.
"""
