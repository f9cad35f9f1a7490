"""
The normal distribution in exact decimals: the same digits on every machine.

Floating point is told by its library, which may differ from one machine to the next in its last
bit. Decimals of a fixed precision, whose `exp`, `ln` and `sqrt` are rounded correctly by their
definition, cannot.
"""

from decimal import Context, Decimal

DIGITS = 50
SETTLED = Decimal(1).scaleb(-40)  # What is smaller than this changes no figure that is read.
STILL = Decimal(1).scaleb(-24)  # A step so small has twice as many digits right after it.
TERMS_MAX = 2_000
STEPS_MAX = 200
FURTHEST = Decimal(30)  # Beyond it nothing is left that forty places could show.
PI = Decimal("3.14159265358979323846264338327950288419716939937510582")
CONTEXT = Context(prec=DIGITS)
HALF = Decimal("0.5")


def density(x: Decimal) -> Decimal:
    """Return the density of the normal distribution."""
    c = CONTEXT
    power = c.multiply(c.multiply(x, x), HALF.copy_negate())
    return c.divide(c.exp(power), c.sqrt(c.multiply(2, PI)))


def distribution(x: Decimal) -> Decimal:
    """
    Return the chance that a normal variable is at most x.

    Example:
        >>> round(distribution(Decimal("1.96")), 6)
        Decimal('0.975002')
    """
    c = CONTEXT
    if x.copy_abs() > FURTHEST:
        return Decimal(int(x > 0))
    term = total = x
    square = c.multiply(x, x)
    for n in range(1, TERMS_MAX):
        term = c.divide(c.multiply(term, square), 2 * n + 1)
        total = c.add(total, term)
        if term.copy_abs() < SETTLED:
            return c.add(HALF, c.multiply(density(x), total))
    raise ArithmeticError(f"no sum after {TERMS_MAX} terms at {x}")


def quantile(chance: Decimal) -> Decimal:
    """
    Return the x below which a normal variable lies with a chance.

    Newton's steps from the middle never go past it, since the distribution bends one way there.

    Raises:
        ValueError: The chance is not between 0 and 1.

    Example:
        >>> round(quantile(Decimal("0.999")), 6)
        Decimal('3.090232')
    """
    c = CONTEXT
    if not 0 < chance < 1:
        raise ValueError(f"{chance} is no chance between 0 and 1")
    if chance < HALF:
        return c.minus(quantile(c.subtract(1, chance)))
    x = Decimal(0)
    for _ in range(STEPS_MAX):
        step = c.divide(c.subtract(chance, distribution(x)), density(x))
        x = c.add(x, step)
        if step.copy_abs() < STILL:
            return x
    raise ArithmeticError(f"no quantile after {STEPS_MAX} steps at {chance}")
