"""The pages of the reading room. Each commits `log.read` before it shows anything."""
