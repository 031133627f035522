"""Adapters of Parley: storage, queues, events, the provider, HTTP, settings and wiring."""
