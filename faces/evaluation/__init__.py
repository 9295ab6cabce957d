"""How often this program confuses and misses faces, on anybody's pictures.

Works on files alone: it knows no visitor, opens no template, and keeps no encoding.
"""

from __future__ import annotations
