"""Programs, settings, campaigns and keys in memory."""

from __future__ import annotations

from parley.campaign import Campaign
from parley.errors import ConflictError
from parley.keys import ApiKey
from parley.program import Program
from parley_aws.memory.paging import page_of
from parley_aws.ports import OrganizationSettings, Page


class MemoryPrograms:
    """Programs and the settings over them."""

    def __init__(self, *programs: Program) -> None:
        self._programs: dict[str, Program] = {}
        self._settings = OrganizationSettings()
        for program in programs:
            self.put(program)

    def put(self, program: Program) -> None:
        owner = self.by_sender(program.sender.address)
        if owner is not None and owner.id != program.id:
            raise ConflictError(f"this sender belongs to program {owner.id}")
        self._programs[program.id] = program

    def get(self, program_id: str) -> Program | None:
        return self._programs.get(program_id)

    def by_sender(self, address: str) -> Program | None:
        return next((p for p in self._programs.values() if p.sender.address == address), None)

    def all(self) -> list[Program]:
        return sorted(self._programs.values(), key=lambda program: program.id)

    def settings(self) -> OrganizationSettings:
        return self._settings

    def put_settings(self, settings: OrganizationSettings) -> None:
        self._settings = settings


class MemoryCampaigns:
    """Campaigns."""

    def __init__(self) -> None:
        self._campaigns: dict[str, Campaign] = {}

    def create(self, campaign: Campaign) -> None:
        self._campaigns[campaign.id] = campaign

    def get(self, campaign_id: str) -> Campaign | None:
        return self._campaigns.get(campaign_id)

    def replace(self, campaign: Campaign, *, expected_version: int) -> bool:
        stored = self._campaigns.get(campaign.id)
        if stored is None or stored.version != expected_version:
            return False
        self._campaigns[campaign.id] = campaign
        return True

    def newest(self, *, limit: int, start_key: str | None) -> Page[Campaign]:
        newest_first = sorted(self._campaigns.values(), key=lambda c: c.created_at, reverse=True)
        return page_of(newest_first, limit=limit, start_key=start_key)


class MemoryKeys:
    """API keys by the hash of their secret."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}

    def add(self, key: ApiKey, *, secret_hash: str) -> None:
        self._keys[secret_hash] = key

    def by_hash(self, secret_hash: str) -> ApiKey | None:
        return self._keys.get(secret_hash)

    def all(self) -> list[ApiKey]:
        return sorted(self._keys.values(), key=lambda key: key.created_at)

    def revoke(self, key_id: str) -> bool:
        kept = {hash_: key for hash_, key in self._keys.items() if key.id != key_id}
        revoked = len(kept) < len(self._keys)
        self._keys = kept
        return revoked
