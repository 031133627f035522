"""What Parley does, one module a deed, over the ports."""
