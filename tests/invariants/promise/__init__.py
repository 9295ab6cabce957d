"""A random walk through everything that touches consent, watched from outside."""
