package io.llamamesh.results;

/** Response headers of a scraper's API under {@code /api/}. */
public final class ReportHeaders {
  /**
   * {@code true} when this scraper writes to the store and speaks for the mesh, {@code false} when
   * it stands by: its numbers are as good, but what it says of the store is not the mesh's.
   */
  public static final String LEADER = "Llama-Leader";

  private ReportHeaders() {}
}
