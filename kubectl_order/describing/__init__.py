"""From what was read in the cluster to the documents that are printed, a module for each part.

Pure: the clock is an input. It refuses to judge; the judgement is `explain`'s.
"""
