"""What the reading room reads: searches, events, stories, open questions, days.

Everything here only reads, names its log in every query, and knows codes alone.
"""
