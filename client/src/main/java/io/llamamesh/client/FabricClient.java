package io.llamamesh.client;

import com.fasterxml.jackson.databind.ObjectReader;
import io.llamamesh.results.FabricMembers;
import io.llamamesh.results.FabricPartitions;
import io.llamamesh.results.FabricPath;
import io.llamamesh.results.FabricRoutes;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;

/**
 * Reads what agents know of each other by their fabric, once or as it changes; see the package for
 * what every call keeps to, and {@link DocumentWatch} for watches.
 *
 * <p>An agent without a fabric answers 404, one whose fabric cannot start, or that has too many
 * watches, 503: {@link ClientException#status}.
 */
public final class FabricClient implements AutoCloseable {
  /** Path of the members below an agent. */
  public static final String MEMBERS = "/v1/members";

  /** Path of the partitions below an agent. */
  public static final String PARTITIONS = "/v1/partitions";

  private static final String WATCH = "/watch";

  private final DocumentReader documents;
  private final Duration silence;

  /** A client for any number of agents. */
  public FabricClient(ClientOptions options) {
    this(options, DocumentWatch.SILENCE);
  }

  FabricClient(ClientOptions options, Duration silence) {
    this.documents = new DocumentReader(options, InstantSource.system());
    this.silence = silence;
  }

  /**
   * All members.
   *
   * @param agent such as {@code http://10.0.0.3:8100}
   */
  public FabricMembers members(URI agent) throws ClientException, InterruptedException {
    return get(agent, MEMBERS, FabricMembers.class);
  }

  /**
   * Routes from one member to all others.
   *
   * @param origin name of the member
   */
  public FabricRoutes routes(URI agent, String origin)
      throws ClientException, InterruptedException {
    return get(agent, routesPath(origin), FabricRoutes.class);
  }

  /** The route from one member to another. */
  public FabricPath path(URI agent, String from, String to)
      throws ClientException, InterruptedException {
    return get(agent, "/v1/path/" + encoded(from) + "/" + encoded(to), FabricPath.class);
  }

  /** Partitions between members. */
  public FabricPartitions partitions(URI agent) throws ClientException, InterruptedException {
    return get(agent, PARTITIONS, FabricPartitions.class);
  }

  /**
   * Has the agent look at a member at once, as a connection to it has failed.
   *
   * @return the member's state after the look, which takes up to 1.5 s
   * @throws ClientException with status 429 where too many are asked for
   */
  public FabricMembers.Member check(URI agent, String member)
      throws ClientException, InterruptedException {
    byte[] body = documents.post(agent, MEMBERS + "/" + encoded(member) + "/check").body();
    return read(body, agent, FabricMembers.Member.class);
  }

  /** Watches the members of an agent until the watch is closed. */
  public DocumentWatch watchMembers(URI agent, WatchListener<FabricMembers> listener) {
    return watch(agent, MEMBERS, FabricMembers.class, listener);
  }

  /** Watches the routes from one member until the watch is closed. */
  public DocumentWatch watchRoutes(URI agent, String origin, WatchListener<FabricRoutes> listener) {
    return watch(agent, routesPath(origin), FabricRoutes.class, listener);
  }

  /** Watches the partitions until the watch is closed. */
  public DocumentWatch watchPartitions(URI agent, WatchListener<FabricPartitions> listener) {
    return watch(agent, PARTITIONS, FabricPartitions.class, listener);
  }

  private static String routesPath(String origin) {
    return "/v1/routes/" + encoded(origin);
  }

  private <T> T get(URI agent, String path, Class<T> type)
      throws ClientException, InterruptedException {
    return read(documents.get(agent, path, Map.of()).body(), agent, type);
  }

  private <T> DocumentWatch watch(
      URI agent, String path, Class<T> type, WatchListener<T> listener) {
    return documents.watch(
        agent, path + WATCH, document -> read(document, agent, type), listener, silence);
  }

  private static <T> T read(byte[] document, URI agent, Class<T> type) throws ClientException {
    ObjectReader reader = ResultsJson.mapperOfOthers().readerFor(type);
    try {
      Object read = reader.readValue(document);
      if (type.isInstance(read)) {
        return type.cast(read);
      }
      throw new IOException("empty");
    } catch (IOException e) {
      throw DocumentWatch.malformed(
          agent, "a " + type.getSimpleName() + "; is that a llama-mesh agent?", e);
    }
  }

  private static String encoded(String segment) {
    return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public void close() {
    documents.close();
  }
}
