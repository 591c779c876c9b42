"""Pages for people: what they are made of, and how they become text, plain or on a terminal.

Pure: width, colour and what the stream can write are inputs.
"""
