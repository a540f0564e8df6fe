"""The compiled part gives the bits of its definition in Python."""
