package io.llamamesh.operator.resources;

/** The scraper's ports, by name and number. */
public final class ScraperPorts {
  /** Page, JSON API and metrics. */
  public static final String PAGE = "page";

  static final int PAGE_PORT = 8080;

  static final String INGEST = "ingest";
  static final int INGEST_PORT = 8081;

  private ScraperPorts() {}
}
