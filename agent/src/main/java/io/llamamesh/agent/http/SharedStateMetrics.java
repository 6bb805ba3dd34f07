package io.llamamesh.agent.http;

import io.llamamesh.fabric.multicast.MulticastCounters;
import io.llamamesh.fabric.store.StoreCounters;
import io.llamamesh.fabric.transport.FabricNode;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Metrics of the replicated store and of multicast, beside {@link FabricMetrics}. */
final class SharedStateMetrics {

  private static final String PREFIX = "llamamesh.fabric.";

  private final MeterRegistry to;
  private final Supplier<@Nullable FabricNode> node;

  private SharedStateMetrics(MeterRegistry to, Supplier<@Nullable FabricNode> node) {
    this.to = to;
    this.node = node;
  }

  static void fill(MeterRegistry to, Supplier<@Nullable FabricNode> node) {
    new SharedStateMetrics(to, node).fill();
  }

  static void fillRequests(MeterRegistry to, SharedStateApi shared) {
    FunctionCounter.builder(
            "llamamesh.fabric.store.requests.refused", shared, SharedStateApi::refusedForMemory)
        .description("Requests refused since others took the memory that all may have (429)")
        .register(to);
  }

  private void fill() {
    gauge(
        "store.up",
        "1 while the replicated store can be used, 0 while its disk cannot",
        n -> n.store().problem() == null ? 1 : 0);
    gauge("store.keys", "Keys with a value", ofStore(StoreCounters::keys));
    gauge("store.removed.keys", "Keys remembered as removed", ofStore(StoreCounters::removedKeys));
    gauge(
        "store.bytes",
        "Size of all keys and values, with 128 bytes for each",
        ofStore(StoreCounters::bytes));
    gauge("store.waiting", "Operations that wait for the disk", ofStore(StoreCounters::waiting));
    gauge(
        "store.largest.bytes",
        "Size of the largest value written since the start",
        ofStore(StoreCounters::largestBytes));
    operations("done", StoreCounters::operations);
    operations("refused", StoreCounters::refused);
    received("applied", StoreCounters::joins);
    received("refused", StoreCounters::refusedJoins);
    received("dropped", StoreCounters::droppedJoins);
    received("foreign", StoreCounters::foreignWrites);
    received("malformed", StoreCounters::malformed);
    store("exchanges", StoreCounters::exchanges, "Exchanges with neighbours that were completed");
    store(
        "wants.dropped",
        StoreCounters::droppedWants,
        "Wants of neighbours beyond what is kept of them");
    store("wants.expired", StoreCounters::expiredWants, "Wants that no neighbour answered in time");
    store("failed.writes", StoreCounters::failedWrites, "Batches that the disk did not take");
    store(
        "lost.records",
        StoreCounters::lostRecords,
        "Records of the disk that could not be read at the start");
    store(
        "new.lives",
        StoreCounters::newLives,
        "Lives begun since others knew greater numbers, or the disk failed");
    store(
        "rebuilds",
        StoreCounters::rebuilds,
        "Times that the disk was damaged while it was in use, and was made anew");
    messages("originated", MulticastCounters::originated);
    messages("delivered", MulticastCounters::delivered);
    copies("transmitted", MulticastCounters::transmitted);
    copies("duplicate", MulticastCounters::duplicates);
    copies("repeated", MulticastCounters::repeated);
    copies("expired", MulticastCounters::expired);
    copies("unlinked", MulticastCounters::unlinked);
    copies("untreed", MulticastCounters::untreed);
    copies("late", MulticastCounters::late);
    copies("malformed", MulticastCounters::malformed);
  }

  private void store(String name, ToDoubleFunction<StoreCounters> value, String description) {
    counter("store." + name, Tags.empty(), description, ofStore(value));
  }

  private void operations(String outcome, ToDoubleFunction<StoreCounters> value) {
    counter(
        "store.operations",
        Tags.of("outcome", outcome),
        "Operations asked of this agent by outcome",
        ofStore(value));
  }

  private void received(String outcome, ToDoubleFunction<StoreCounters> value) {
    counter(
        "store.received",
        Tags.of("outcome", outcome),
        "Documents and messages of other agents by outcome: applied where they changed"
            + " anything, refused beyond a bound, dropped for want of room, foreign where they"
            + " write another node's key",
        ofStore(value));
  }

  private void messages(String kind, ToDoubleFunction<MulticastCounters> value) {
    counter(
        "multicast.messages",
        Tags.of("kind", kind),
        "Messages of multicast: originated here, delivered here",
        ofMulticast(value));
  }

  private void copies(String outcome, ToDoubleFunction<MulticastCounters> value) {
    counter(
        "multicast.copies",
        Tags.of("outcome", outcome),
        "Copies of multicast messages by outcome: transmitted to a neighbour; dropped as"
            + " duplicate or repeated, since their hops are used up (expired), no link leads"
            + " there (unlinked), their root is unknown (untreed), late or malformed",
        ofMulticast(value));
  }

  private void gauge(String name, String description, ToDoubleFunction<FabricNode> value) {
    Gauge.builder(PREFIX + name, node, n -> ofNode(n, value)).description(description).register(to);
  }

  private void counter(
      String name, Tags tags, String description, ToDoubleFunction<FabricNode> value) {
    FunctionCounter.builder(PREFIX + name, node, n -> ofNode(n, value))
        .description(description)
        .tags(tags)
        .register(to);
  }

  private static double ofNode(
      Supplier<@Nullable FabricNode> node, ToDoubleFunction<FabricNode> value) {
    FabricNode now = node.get();
    return now == null ? 0 : value.applyAsDouble(now);
  }

  private static ToDoubleFunction<FabricNode> ofStore(ToDoubleFunction<StoreCounters> value) {
    return node -> {
      StoreCounters counters = node.store().counters();
      return counters == null ? 0 : value.applyAsDouble(counters);
    };
  }

  private static ToDoubleFunction<FabricNode> ofMulticast(
      ToDoubleFunction<MulticastCounters> value) {
    return node -> {
      MulticastCounters counters = node.multicastCounters();
      return counters == null ? 0 : value.applyAsDouble(counters);
    };
  }
}
