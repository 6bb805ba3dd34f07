package io.llamamesh.bench.reference;

import io.llamamesh.bench.process.Child;
import java.io.IOException;
import java.net.InetSocketAddress;

/** The load by {@code load.c}: {@code sendmmsg}, so that it is never the bottleneck. */
public final class CompiledLoad implements Load {

  private final ReferencePrograms references;

  public CompiledLoad(ReferencePrograms references) {
    this.references = references;
  }

  @Override
  public Result run(InetSocketAddress to, int rate, int seconds, int flows)
      throws IOException, InterruptedException {
    try (Child load =
        references.start(
            "load", to.getAddress().getHostAddress(), to.getPort(), rate, seconds, flows)) {
      String output = load.awaitEnd(seconds + 30L);
      return new Result(
          (long) ReferencePrograms.field(output, "sent"),
          (long) ReferencePrograms.field(output, "received"));
    }
  }
}
