"""HTTP-01 (RFC 8555 section 8.3): the answers, and the server that gives them."""
