"""The demo: the main job once, start to end, on the local stack."""
