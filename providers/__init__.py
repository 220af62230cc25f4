"""The Git hosts that Penstock speaks to: one folder a host, all behind `bot.ports.Provider`."""
