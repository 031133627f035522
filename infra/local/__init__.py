"""The local stack: the very template, deployed into ministack."""
