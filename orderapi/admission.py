"""What is registered with the API server for admission, as dicts that are applied as they are.

`policies(controllers)`: what holds without the webhook. `identity_policy()`: who makes a request.
`webhook_configuration(controllers)`: what the webhook is asked.
"""

from orderapi.identity import identity_policy
from orderapi.policies import policies
from orderapi.registration import CONFIGURATION, webhook_configuration

__all__ = ["CONFIGURATION", "identity_policy", "policies", "webhook_configuration"]
