package io.llamamesh.scraper.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.results.BurstReport;
import io.llamamesh.results.ControlCharacters;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Routes of bursts, independent of sockets. Thread-safe. */
final class BurstRoutes {
  static final String BURSTS = "/api/v1/bursts";

  /** Longest body of a request. */
  static final int MAX_BODY = 4 << 10;

  /** Longest name that somebody gives of himself. */
  private static final int MAX_BY = 100;

  private static final int DEFAULT_PPS = 200;
  private static final double DEFAULT_SECONDS = 10;
  private static final Set<String> FIELDS = Set.of("target", "pps", "seconds", "by");

  private final PageBursts bursts;

  /**
   * Bursts that can be started, and were of late.
   *
   * @param unavailable reason why none can be started now; absent when one can
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Overview(
      @Nullable String unavailable, int maxPps, long maxSeconds, List<Summary> bursts) {}

  /** A burst without its answers. */
  record Summary(
      String id,
      String target,
      int pps,
      double seconds,
      String by,
      Instant startedAt,
      String state) {
    static Summary of(BurstReport burst) {
      return new Summary(
          burst.id(),
          burst.target(),
          burst.pps(),
          burst.seconds(),
          burst.by(),
          burst.startedAt(),
          burst.state());
    }
  }

  BurstRoutes(PageBursts bursts) {
    this.bursts = bursts;
  }

  /** True if a path is one of these. */
  static boolean serves(String rawPath) {
    return rawPath.equals(BURSTS) || rawPath.startsWith(BURSTS + "/");
  }

  /** Answers a GET. */
  Answer get(String rawPath) {
    if (rawPath.equals(BURSTS)) {
      return Answer.json(
          new Overview(
              bursts.unavailableReason(),
              BurstReport.MAX_PPS,
              BurstReport.MAX_LENGTH.toSeconds(),
              bursts.recent().stream().map(Summary::of).toList()));
    }
    String id = QueryParameters.decoded(rawPath.substring(BURSTS.length() + 1));
    return bursts
        .find(id)
        .map(Answer::json)
        .orElseGet(() -> Answer.error(404, "no burst of that id was started here of late"));
  }

  /**
   * Starts a burst for a client that may.
   *
   * @param body at most {@value #MAX_BODY} bytes
   * @param client its address, for who asked
   */
  Answer post(byte[] body, String client) {
    try {
      return Answer.json(bursts.start(order(body, client)));
    } catch (RefusedBurstException e) {
      return Answer.error(e.status(), e.reason());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Answer.error(503, "the scraper is stopping");
    }
  }

  private static PageBursts.Order order(byte[] body, String client) throws RefusedBurstException {
    JsonNode json;
    try {
      json = ResultsJson.mapper().readTree(body);
    } catch (JsonProcessingException e) {
      throw new RefusedBurstException(400, "the body is no JSON");
    } catch (IOException e) {
      throw new RefusedBurstException(400, "the body cannot be read");
    }
    if (json == null || !json.isObject()) {
      throw new RefusedBurstException(400, "the body must be a JSON object");
    }
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      if (!FIELDS.contains(field.getKey())) {
        throw new RefusedBurstException(
            400, "unknown field; known are " + FIELDS.stream().sorted().toList());
      }
    }
    String target = json.path("target").textValue();
    if (target == null || target.isBlank() || target.length() > BurstReport.MAX_NAME) {
      throw new RefusedBurstException(400, "target must be the name of a node");
    }
    JsonNode pps = json.path("pps");
    if (!pps.isMissingNode()
        && !(pps.isInt() && pps.intValue() >= 1 && pps.intValue() <= BurstReport.MAX_PPS)) {
      throw new RefusedBurstException(
          400, "pps must be a whole number from 1 to " + BurstReport.MAX_PPS);
    }
    long most = BurstReport.MAX_LENGTH.toSeconds();
    JsonNode seconds = json.path("seconds");
    if (!seconds.isMissingNode()
        && !(seconds.isNumber() && seconds.doubleValue() >= 1 && seconds.doubleValue() <= most)) {
      throw new RefusedBurstException(400, "seconds must be a number from 1 to " + most);
    }
    return new PageBursts.Order(
        ControlCharacters.replaced(target),
        pps.asInt(DEFAULT_PPS),
        seconds.asDouble(DEFAULT_SECONDS),
        by(json.path("by"), client));
  }

  private static String by(JsonNode given, String client) throws RefusedBurstException {
    String from = "page, from " + client;
    String name = given.textValue();
    if (given.isMissingNode() || (name != null && name.isBlank())) {
      return from;
    }
    if (name == null || name.length() > MAX_BY) {
      throw new RefusedBurstException(
          400, "by must be a name of at most " + MAX_BY + " characters");
    }
    return ControlCharacters.replaced(name.strip()) + " by " + from;
  }
}
