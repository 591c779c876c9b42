"""One verb a file: read, explain, print. The function `run` of each is all that is called.

    one    what the commands about one name share
    many   what the commands about many Orders share

No command knows another but `retry`, which prints as `renew` does.
"""
