"""What each app's errors are answered with: status and words, by app."""
