"""The demonstration's texts and people, plainly marked as what they are."""
