package io.llamamesh.results;

/**
 * Headers of an agent's {@code /influxdata}: of responses, but for {@link #STORED}. An agent that
 * posts its windows sends those of responses as request headers, and {@link #AGENT} beside.
 */
public final class InfluxDataHeaders {
  /** {@link WindowCursor} of the last window in this answer, to be sent back as {@code ?after=}. */
  public static final String CURSOR = "Llama-Cursor";

  /** {@code true} when the agent retains further windows after that one. */
  public static final String MORE = "Llama-More";

  /**
   * Number of windows in this answer, those without any pair counted, which have no points to be
   * seen by: what lies between a reader's cursor and these is no longer retained.
   */
  public static final String WINDOWS = "Llama-Windows";

  /** The agent's wall clock when it answered, RFC 3339 in UTC with nanoseconds. */
  public static final String CLOCK = "Llama-Clock";

  /**
   * Request header: {@link WindowCursor} up to which the store has acknowledged this agent's
   * windows; empty: none. Who reads without keeping sends it so that the agent does not take what
   * was read for safe.
   */
  public static final String STORED = "Llama-Stored";

  /**
   * Request header of posted windows: the name of the agent that posts all of its windows, percent
   * encoded; without it they are the last ones of an agent that is otherwise polled.
   */
  public static final String AGENT = "Llama-Agent";

  private InfluxDataHeaders() {}
}
