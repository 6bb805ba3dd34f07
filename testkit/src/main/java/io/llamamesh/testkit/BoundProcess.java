package io.llamamesh.testkit;

import io.llamamesh.process.BoundProcesses;
import java.io.IOException;

/** Processes of tests that the kernel ends with this JVM; see {@link BoundProcesses}. */
public final class BoundProcess {
  private BoundProcess() {}

  /**
   * Starts a process.
   *
   * @param builder its command is run as it is; the builder itself is left as it was
   * @throws IOException where it does not start
   */
  public static Process start(ProcessBuilder builder) throws IOException, InterruptedException {
    return BoundProcesses.start(builder);
  }
}
