"""ministack, with what it lacks of AWS."""
