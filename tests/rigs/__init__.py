"""Rigs: each proves one promise on many cases, and proves that it would notice. See the README.md of each."""
