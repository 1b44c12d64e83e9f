"""Lines of djust's tutorial, run in scratch views: `python -m exercises.tutorial 2`.

Each module `step_N` belongs to a step of the course, and its `main` returns what it has seen.
"""
