"""What KMS checks of custom key stores, their proxies and clusters; the state is the domain's."""
