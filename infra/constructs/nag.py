"""Suppressions of cdk-nag, each on its resource with its reason."""

from aws_cdk import Acknowledgment, CfnElement, Stack, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Accept one finding on one construct.

    Args:
        construct: the construct that the finding is on.
        rule: such as ``AwsSolutions-IAM5``, with the finding in brackets where the rule has
            several.
        reason: why this is right here.
    """
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def logical_id(construct: IConstruct) -> str:
    """The name in the template of a construct's own resource, as findings spell it."""
    resource = construct.node.default_child
    if not isinstance(resource, CfnElement):
        raise TypeError(f"{construct.node.path} is not backed by one resource")
    return str(Stack.of(construct).resolve(resource.logical_id))
