package io.llamamesh.agent.http;

import com.sun.net.httpserver.HttpExchange;
import io.llamamesh.agent.fabric.FabricServices;
import io.llamamesh.fabric.multicast.MessageId;
import io.llamamesh.fabric.multicast.Multicast;
import io.llamamesh.fabric.multicast.MulticastOptions;
import io.llamamesh.results.ResultsJson;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;

/** API of multicast: messages to all agents by topic, sent and watched. */
final class MulticastApi {

  static final String PREFIX = "/v1/multicast/";

  /** Its paths, for people. */
  static final List<String> PATHS = List.of("/v1/multicast/{topic}", "/v1/multicast/{topic}/watch");

  private static final String WATCH = "/watch";
  private static final int MAX_TOPIC_BYTES = 255;

  private final FabricServices services;
  private final RequestBody bodies = new RequestBody(2 << 20);

  MulticastApi(FabricServices services) {
    this.services = services;
  }

  static boolean isOf(String path) {
    return path.startsWith(PREFIX);
  }

  static boolean isWatch(String path) {
    return isOf(path) && path.endsWith(WATCH) && path.length() > PREFIX.length() + WATCH.length();
  }

  /** Sends what is posted; 202, since what is sent may get lost. */
  Reply send(HttpExchange exchange, Query query, StateAccess access) throws RequestException {
    query.allowOnly(Set.of("only", "loop", "fanout", "ttl", "route", "once"));
    String topic = topic(exchange.getRequestURI().getPath().substring(PREFIX.length()));
    ReservedNames.checkTopic(topic);
    access.checkWrite(topic);
    MulticastOptions options =
        new MulticastOptions(
            query.get("only").map(names -> Set.of(names.split(","))).orElse(Set.of()),
            flag(query, "loop", false),
            query.number("fanout", 1, MulticastOptions.MAX_FANOUT, 1),
            query.number("ttl", 0, MulticastOptions.MAX_TTL, MulticastOptions.DEFAULT_TTL),
            flag(query, "route", false),
            flag(query, "once", true));
    StoreApi.requireFabric(services);
    MessageId id;
    try (RequestBody.Held body = bodies.read(exchange, Multicast.MAX_PAYLOAD_BYTES)) {
      id = services.multicast(topic, body.bytes(), options);
    } catch (IllegalArgumentException e) {
      throw new RequestException(400, String.valueOf(e.getMessage()));
    } catch (TimeoutException e) {
      throw new RequestException(503, "the fabric does not answer: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RequestException(503, "the agent is stopping");
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("topic", topic);
    answer.put("origin", id.origin());
    answer.put("life", id.life());
    answer.put("sequence", id.sequence());
    return Reply.json(
        202, Map.of(), out -> out.write(ResultsJson.mapper().writeValueAsBytes(answer)));
  }

  /** The watch of a topic. */
  TopicFeed watch(String path, Query query, StateAccess access) throws RequestException {
    query.allowOnly(Set.of());
    String topic = topic(path.substring(PREFIX.length(), path.length() - WATCH.length()));
    access.checkRead(topic);
    StoreApi.requireFabric(services);
    TopicFeed feed = new TopicFeed(topic);
    feed.begin(services.subscribe(topic, feed));
    return feed;
  }

  private static String topic(String text) throws RequestException {
    if (text.isEmpty()
        || text.getBytes(StandardCharsets.UTF_8).length > MAX_TOPIC_BYTES
        || text.codePoints().anyMatch(Character::isISOControl)) {
      throw new RequestException(
          400, "a topic has 1 to " + MAX_TOPIC_BYTES + " bytes without control characters");
    }
    return text;
  }

  private static boolean flag(Query query, String name, boolean fallback) throws RequestException {
    Optional<String> text = query.get(name);
    if (text.isEmpty()) {
      return fallback;
    }
    return switch (text.get()) {
      case "true", "" -> true;
      case "false" -> false;
      default -> throw new RequestException(400, name + " must be true or false");
    };
  }
}
