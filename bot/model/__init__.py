"""The nouns, frozen: one file a noun, no behaviour beyond what follows from a noun's own fields.

Nothing here imports anything of Penstock's outside `bot.model`, does I/O, or reads a clock.
Times are seconds since the epoch, UTC, as `float`; durations are seconds.
"""
