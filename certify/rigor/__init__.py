"""The ground floor: rounding bounds, scalar balls, interval arrays, exact rationals."""
