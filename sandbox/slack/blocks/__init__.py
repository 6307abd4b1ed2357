"""A Block Kit validator: Slack's limits and shapes, for messages, modals and the Home tab.

Source: docs reference/block-kit/* and reference/views/*. Each fault is one line in the manner of Slack's, ending in a
JSON pointer, such as `must be less than 76 characters [json-pointer:/blocks/0/text/text]`.
"""

from sandbox.slack.blocks.surfaces import VIEW_BYTES, check_message, check_options, check_view

__all__ = ["VIEW_BYTES", "check_message", "check_options", "check_view"]
