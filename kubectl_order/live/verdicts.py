"""The three verdicts of a check, in few words."""

from kubectl_order.report import Check


def passed(name: str, target: str, evidence: str) -> Check:
    """It is as it should be."""
    return Check(name=name, target=target, verdict="pass", evidence=evidence, fix="")


def failed(name: str, target: str, evidence: str, fix: str) -> Check:
    """It is not as it should be, and what to do."""
    return Check(name=name, target=target, verdict="fail", evidence=evidence, fix=fix)


def unknown(name: str, target: str, evidence: str, fix: str = "") -> Check:
    """It cannot be told from here."""
    return Check(name=name, target=target, verdict="unknown", evidence=evidence, fix=fix)
