package io.llamamesh.agent.http;

import io.llamamesh.fabric.MemberState;
import io.llamamesh.fabric.transport.FabricNode;
import io.llamamesh.fabric.transport.FabricStatistics;
import io.llamamesh.fabric.transport.TransportCounters;
import io.llamamesh.fabric.transport.TransportEvent;
import io.llamamesh.http.EventStreams;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Metrics of the fabric, registered at the first scrape while it is enabled. */
final class FabricMetrics {

  private FabricMetrics() {}

  static void fill(MeterRegistry to, Supplier<@Nullable FabricNode> node) {
    Gauge.builder("llamamesh.fabric.up", node, n -> numbers(n) == null ? 0 : 1)
        .description("1 while this agent is in the fabric, 0 while that is off or cannot start")
        .register(to);
    for (MemberState state : MemberState.values()) {
      Gauge.builder(
              "llamamesh.fabric.members",
              node,
              n -> number(n, f -> f.members().getOrDefault(state, 0)))
          .description("Members by state, as this agent sees them")
          .tag("state", state.name().toLowerCase(Locale.ROOT))
          .register(to);
    }
    gauge(node, "partitions", FabricStatistics::partitions)
        .description("Blocks of members that cannot reach each other")
        .register(to);
    Gauge.builder("llamamesh.fabric.view", node, n -> number(n, FabricStatistics::neighbors))
        .description("Peers in this agent's views of the overlay")
        .tag("view", "active")
        .register(to);
    Gauge.builder("llamamesh.fabric.view", node, n -> number(n, FabricStatistics::passive))
        .description("Peers in this agent's views of the overlay")
        .tag("view", "passive")
        .register(to);
    gauge(node, "links", FabricStatistics::links)
        .description("Connections to other agents that are up")
        .register(to);
    counter(
        to,
        node,
        "joins.taken",
        FabricStatistics::joinsTaken,
        "Joining agents accepted as neighbours");
    counter(
        to,
        node,
        "joins.denied",
        FabricStatistics::joinsDenied,
        "Joining agents redirected to others, for their rate or lack of room");
    counter(to, node, "view.changes", FabricStatistics::viewChanges, "Changes of the active view");
    ads(to, node, "published", FabricStatistics::adsPublished);
    ads(to, node, "received", FabricStatistics::adsReceived);
    ads(to, node, "duplicate", FabricStatistics::adsDuplicate);
    counter(
        to,
        node,
        "checks.dropped",
        FabricStatistics::unchecked,
        "Checks of suspected peers skipped since too many were running");
    counter(
        to,
        node,
        "foreign.answers",
        FabricStatistics::foreignAnswers,
        "Answers to pings from another identity than was pinged");
    counter(to, node, "stalls", FabricStatistics::stalls, "Stalls of this process");
    for (TransportEvent event : TransportEvent.values()) {
      FunctionCounter.builder("llamamesh.fabric.events", node, n -> count(n, c -> c.count(event)))
          .description("Link and datagram events of the fabric by type")
          .tag("event", event.name().toLowerCase(Locale.ROOT))
          .register(to);
    }
    traffic(to, node, "frames", "sent", TransportCounters::framesSent);
    traffic(to, node, "frames", "received", TransportCounters::framesReceived);
    traffic(to, node, "datagrams", "sent", TransportCounters::datagramsSent);
    traffic(to, node, "datagrams", "received", TransportCounters::datagramsReceived);
    traffic(to, node, "bytes", "sent", TransportCounters::bytesSent);
    traffic(to, node, "bytes", "received", TransportCounters::bytesReceived);
  }

  /** Watches of the fabric over HTTP. */
  static void fillWatches(MeterRegistry to, EventStreams streams) {
    Gauge.builder("llamamesh.fabric.watches", streams, EventStreams::open)
        .description("Watches over HTTP that are open")
        .register(to);
    FunctionCounter.builder("llamamesh.fabric.watch.events", streams, EventStreams::sent)
        .description("Events sent to watches")
        .register(to);
    FunctionCounter.builder("llamamesh.fabric.watches.refused", streams, EventStreams::refused)
        .description("Watches refused since too many were open")
        .register(to);
    FunctionCounter.builder("llamamesh.fabric.watches.cut", streams, EventStreams::cut)
        .description("Watches cut since their readers did not take an event in time")
        .register(to);
  }

  private static Gauge.Builder<Supplier<@Nullable FabricNode>> gauge(
      Supplier<@Nullable FabricNode> node, String name, ToDoubleFunction<FabricStatistics> value) {
    return Gauge.builder("llamamesh.fabric." + name, node, n -> number(n, value));
  }

  private static void counter(
      MeterRegistry to,
      Supplier<@Nullable FabricNode> node,
      String name,
      ToDoubleFunction<FabricStatistics> value,
      String description) {
    FunctionCounter.builder("llamamesh.fabric." + name, node, n -> number(n, value))
        .description(description)
        .register(to);
  }

  private static void ads(
      MeterRegistry to,
      Supplier<@Nullable FabricNode> node,
      String kind,
      ToDoubleFunction<FabricStatistics> value) {
    FunctionCounter.builder("llamamesh.fabric.ads", node, n -> number(n, value))
        .description("Ads by kind: own ones published, others' received as new or duplicate")
        .tag("kind", kind)
        .register(to);
  }

  private static void traffic(
      MeterRegistry to,
      Supplier<@Nullable FabricNode> node,
      String what,
      String direction,
      ToDoubleFunction<TransportCounters> value) {
    FunctionCounter.builder("llamamesh.fabric." + what, node, n -> count(n, value))
        .description("Traffic between agents over the fabric's port")
        .tag("direction", direction)
        .register(to);
  }

  private static @Nullable FabricStatistics numbers(Supplier<@Nullable FabricNode> node) {
    FabricNode now = node.get();
    return now == null ? null : now.statistics();
  }

  private static double number(
      Supplier<@Nullable FabricNode> node, ToDoubleFunction<FabricStatistics> value) {
    FabricStatistics now = numbers(node);
    return now == null ? 0 : value.applyAsDouble(now);
  }

  private static double count(
      Supplier<@Nullable FabricNode> node, ToDoubleFunction<TransportCounters> value) {
    FabricNode now = node.get();
    TransportCounters counters = now == null ? null : now.counters();
    return counters == null ? 0 : value.applyAsDouble(counters);
  }
}
