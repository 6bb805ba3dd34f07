package io.llamamesh.results;

/** Response headers of an agent's {@code /influxdata}. */
public final class InfluxDataHeaders {
  /** {@link WindowCursor} of the last window in this answer, to be sent back as {@code ?after=}. */
  public static final String CURSOR = "Llama-Cursor";

  /** {@code true} when the agent retains further windows after that one. */
  public static final String MORE = "Llama-More";

  /** The agent's wall clock when it answered, RFC 3339 in UTC with nanoseconds. */
  public static final String CLOCK = "Llama-Clock";

  private InfluxDataHeaders() {}
}
