package io.llamamesh.client;

import io.llamamesh.client.ClientException.Kind;
import io.llamamesh.results.InfluxDataHeaders;
import io.llamamesh.results.PointReader;
import io.llamamesh.results.WindowCursor;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads agents' windows after a cursor: {@code /influxdata?after=}. See the package for what every
 * call keeps to.
 *
 * <p>An agent counts a window as safe only when its reader says so. This client says so of none
 * unless it is given {@code stored}: a scraper beside it misses nothing by it.
 */
public final class WindowsClient implements AutoCloseable {
  /** Most windows of one answer that an agent gives. */
  public static final int MAX_LIMIT = 1000;

  /** Points of one answer; an agent's window has some twenty thousand at worst. */
  private static final int MAX_POINTS = 2_000_000;

  /** A boot id that no agent has: it answers with all that it retains. */
  private static final WindowCursor ALL = new WindowCursor("none", 0);

  private final PointReader points = new PointReader();
  private final DocumentReader documents;

  /** A client for any number of agents. */
  public WindowsClient(ClientOptions options) {
    this(options, InstantSource.system());
  }

  WindowsClient(ClientOptions options, InstantSource clock) {
    this.documents = new DocumentReader(options, clock);
  }

  /**
   * Windows after a cursor, of which none is kept.
   *
   * @param agent such as {@code http://10.0.0.3:8100}
   * @param after cursor of an earlier page of this agent; null, or one of an earlier life of it:
   *     all windows that it retains
   * @param limit how many windows at most, 1 to {@link #MAX_LIMIT}
   */
  public WindowPage after(URI agent, @Nullable WindowCursor after, int limit)
      throws ClientException, InterruptedException {
    return after(agent, after, null, limit);
  }

  /**
   * Windows after a cursor.
   *
   * @param stored up to where this reader keeps windows for good, so that the agent need not hand
   *     them to another; null: nowhere
   */
  public WindowPage after(
      URI agent, @Nullable WindowCursor after, @Nullable WindowCursor stored, int limit)
      throws ClientException, InterruptedException {
    DocumentReader.Answer answer =
        documents.get(
            agent,
            path(after, limit),
            Map.of(InfluxDataHeaders.STORED, stored == null ? "" : stored.toString()));
    try {
      WindowHeaders head = WindowHeaders.of(answer.headers(), answer.asked(), answer.answered());
      return new WindowPage(
          points.read(answer.body(), MAX_POINTS),
          head.cursor(),
          head.hasMore(),
          head.windows(),
          head.clockSkew());
    } catch (IOException e) {
      throw new ClientException(
          Kind.MALFORMED,
          200,
          agent + " answers something else than windows: " + e.getMessage(),
          e);
    }
  }

  /**
   * Path and query of windows after a cursor.
   *
   * @param after null: all that are retained
   * @param limit how many windows at most, 1 to {@link #MAX_LIMIT}
   */
  public static String path(@Nullable WindowCursor after, int limit) {
    if (limit < 1 || limit > MAX_LIMIT) {
      throw new IllegalArgumentException("limit must be 1 to " + MAX_LIMIT + ", was " + limit);
    }
    return "/influxdata?limit="
        + limit
        + "&after="
        + URLEncoder.encode(String.valueOf(after == null ? ALL : after), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    documents.close();
  }
}
