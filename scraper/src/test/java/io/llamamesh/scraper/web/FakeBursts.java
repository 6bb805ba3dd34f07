package io.llamamesh.scraper.web;

import io.llamamesh.results.BurstReport;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Bursts that go on until the test says what became of them. Thread-safe. */
final class FakeBursts implements PageBursts {
  private @Nullable String unavailable;
  private @Nullable RefusedBurstException refusal;
  private @Nullable BurstReport burst;
  private boolean isForgotten;

  /** Knows nothing any more of what was begun, as another scraper, or knows it again. */
  synchronized void forget(boolean forgotten) {
    isForgotten = forgotten;
  }

  synchronized void makeUnavailable(@Nullable String reason) {
    unavailable = reason;
  }

  synchronized void refuse(int status, String reason) {
    refusal = new RefusedBurstException(status, reason);
  }

  /** Node-1 loses a fifth, node-2 nothing, node-4 refuses, and node-5 gives no answer. */
  synchronized void finish() {
    BurstReport begun = burst;
    if (begun == null) {
      throw new IllegalStateException("no burst was started");
    }
    burst =
        new BurstReport(
            begun.id(),
            begun.target(),
            begun.pps(),
            begun.seconds(),
            begun.by(),
            begun.startedAt(),
            BurstReport.DONE,
            List.of(
                row("node-1", 403, 1_597, 20.15, 18.45, 21.96),
                row("node-2", 0, 2_000, 0, 0, 0.19),
                new BurstReport.Row(
                    "node-4",
                    "refused",
                    "this agent runs 4 bursts already",
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null)),
            List.of("node-5"));
  }

  private static BurstReport.Row row(
      String source, int lost, int received, double percent, double low, double high) {
    return new BurstReport.Row(
        source,
        BurstReport.ROW_DONE,
        null,
        lost + received,
        received,
        0,
        lost,
        percent,
        low,
        high,
        0.412,
        0.98,
        1.871);
  }

  @Override
  public synchronized @Nullable String unavailableReason() {
    return unavailable;
  }

  @Override
  public synchronized BurstReport start(Order order) throws RefusedBurstException {
    if (refusal != null) {
      throw refusal;
    }
    BurstReport begun =
        new BurstReport(
            "b1",
            order.target(),
            order.pps(),
            order.seconds(),
            order.by(),
            Instant.now(),
            BurstReport.RUNNING,
            List.of(),
            List.of("node-1", "node-2", "node-4", "node-5"));
    burst = begun;
    return begun;
  }

  @Override
  public synchronized Optional<BurstReport> find(String id) {
    return Optional.ofNullable(isForgotten ? null : burst).filter(known -> known.id().equals(id));
  }

  @Override
  public synchronized List<BurstReport> recent() {
    return burst == null || isForgotten ? List.of() : List.of(burst);
  }
}
