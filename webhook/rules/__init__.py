"""One module per resource, each with `judge(request, controllers) -> Judgement`. Pure.

`controllers` are the user names of the controller identities.
"""
