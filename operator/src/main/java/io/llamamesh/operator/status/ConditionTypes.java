package io.llamamesh.operator.status;

/** The types of a mesh's conditions. */
public final class ConditionTypes {
  public static final String ACCEPTED = "Accepted";
  public static final String PAUSED = "Paused";
  public static final String CONFIGS_READY = "ConfigsReady";
  public static final String AGENTS_READY = "AgentsReady";
  public static final String SCRAPER_READY = "ScraperReady";
  public static final String REGISTRY_READY = "RegistryReady";
  public static final String PROGRAMS_READY = "ProgramsReady";
  public static final String STORE_REACHABLE = "StoreReachable";
  public static final String NETWORK_HEALTHY = "NetworkHealthy";
  public static final String READY = "Ready";

  private ConditionTypes() {}
}
