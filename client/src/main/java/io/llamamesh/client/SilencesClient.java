package io.llamamesh.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import io.llamamesh.client.ClientException.Kind;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.SilencedNode;
import java.io.IOException;
import java.net.URI;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads silenced nodes from agents; see the package for what every call keeps to. */
public final class SilencesClient implements AutoCloseable {
  /** Path of silences below an agent. */
  public static final String SILENCES = "/v1/silences";

  private static final ObjectReader NODES =
      ResultsJson.mapperOfOthers().readerFor(SilencedNode.class);

  private final DocumentReader documents;

  /** A client for any number of agents. */
  public SilencesClient(ClientOptions options) {
    this.documents = new DocumentReader(options, InstantSource.system());
  }

  /**
   * Nodes that are silenced, as an agent knows them, by name. Those out of bounds are left out, and
   * those beyond {@value SilencedNode#MAX_SILENCED}. Their times are by the clock of the agent at
   * which each was set: it may be another one, and neither may be ours.
   *
   * @param agent such as {@code http://10.0.0.3:8100}
   * @throws ClientException of status 404 where the agent keeps no silences: it is an older one, or
   *     its fabric is off, which an agent that waits for its config has not turned on yet
   */
  public List<SilencedNode> silenced(URI agent) throws ClientException, InterruptedException {
    return read(documents.get(agent, SILENCES, Map.of()).body(), agent);
  }

  private static List<SilencedNode> read(byte[] document, URI agent) throws ClientException {
    List<SilencedNode> read = new ArrayList<>();
    Set<String> names = new HashSet<>();
    try {
      JsonNode all = ResultsJson.mapperOfOthers().readTree(document).path("silences");
      if (!all.isArray()) {
        throw new IOException("no silences");
      }
      for (JsonNode one : all) {
        SilencedNode silence = usable(one);
        if (silence != null
            && read.size() < SilencedNode.MAX_SILENCED
            && names.add(silence.node())) {
          read.add(silence);
        }
      }
    } catch (IOException e) {
      throw new ClientException(
          Kind.MALFORMED, 200, agent + " answers something else than silences", e);
    }
    return List.copyOf(read);
  }

  /** A silence within the bounds; null where it is not, or cannot be read. */
  private static @Nullable SilencedNode usable(JsonNode one) {
    try {
      SilencedNode silence = NODES.readValue(one);
      return silence != null && silence.problem() == null ? silence : null;
    } catch (IOException e) {
      return null; // that one only
    }
  }

  @Override
  public void close() {
    documents.close();
  }
}
