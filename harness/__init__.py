"""Train XLM-R through intermediate and target tasks and score it across languages: the measuring half of morphaug."""
