"""What clients and operators may rely on, tested where it once broke."""
