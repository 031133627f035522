"""The AWS stack and its deployment on one machine."""
