"""What the capabilities share: tables, queues, bus, secret, bucket, layers, alarms."""

from dataclasses import dataclass

from aws_cdk import Duration, Fn, RemovalPolicy, Stack, Token
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config import Config
from infra.constructs.alarms import Alarms
from infra.constructs.layers import Layers
from infra.constructs.nag import acknowledge, logical_id
from infra.constructs.queues import Queues
from infra.constructs.tables import Tables

UPLOADS = "uploads/"
REJECTS = "rejects/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Addresses outside the template, as deployment parameters give them.

    Attributes:
        public_base_url: where the provider reaches our webhooks; signatures are over it.
        twilio_api_base_url: the provider's API.
        reconcile_delay_seconds: how long after post_by an unknown is looked up.
        state_rules: JSON that replaces parts of the states' rules we ship, or an empty text.
        local_fact_receiver: the one address of this machine that facts may go to; mostly empty.
    """

    public_base_url: str
    twilio_api_base_url: str
    reconcile_delay_seconds: str
    state_rules: str
    local_fact_receiver: str


class Schedules(Construct):
    """One-shot schedules that put a command on the releases queue."""

    def __init__(
        self, scope: Construct, construct_id: str, *, target: sqs.Queue, config: Config
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = f"{Stack.of(self).stack_name}-releases"
        self.group = scheduler.ScheduleGroup(
            self,
            "Group",
            schedule_group_name=self.name,
            removal_policy=RemovalPolicy.RETAIN if config.protected else RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com")
        )
        self.role.add_to_policy(
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[target.queue_arn])
        )

    @property
    def schedules_arn(self) -> str:
        """Every schedule of the group; their names are chosen at run time."""
        stack = self.group.stack
        return stack.format_arn(
            service="scheduler",
            resource="schedule",
            resource_name=f"{self.name}/*",
        )


class Foundation(Construct):
    """Everything that holds state or carries messages."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: Config,
        endpoints: Endpoints,
        timeouts: dict[str, int],
    ) -> None:
        """Create it.

        Args:
            timeouts: seconds that each queue's consumer may take, by the queue's name.
        """
        super().__init__(scope, construct_id)
        self.endpoints = endpoints
        self.alarms = Alarms(self, "Alarms")
        self.layers = Layers(self, "Layers", config=config)
        self.tables = Tables(self, "Tables", config=config)
        self.queues = Queues(self, "Queues", alarms=self.alarms, timeouts=timeouts)
        self.bus = events.EventBus(self, "Bus", description="Parley's facts, one schema a fact")
        self.schedules = Schedules(
            self, "Schedules", target=self.queues.releases.queue, config=config
        )
        self.secret = self._secret(config)
        self.imports_bucket = self._imports_bucket(config)

    @property
    def secret_arn(self) -> str:
        """The secret's address: its ``Id``, since ``Ref`` is its name in the local engine."""
        return Token.as_string(Fn.get_att(logical_id(self.secret), "Id"))

    def _secret(self, config: Config) -> secretsmanager.Secret:
        # A change of what is generated would make a new id_key, and with it forget which erased
        # numbers are suppressed: leave the next four arguments as they are.
        secret = secretsmanager.Secret(
            self,
            "Secret",
            description="Twilio's pair, put in by the operator, and the key of Parley's ids",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template='{"account_sid": "", "auth_token": ""}',
                generate_string_key="id_key",
                password_length=64,
                exclude_punctuation=True,
            ),
            removal_policy=RemovalPolicy.RETAIN if config.protected else RemovalPolicy.DESTROY,
        )
        acknowledge(
            secret,
            "AwsSolutions-SMG4",
            "The provider's token is rotated at the provider by hand; the id key must never "
            "change, since erased numbers stay suppressed under it.",
        )
        return secret

    def _imports_bucket(self, config: Config) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Imports",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="forget",
                    expiration=Duration.days(30),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
            removal_policy=RemovalPolicy.RETAIN if config.protected else RemovalPolicy.DESTROY,
        )
        acknowledge(
            bucket,
            "AwsSolutions-S1",
            "Files are reached by short-lived presigned links only and forgotten after 30 days; "
            "an access log would keep more about people than the bucket does.",
        )
        self._notify_of_uploads(bucket)
        return bucket

    def _notify_of_uploads(self, bucket: s3.Bucket) -> None:
        queue = self.queues.imports.queue
        granted = queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                conditions={"StringEquals": {"aws:SourceAccount": bucket.stack.account}},
            )
        )
        resource = bucket.node.default_child
        if not isinstance(resource, s3.CfnBucket):
            raise TypeError("a bucket's child is its CloudFormation resource")
        # Declared on the bucket itself: the construct library would add a function of its own.
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event="s3:ObjectCreated:*",
                    queue=queue.queue_arn,
                    filter=s3.CfnBucket.NotificationFilterProperty(
                        s3_key=s3.CfnBucket.S3KeyFilterProperty(
                            rules=[s3.CfnBucket.FilterRuleProperty(name="prefix", value=UPLOADS)]
                        )
                    ),
                )
            ]
        )
        if granted.policy_dependable is not None:
            bucket.node.add_dependency(granted.policy_dependable)
