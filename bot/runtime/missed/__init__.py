"""What happened on hosts while nobody listened: found by looking (`catching_up`), run as if it had been told (`found`), and once, however late it is
told after all (`overtaken`).
"""
