package io.llamamesh.agent.http;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.llamamesh.fabric.Fabric;
import io.llamamesh.fabric.Member;
import io.llamamesh.fabric.partition.Partition;
import io.llamamesh.fabric.routes.RouteTree;
import io.llamamesh.fabric.transport.FabricChanges.Subject;
import io.llamamesh.fabric.transport.FabricNode;
import io.llamamesh.results.FabricMembers;
import io.llamamesh.results.FabricPartitions;
import io.llamamesh.results.FabricPath;
import io.llamamesh.results.FabricRoutes;
import io.llamamesh.results.FabricState;
import io.llamamesh.results.ResultsJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * API of the fabric as this agent sees it: members, routes, paths, partitions, and watches of them.
 * Each answer is a consistent snapshot.
 */
final class FabricApi {

  static final String PREFIX = "/v1/";

  /** Its paths, for people. */
  static final List<String> PATHS =
      List.of(
          "/v1/members",
          "/v1/members/watch",
          "/v1/members/{name}/check",
          "/v1/partitions",
          "/v1/partitions/watch",
          "/v1/path/{from}/{to}",
          "/v1/routes/{origin}",
          "/v1/routes/{origin}/watch");

  private static final String WATCH = "watch";

  private final Supplier<@Nullable FabricNode> node;
  private final MemberChecks checks = new MemberChecks(System::nanoTime);
  // One document for all who watch the same.
  private final FabricFeed.Cache members = new FabricFeed.Cache();
  private final FabricFeed.Cache partitions = new FabricFeed.Cache();

  FabricApi(Supplier<@Nullable FabricNode> node) {
    this.node = node;
  }

  /** True for what is read about members, routes and partitions, watches included. */
  static boolean isMembersOf(String path) {
    return List.of("members", "routes", "path", "partitions").contains(parts(path)[0]);
  }

  /** True for a path that is answered as a stream of events. */
  static boolean isWatch(String path) {
    String[] parts = parts(path);
    return parts.length > 1
        && parts[parts.length - 1].equals(WATCH)
        && (parts.length == 2
            ? parts[0].equals("members") || parts[0].equals("partitions")
            : parts.length == 3 && parts[0].equals("routes"));
  }

  /** True for a path that takes POST alone. */
  static boolean isCheck(String path) {
    String[] parts = parts(path);
    return parts.length == 3 && parts[0].equals("members") && parts[2].equals("check");
  }

  private static String[] parts(String path) {
    return path.startsWith(PREFIX)
        ? path.substring(PREFIX.length()).split("/", -1)
        : new String[] {path};
  }

  Reply answer(String path, Query query) throws RequestException {
    query.allowOnly(Set.of());
    String[] parts = parts(path);
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
    if (isCheck(path)) {
      return json(checks.check(this, parts[1]));
    }
    throw new RequestException(404, "unknown path, known are " + PATHS);
  }

  /** The watch of a path; its first document is there. */
  FabricFeed watch(String path, Query query) throws RequestException {
    query.allowOnly(Set.of());
    String[] parts = parts(path);
    FabricFeed feed =
        switch (parts[0]) {
          case "members" ->
              new FabricFeed(
                  node,
                  Subject.MEMBERS,
                  members,
                  () -> {
                    FabricMembers all = ask(FabricApi::members);
                    return new FabricFeed.Snapshot(all.withoutHeard(), compact(all));
                  });
          case "partitions" ->
              new FabricFeed(
                  node,
                  Subject.PARTITIONS,
                  partitions,
                  () -> {
                    FabricPartitions all = ask(FabricApi::partitions);
                    return new FabricFeed.Snapshot(all, compact(all));
                  });
          default ->
              new FabricFeed(
                  node,
                  Subject.ROUTES,
                  new FabricFeed.Cache(),
                  () -> {
                    FabricRoutes all = known(ask(fabric -> routes(fabric, parts[1])), parts[1]);
                    return new FabricFeed.Snapshot(all, compact(all));
                  });
        };
    feed.begin();
    return feed;
  }

  <T> T ask(Function<Fabric, T> question) throws RequestException {
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

  private static <T> T known(@Nullable T answer, String what) throws RequestException {
    if (answer == null) {
      throw new RequestException(404, "no member is called " + what);
    }
    return answer;
  }

  private static FabricMembers members(Fabric fabric) {
    long now = System.nanoTime();
    List<FabricMembers.Member> members = new ArrayList<>();
    for (Member member : fabric.members()) {
      members.add(member(fabric, member, now));
    }
    return new FabricMembers(fabric.self().name(), members);
  }

  /** A member; null where none has that name. */
  static FabricMembers.@Nullable Member member(Fabric fabric, String name) {
    for (Member member : fabric.members()) {
      if (member.name().equals(name)) {
        return member(fabric, member, System.nanoTime());
      }
    }
    return null;
  }

  private static FabricMembers.Member member(Fabric fabric, Member member, long now) {
    double heard = fabric.heardSecondsAgo(member.name(), now);
    return new FabricMembers.Member(
        member.name(),
        member.incarnation(),
        member.address(),
        FabricState.valueOf(member.state().name()),
        member.isFabricBlocked(),
        heard < 0 ? null : Math.round(heard * 1_000) / 1_000.0,
        member.neighbors(),
        member.hears());
  }

  private static @Nullable FabricRoutes routes(Fabric fabric, String origin) {
    if (fabric.state(origin) == null) {
      return null;
    }
    RouteTree tree = fabric.routes(origin);
    List<FabricRoutes.Node> nodes = new ArrayList<>();
    for (Member member : fabric.members()) {
      OptionalInt distance = tree.distance(member.name());
      nodes.add(
          new FabricRoutes.Node(
              member.name(),
              distance.isPresent() ? distance.getAsInt() : null,
              tree.parent(member.name())));
    }
    return new FabricRoutes(origin, nodes);
  }

  private static @Nullable FabricPath path(Fabric fabric, String from, String to) {
    return fabric.state(from) == null || fabric.state(to) == null
        ? null
        : new FabricPath(from, to, fabric.routes(from).path(to));
  }

  private static FabricPartitions partitions(Fabric fabric) {
    List<FabricPartitions.Partition> blocks = new ArrayList<>();
    for (Partition block : fabric.partitions()) {
      blocks.add(
          new FabricPartitions.Partition(
              block.sideA(),
              block.sideB(),
              FabricPartitions.Direction.valueOf(block.direction().name()),
              block.probesOnly(),
              block.via(),
              block.viaCount()));
    }
    return new FabricPartitions(blocks);
  }

  private static byte[] compact(Object body) {
    try {
      return ResultsJson.mapper().writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("our own documents can be written", e);
    }
  }

  private static Reply json(Object body) {
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
