package io.llamamesh.operator.reconcile;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.function.ToDoubleFunction;

/** Meters of the operator. Any thread may call. */
final class OperatorMeters {
  private final MeterRegistry registry;
  private final Timer plans;
  private final Counter written;
  private final Counter failed;

  OperatorMeters(MeterRegistry registry) {
    this.registry = registry;
    plans =
        Timer.builder("llamamesh.operator.plan")
            .description("Time to make a plan; reconciliations of unchanged facts make none")
            .register(registry);
    written = writes("written");
    failed = writes("failed");
  }

  private Counter writes(String result) {
    return Counter.builder("llamamesh.operator.writes")
        .description("Objects written or deleted, without status and Events")
        .tag("result", result)
        .register(registry);
  }

  Timer plans() {
    return plans;
  }

  void recordWrites(int objects, int failures) {
    written.increment(objects);
    failed.increment(failures);
  }

  /** A gauge, read when it is scraped. */
  <T> void gauge(String name, String description, T source, ToDoubleFunction<T> value) {
    io.micrometer.core.instrument.Gauge.builder("llamamesh.operator." + name, source, value)
        .description(description)
        .register(registry);
  }

  /** A counter, read when it is scraped. */
  <T> void counter(String name, String description, T source, ToDoubleFunction<T> value) {
    io.micrometer.core.instrument.FunctionCounter.builder(
            "llamamesh.operator." + name, source, value)
        .description(description)
        .register(registry);
  }
}
