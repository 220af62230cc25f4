"""The artifact store: folders packed, encrypted and kept content-addressed; unpacked again, whole and inside their destination.

What an action makes an artifact of, and how long it is kept, is decided elsewhere. README.md beside this file has the format.
"""
