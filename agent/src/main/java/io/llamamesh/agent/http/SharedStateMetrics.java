package io.llamamesh.agent.http;

import io.llamamesh.fabric.multicast.MulticastCounters;
import io.llamamesh.fabric.store.StoreCounters;
import io.llamamesh.fabric.transport.FabricNode;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Metrics of the replicated store and of multicast, beside {@link FabricMetrics}. */
final class SharedStateMetrics {

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
    Gauge.builder("llamamesh.fabric.store.up", node, n -> isOpen(n.get()) ? 1 : 0)
        .description("1 while the replicated store can be used, 0 while its disk cannot")
        .register(to);
    gauge("keys", StoreCounters::keys, "Keys with a value");
    gauge("removed.keys", StoreCounters::removedKeys, "Keys remembered as removed");
    gauge("bytes", StoreCounters::bytes, "Size of all keys and values, with 128 bytes for each");
    gauge("waiting", StoreCounters::waiting, "Operations that wait for the disk");
    gauge(
        "largest.bytes",
        StoreCounters::largestBytes,
        "Size of the largest value written since the start");
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

  private static boolean isOpen(@Nullable FabricNode now) {
    return now != null && now.store().problem() == null;
  }

  private void gauge(String name, ToDoubleFunction<StoreCounters> value, String description) {
    Gauge.builder("llamamesh.fabric.store." + name, node, n -> ofStore(n, value))
        .description(description)
        .register(to);
  }

  private void store(String name, ToDoubleFunction<StoreCounters> value, String description) {
    FunctionCounter.builder("llamamesh.fabric.store." + name, node, n -> ofStore(n, value))
        .description(description)
        .register(to);
  }

  private void operations(String outcome, ToDoubleFunction<StoreCounters> value) {
    FunctionCounter.builder("llamamesh.fabric.store.operations", node, n -> ofStore(n, value))
        .description("Operations asked of this agent by outcome")
        .tag("outcome", outcome)
        .register(to);
  }

  private void received(String outcome, ToDoubleFunction<StoreCounters> value) {
    FunctionCounter.builder("llamamesh.fabric.store.received", node, n -> ofStore(n, value))
        .description(
            "Documents and messages of other agents by outcome: applied where they changed"
                + " anything, refused beyond a bound, dropped for want of room, foreign where they"
                + " write another node's key")
        .tag("outcome", outcome)
        .register(to);
  }

  private void messages(String what, ToDoubleFunction<MulticastCounters> value) {
    FunctionCounter.builder("llamamesh.fabric.multicast.messages", node, n -> ofCasts(n, value))
        .description("Messages of multicast: originated here, delivered here")
        .tag("kind", what)
        .register(to);
  }

  private void copies(String what, ToDoubleFunction<MulticastCounters> value) {
    FunctionCounter.builder("llamamesh.fabric.multicast.copies", node, n -> ofCasts(n, value))
        .description(
            "Copies of multicast messages by outcome: transmitted to a neighbour; dropped as"
                + " duplicate or repeated, since their hops are used up (expired), no link leads"
                + " there (unlinked), their root is unknown (untreed), late or malformed")
        .tag("outcome", what)
        .register(to);
  }

  private static double ofStore(
      Supplier<@Nullable FabricNode> node, ToDoubleFunction<StoreCounters> value) {
    FabricNode now = node.get();
    StoreCounters counters = now == null ? null : now.store().counters();
    return counters == null ? 0 : value.applyAsDouble(counters);
  }

  private static double ofCasts(
      Supplier<@Nullable FabricNode> node, ToDoubleFunction<MulticastCounters> value) {
    FabricNode now = node.get();
    MulticastCounters counters = now == null ? null : now.multicastCounters();
    return counters == null ? 0 : value.applyAsDouble(counters);
  }
}
