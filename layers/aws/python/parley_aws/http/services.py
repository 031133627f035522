"""What the routes need, made on first use: `parley_aws.wiring` fits, and so does a test's own."""

from __future__ import annotations

from typing import Protocol

from parley_aws.ports import (
    Allowance,
    CampaignStore,
    Clock,
    ContactStore,
    ImportFiles,
    ImportStore,
    Journal,
    KeyStore,
    LeadStore,
    Ledger,
    MetricsStore,
    OrderStore,
    ProgramStore,
    Provider,
    Queue,
    Resolver,
    Scheduler,
    SendStore,
    WebhookStore,
)


class Secret(Protocol):
    """What the routes need of the secret."""

    @property
    def id_key(self) -> bytes:
        """The key of keyed hashes and of cursors."""


class Services(Protocol):
    """Builders of the ports; each call answers the same one."""

    def clock(self) -> Clock:
        """The time."""

    def keys(self) -> KeyStore:
        """API keys."""

    def contacts(self) -> ContactStore:
        """Contacts."""

    def journal(self) -> Journal:
        """The journal."""

    def programs(self) -> ProgramStore:
        """Programs and settings."""

    def campaigns(self) -> CampaignStore:
        """Campaigns."""

    def sends(self) -> SendStore:
        """Sends."""

    def ledger(self) -> Ledger:
        """Messages of sends."""

    def imports(self) -> ImportStore:
        """Imports."""

    def import_files(self) -> ImportFiles:
        """Uploaded files and lists of rejects."""

    def leads(self) -> LeadStore:
        """Leads."""

    def orders(self) -> OrderStore:
        """Orders."""

    def metrics(self) -> MetricsStore:
        """Metrics of sends."""

    def allowance(self) -> Allowance:
        """Programs' pace and sends' money."""

    def provider(self) -> Provider:
        """Whoever carries texts."""

    def queue(self, name: str) -> Queue:
        """A queue by its name in the template, such as `sends`."""

    def scheduler(self) -> Scheduler:
        """One-shot schedules."""

    def webhooks(self) -> WebhookStore:
        """Outsiders who subscribed to facts."""

    def resolver(self) -> Resolver:
        """Whoever knows the addresses of hosts."""

    def local_fact_receiver(self) -> str | None:
        """The one address inside that facts may be delivered to, if the settings admit any."""

    def secret(self) -> Secret:
        """Secrets of the deployment."""

    def public_base_url(self) -> str:
        """The address of the API, as the outside knows it."""
