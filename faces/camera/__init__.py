"""A camera plugged into this machine, filmed by a process of its own.

`python -m faces.camera NUMBER NAME PARENT_PID` is that process (`__main__`, `serving`,
`device`); it runs only during a capture. `client` is its parent's side. Importing this
opens nothing and loads no image library.
"""
