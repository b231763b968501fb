#!/usr/bin/env python3
"""A shop. It sells."""
import os.path as p, sys
from .models import User, Order as O
from . import db

LIMIT = 10
names: list[str] = []


# Not documentation of what follows.

@dataclass(frozen=True)
class Shop(Base):
    """Sells things.

    At length.
    """

    rate: float = 0.2

    class Inner:
        pass

    @property
    def total(self, tax: float, *, rounded=False) -> float:
        """What is owed. In all."""
        if tax and self.rate or rounded:
            return [x for x in self.items if x]
        elif tax:
            return 1
        while True:
            try:
                pass
            except ValueError:
                pass
        return 1 if rounded else 2

    def _hidden(self): return LIMIT


async def serve(shop, /, port: int = 1, **rest):
    def inner():
        pass
    match port:
        case 1:
            pass
        case _:
            inner()


type Pair[T] = tuple[T, T]

if __name__ == "__main__":
    serve(Shop())
