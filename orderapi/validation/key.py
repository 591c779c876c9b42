"""`spec.privateKey`, and the signature algorithm that has to go with it."""

from collections.abc import Iterator
from typing import Final

from orderapi import defaults
from orderapi.certificate import PrivateKey
from orderapi.validation.fault import SpecFault, not_one_of, quoted

RSA_SIZES: Final = range(2048, 8192 + 1)
ECDSA_SIZES: Final = (256, 384, 521)
SIGNATURES: Final = {
    "SHA256WithRSA": defaults.RSA,
    "SHA384WithRSA": defaults.RSA,
    "SHA512WithRSA": defaults.RSA,
    "ECDSAWithSHA256": defaults.ECDSA,
    "ECDSAWithSHA384": defaults.ECDSA,
    "ECDSAWithSHA512": defaults.ECDSA,
    "PureEd25519": defaults.ED25519,
}
"""The algorithm of the key that each signature algorithm needs."""

_ALGORITHMS: Final = (defaults.RSA, defaults.ECDSA, defaults.ED25519)
_ENCODINGS: Final = ("PKCS1", "PKCS8")


def key_faults(wanted: PrivateKey | None) -> Iterator[SpecFault]:
    """What is wrong with `spec.privateKey`."""
    if wanted is None:
        return
    if wanted.algorithm and wanted.algorithm not in _ALGORITHMS:
        yield not_one_of("spec.privateKey.algorithm", wanted.algorithm, _ALGORITHMS)
    if wanted.encoding and wanted.encoding not in _ENCODINGS:
        yield not_one_of("spec.privateKey.encoding", wanted.encoding, _ENCODINGS)
    size = defaults.key_size(wanted)
    match defaults.key_algorithm(wanted):
        case defaults.RSA if size not in RSA_SIZES:
            yield SpecFault("spec.privateKey.size", f"{size} is not between 2048 and 8192 (RSA)")
        case defaults.ECDSA if size not in ECDSA_SIZES:
            yield SpecFault("spec.privateKey.size", f"{size} is not one of 256, 384, 521 (ECDSA)")


def signature_faults(name: str | None, algorithm: str) -> Iterator[SpecFault]:
    """What is wrong with `spec.signatureAlgorithm` for a key of `algorithm` (RSA)."""
    fitting = [known for known, needs in SIGNATURES.items() if needs == algorithm]
    # An unknown algorithm is the fault of spec.privateKey.
    if name and fitting and name not in fitting:
        yield SpecFault(
            "spec.signatureAlgorithm",
            f"{quoted(name)} does not go with a key of algorithm {algorithm}; one of "
            f"{', '.join(fitting)} does",
        )
