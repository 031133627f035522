"""Every port in memory: the second implementation, for unit tests and simulations."""

from parley_aws.memory.contacts import MemoryContacts, MemoryJournal
from parley_aws.memory.leads import MemoryLeads
from parley_aws.memory.ledger import MemoryLedger, MemoryMetrics
from parley_aws.memory.orders import MemoryOrders
from parley_aws.memory.organization import MemoryCampaigns, MemoryKeys, MemoryPrograms
from parley_aws.memory.provider import Answer, MemoryProvider
from parley_aws.memory.sends import MemoryAllowance, MemorySends
from parley_aws.memory.time import ManualClock, MemoryQueue, MemoryScheduler, Queued

__all__ = [
    "Answer",
    "ManualClock",
    "MemoryAllowance",
    "MemoryCampaigns",
    "MemoryContacts",
    "MemoryJournal",
    "MemoryKeys",
    "MemoryLeads",
    "MemoryLedger",
    "MemoryMetrics",
    "MemoryOrders",
    "MemoryPrograms",
    "MemoryProvider",
    "MemoryQueue",
    "MemoryScheduler",
    "MemorySends",
    "Queued",
]
