"""What several hosts' adapters share: plain functions, no base class."""
