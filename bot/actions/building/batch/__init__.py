"""The builds of a `batch` block, instead of one (buildspec reference, section 10).

`batches` is the action's side of it. `plan` says which build may begin when, and how a batch has ended; `making` which build makes which of the action's outputs, and how
what they make is combined; `merging` makes one of their reports, `ending` the one outcome; `words` has what is said. `plan`, `merging` and `words` are pure. `running`
sees a batch through with what the other files of `building` do for each build.
"""
