"""Tables: one per noun."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.config import Config


class Tables(Construct):
    """The six tables, paid per request, recoverable to any second of 35 days."""

    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(scope, construct_id)
        self._config = config
        self.contacts = self._table("Contacts", partition="phone")
        self.journal = self._table(
            "Journal", partition="phone", sort="sk", stream=True, expires=True
        )
        self.journal.add_global_secondary_index(
            index_name="by_kind", partition_key=_text("kind_key"), sort_key=_text("moment")
        )
        self.campaigns = self._table(
            "Campaigns", partition="pk", sort="sk", stream=True, expires=True
        )
        self.campaigns.add_global_secondary_index(
            index_name="by_creation",
            partition_key=_text("collection"),
            sort_key=_text("created_at"),
        )
        self.messages = self._table("Messages", partition="pk", sort="sk", stream=True)
        self.leads = self._table("Leads", partition="pk", stream=True)
        self.leads.add_global_secondary_index(
            index_name="by_status",
            partition_key=_text("status_key"),
            sort_key=_text("rank"),
        )
        self.metrics = self._table("Metrics", partition="pk", sort="sk")

    def by_name(self) -> dict[str, dynamodb.Table]:
        """The tables by the name that environment variables and outputs derive from."""
        return {
            "contacts": self.contacts,
            "journal": self.journal,
            "campaigns": self.campaigns,
            "messages": self.messages,
            "leads": self.leads,
            "metrics": self.metrics,
        }

    def _table(
        self,
        construct_id: str,
        *,
        partition: str,
        sort: str | None = None,
        stream: bool = False,
        expires: bool = False,
    ) -> dynamodb.Table:
        protected = self._config.protected
        return dynamodb.Table(
            self,
            construct_id,
            partition_key=_text(partition),
            sort_key=_text(sort) if sort else None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES if stream else None,
            time_to_live_attribute="expires_at" if expires else None,
            deletion_protection=protected,
            removal_policy=RemovalPolicy.RETAIN if protected else RemovalPolicy.DESTROY,
        )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
