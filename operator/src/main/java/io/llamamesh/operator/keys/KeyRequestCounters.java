package io.llamamesh.operator.keys;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Counters of requests for keys. Thread-safe. */
final class KeyRequestCounters {
  private final Counter handedOut;
  private final Counter refused;

  KeyRequestCounters(MeterRegistry registry) {
    handedOut = counter(registry, "handed_out");
    refused = counter(registry, "refused");
  }

  private static Counter counter(MeterRegistry registry, String result) {
    return Counter.builder("llamamesh.operator.key.requests")
        .description("Requests of agents and scrapers for keys of nodes")
        .tag("result", result)
        .register(registry);
  }

  void countHandedOut() {
    handedOut.increment();
  }

  void countRefused() {
    refused.increment();
  }
}
