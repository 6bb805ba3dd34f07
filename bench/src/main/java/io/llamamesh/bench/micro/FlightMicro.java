package io.llamamesh.bench.micro;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * One probe's whole way through a collector, without the kernel: it comes due, is written, signed
 * and sent; the reply is read, verified, matched to its flow and accounted; its place is freed. One
 * window lasts for the whole measurement.
 */
@State(Scope.Thread)
public class FlightMicro {

  private final FakeProbing answered = new FakeProbing(reply -> true, FakeProbing.HOUR);
  private final FakeProbing unanswered = new FakeProbing(reply -> false, FakeProbing.HOUR);

  /** Every probe is answered within its tick. */
  @Benchmark
  @OperationsPerInvocation(FakeProbing.PER_TICK)
  public long answered() {
    return answered.tick();
  }

  /** No probe is answered: each is settled when its time is up. */
  @Benchmark
  @OperationsPerInvocation(FakeProbing.PER_TICK)
  public long settledAsLost() {
    return unanswered.tick();
  }
}
