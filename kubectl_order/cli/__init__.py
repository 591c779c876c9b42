"""The command line: which command is meant, how it is called, what the shell completes.

    program      from arguments to an exit code; how each failure is told
    parser       how a command is loaded and called, and the help for all of them
    verbs        the commands by name, with their examples; imports nothing
    completing   what the shell offers for the words typed so far

No command is imported before it is called.
"""
