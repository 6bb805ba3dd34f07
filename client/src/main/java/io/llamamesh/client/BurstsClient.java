package io.llamamesh.client;

import com.fasterxml.jackson.databind.ObjectReader;
import io.llamamesh.client.ClientException.Kind;
import io.llamamesh.results.BurstReport;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Starts bursts at agents and reads their answers; see the package for what every call keeps to.
 * What an agent refuses is a {@link ClientException} with its status and {@link
 * ClientException#reason}.
 */
public final class BurstsClient implements AutoCloseable {
  /** Path of bursts below an agent. */
  public static final String BURSTS = "/v1/burst";

  private static final ObjectReader REPORTS =
      ResultsJson.mapperOfOthers().readerFor(BurstReport.class);

  private final DocumentReader documents;

  /** A client for any number of agents. */
  public BurstsClient(ClientOptions options) {
    this.documents = new DocumentReader(options, InstantSource.system());
  }

  /**
   * Has all agents that probe a node do so many times at once. The answers come later, see {@link
   * #burst}.
   *
   * @param agent such as {@code http://10.0.0.3:8100}; it collects the answers
   * @param target name of the node
   * @param pps probes per second of each agent, at most {@value BurstReport#MAX_PPS}
   * @param by who asks, for logs
   */
  public BurstReport start(URI agent, String target, int pps, Duration length, String by)
      throws ClientException, InterruptedException {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("target", target);
    request.put("pps", pps);
    request.put("seconds", length.toMillis() / 1_000.0);
    request.put("by", by);
    byte[] body;
    try {
      body = ResultsJson.mapper().writeValueAsBytes(request);
    } catch (IOException e) {
      throw new IllegalArgumentException("no request for a burst", e);
    }
    return read(documents.post(agent, BURSTS, body).body(), agent);
  }

  /**
   * A burst and its answers so far.
   *
   * @throws ClientException of status 404 where the agent does not know it any more
   */
  public BurstReport burst(URI agent, String id) throws ClientException, InterruptedException {
    String path = BURSTS + "/" + URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20");
    return read(documents.get(agent, path, Map.of()).body(), agent);
  }

  private static BurstReport read(byte[] document, URI agent) throws ClientException {
    try {
      BurstReport report = REPORTS.readValue(document);
      if (report != null && report.isBounded()) {
        return report;
      }
      throw new IOException("out of bounds");
    } catch (IOException e) {
      throw new ClientException(
          Kind.MALFORMED,
          HttpURLConnection.HTTP_OK,
          agent + " answers something else than a burst",
          e);
    }
  }

  @Override
  public void close() {
    documents.close();
  }
}
