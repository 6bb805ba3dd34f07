package io.llamamesh.bench.micro;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * The accounting of windows beside that of probes: a second's window of every pair is closed,
 * summarised and published, which allocates what is then kept, once per pair and window.
 */
@State(Scope.Thread)
public class WindowMicro {

  private final FakeProbing probing = new FakeProbing(reply -> true, FakeProbing.SECOND);

  /** One pair's window with its probes. */
  @Benchmark
  @OperationsPerInvocation(FakeProbing.PAIRS)
  public long pairAndWindow() {
    return probing.window();
  }
}
