"""Deployments to object storage (section 4.3, S3): `action` does one. Which places there are and who may write to them is `places`', what an object is
called `naming`'s, which files there are `files`', what has to be written and deleted `differences`', and how `writing`'s.
"""
