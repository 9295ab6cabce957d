"""Processes of their own: starting one, confining one, talking with one."""
