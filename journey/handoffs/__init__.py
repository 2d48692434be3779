"""Customers that pass from hand to hand: offered, answered, withdrawn (ROL-02)."""
