"""What people type to the bot, carried out: in threads by mention, anywhere by /session, or from a button.

Reading is the grammar's, deciding the bridge's. Here sessions, people and channels that were typed are found.
"""

from handlers.orders.carrying import KNOWN, carry_out, run
from handlers.orders.order import Order

__all__ = ["KNOWN", "Order", "carry_out", "run"]
