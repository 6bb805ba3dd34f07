package io.llamamesh.agent.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.llamamesh.fabric.Fabric;
import io.llamamesh.fabric.Member;
import io.llamamesh.fabric.partition.Partition;
import io.llamamesh.fabric.routes.RouteTree;
import io.llamamesh.fabric.transport.FabricNode;
import io.llamamesh.results.ResultsJson;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * API of the fabric as this agent sees it: members, routes, paths, partitions. Each answer is a
 * consistent snapshot.
 */
final class FabricApi {

  static final String PREFIX = "/v1/";

  /** Its paths, for people. */
  static final List<String> PATHS =
      List.of("/v1/members", "/v1/partitions", "/v1/path/{from}/{to}", "/v1/routes/{origin}");

  private final Supplier<@Nullable FabricNode> node;

  FabricApi(Supplier<@Nullable FabricNode> node) {
    this.node = node;
  }

  Reply answer(String path, Query query) throws RequestException {
    query.allowOnly(Set.of());
    String[] parts = path.substring(PREFIX.length()).split("/", -1);
    if (parts.length == 1 && parts[0].equals("members")) {
      return json(ask(FabricApi::members));
    }
    if (parts.length == 1 && parts[0].equals("partitions")) {
      return json(ask(FabricApi::partitions));
    }
    if (parts.length == 2 && parts[0].equals("routes")) {
      return json(known(ask(fabric -> routes(fabric, parts[1])), parts[1]));
    }
    if (parts.length == 3 && parts[0].equals("path")) {
      return json(
          known(ask(fabric -> path(fabric, parts[1], parts[2])), parts[1] + " or " + parts[2]));
    }
    throw new RequestException(404, "unknown path, known are " + PATHS);
  }

  private <T> T ask(Function<Fabric, T> question) throws RequestException {
    FabricNode asked = node.get();
    if (asked == null) {
      throw new RequestException(
          404, "the fabric is off on this agent; section fabric in its config, or --fabric");
    }
    try {
      return asked.ask(question);
    } catch (TimeoutException e) {
      throw new RequestException(503, "the fabric does not answer: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RequestException(503, "the agent is stopping");
    }
  }

  private static Map<String, Object> known(Map<String, Object> answer, String what)
      throws RequestException {
    if (answer.isEmpty()) {
      throw new RequestException(404, "no member is called " + what);
    }
    return answer;
  }

  private static Map<String, Object> members(Fabric fabric) {
    long now = System.nanoTime();
    List<Map<String, Object>> members = new ArrayList<>();
    for (Member member : fabric.members()) {
      members.add(member(fabric, member, now));
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("self", fabric.self().name());
    body.put("members", members);
    return body;
  }

  private static Map<String, Object> member(Fabric fabric, Member member, long now) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("name", member.name());
    body.put("incarnation", member.incarnation());
    body.put("address", member.address());
    body.put("state", label(member.state()));
    if (member.isFabricBlocked()) {
      body.put("fabricBlocked", true);
    }
    double heard = fabric.heardSecondsAgo(member.name(), now);
    if (heard >= 0) {
      body.put("heardSecondsAgo", Math.round(heard * 1_000) / 1_000.0);
    }
    body.put("neighbors", member.neighbors());
    body.put("hears", member.hears());
    return body;
  }

  private static Map<String, Object> routes(Fabric fabric, String origin) {
    if (fabric.state(origin) == null) {
      return Map.of();
    }
    RouteTree tree = fabric.routes(origin);
    List<Map<String, Object>> nodes = new ArrayList<>();
    for (Member member : fabric.members()) {
      Map<String, Object> node = new LinkedHashMap<>();
      node.put("name", member.name());
      OptionalInt distance = tree.distance(member.name());
      node.put("distance", distance.isPresent() ? distance.getAsInt() : null);
      node.put("parent", tree.parent(member.name()));
      nodes.add(node);
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("origin", origin);
    body.put("nodes", nodes);
    return body;
  }

  private static Map<String, Object> path(Fabric fabric, String from, String to) {
    if (fabric.state(from) == null || fabric.state(to) == null) {
      return Map.of();
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("from", from);
    body.put("to", to);
    body.put("path", fabric.routes(from).path(to));
    return body;
  }

  private static Map<String, Object> partitions(Fabric fabric) {
    List<Map<String, Object>> blocks = new ArrayList<>();
    for (Partition block : fabric.partitions()) {
      Map<String, Object> body = new LinkedHashMap<>();
      body.put("sideA", block.sideA());
      body.put("sideB", block.sideB());
      body.put("direction", label(block.direction()));
      body.put("probesOnly", block.probesOnly());
      body.put("via", block.via());
      body.put("viaCount", block.viaCount());
      blocks.add(body);
    }
    return Map.of("partitions", blocks);
  }

  private static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static Reply json(Map<String, Object> body) {
    return Reply.json(
        200,
        Map.of(),
        out -> {
          // Written as it is made; the mapper would close what it writes to.
          JsonGenerator json = ResultsJson.mapper().createGenerator(out);
          json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
          json.useDefaultPrettyPrinter();
          ResultsJson.mapper().writeValue(json, body);
          json.flush();
          out.write('\n');
        });
  }
}
