package io.llamamesh.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Processes that the kernel ends with this JVM, however it ends, where the system has {@code
 * setpriv}.
 *
 * <p>The kernel's parent death signal (prctl(2), PR_SET_PDEATHSIG) follows the thread that started
 * a process, not its process: a worker of a pool that has nothing to do for a while would take what
 * it started with it. So one thread that never ends starts them all.
 */
public final class BoundProcess {
  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");

  private static final ExecutorService STARTER =
      Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "process-starter");
        thread.setDaemon(true);
        return thread;
      });

  private BoundProcess() {}

  /**
   * Starts a process.
   *
   * @param builder its command is run as it is; the builder itself is left as it was
   * @throws IOException where it does not start
   */
  public static Process start(ProcessBuilder builder) throws IOException, InterruptedException {
    List<String> own = List.copyOf(builder.command());
    List<String> line = new ArrayList<>();
    if (Files.isExecutable(SETPRIV)) {
      line.addAll(List.of(SETPRIV.toString(), "--pdeathsig", "KILL"));
    }
    line.addAll(own);
    try {
      return STARTER.submit(() -> builder.command(line).start()).get();
    } catch (ExecutionException e) {
      throw new IOException(own + " does not start: " + e.getCause(), e);
    } finally {
      builder.command(own);
    }
  }
}
