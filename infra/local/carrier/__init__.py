"""A carrier on one machine: Twilio's REST API, its signed webhooks, and the handsets behind it.

It stands in for Twilio in the local stack and in tests. It imports nothing of the project.
Run it with ``python -m infra.local.carrier``; the control routes are in :mod:`.control_api`.
"""
