"""Pages for people: what they are made of, and how they become text, plain or on a terminal.

    page       what a page is made of
    plain      a page for files and pipes
    terminal   a page in colour, wrapped to a width; rich is imported here alone
    tree       the lines of a tree, for both

Pure: width, colour and what the stream can write are inputs.
"""
